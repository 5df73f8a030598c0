"""Writing purchase orders: created, edited and deleted only as drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.bulk import insert_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.models import Series
from core.money import line_total, round_amount
from core.outbox import News, announce, announce_many, kind_of
from parties.models import DocumentParty, Organisation, PaymentTerm
from reference import incoterms
from reference.models import Country, Currency
from sourcing.events import ORDER_CREATED, ORDER_EDITED
from sourcing.flows import OrderStatus
from sourcing.models import Mode, PurchaseOrder, PurchaseOrderLine
from suppliers.models import Supplier, SupplierItem
from suppliers.services import refuse_held


@dataclass(frozen=True, slots=True)
class LineInput:
    """``quantity`` in the product's stock unit; ``unit_price`` per stock unit in the order's currency.

    ``amount`` only when history is imported: what the old document said, where quantity × rounded price does not.
    """

    product_id: int
    quantity: Decimal
    unit_price: Decimal
    requested_date: date | None = None
    description: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderInput:
    """What a buyer types; ``number`` only when history is imported."""

    supplier_id: int
    order_date: date
    currency: str
    incoterm: str
    named_place: str
    lines: Sequence[LineInput] = field(default_factory=tuple)
    mode: str = ""
    payment_term_id: int | None = None
    destination_country: str | None = None
    remarks: str = ""
    unit_price_order: bool = False
    promised_at: str = "handover"
    sample: bool = False
    number: str = ""


def create_purchase_order(*, actor: Actor, order: OrderInput) -> PurchaseOrder:
    """This will write one draft; see ``create_purchase_orders``. Error pointers start at the order: /lines/0/quantity."""
    return create_purchase_orders(actor=actor, orders=[order], pointer=lambda index: "")[0]


@transaction.atomic
def create_purchase_orders(
    *, actor: Actor, orders: Sequence[OrderInput], pointer=lambda index: f"/{index}"
) -> list[PurchaseOrder]:
    """This will write draft orders, all or none, each numbered in its company's series of the order's year.

    Raises RuleBroken with every wrong input named by JSON pointer; NotAllowed without the right to add orders.
    """
    actor.needs("sourcing.add_purchaseorder")
    company_id = actor.company_id
    known = _Known(actor, orders)
    errors = [e for index, order in enumerate(orders) for e in _errors(order, known, pointer(index))]
    _raise(errors)
    missing = [order for order in orders if not order.number]
    numbers: dict[int, list[str]] = {}
    for year in sorted({order.order_date.year for order in missing}):
        count = sum(order.order_date.year == year for order in missing)
        numbers[year] = Series.take(company_id=company_id, prefix="PO", year=year, count=count)[::-1]
    documents, lines = [], []
    for order in orders:
        document = PurchaseOrder(
            company_id=company_id,
            number=order.number or numbers[order.order_date.year].pop(),
            supplier=known.suppliers[order.supplier_id],
            created_by=actor.name,
            **_header(order),
        )
        own = _lines(document, order, known)
        document.total = sum((line.amount for line in own), Decimal(0))
        documents.append(document)
        lines.append(own)
    insert_rows(documents)
    for document, own in zip(documents, lines, strict=True):
        for line in own:
            line.order = document
    insert_rows([line for own in lines for line in own])
    kind = kind_of(PurchaseOrder)
    DocumentParty.objects.bulk_create(
        [DocumentParty(kind=kind, document_id=d.pk, organisation_id=d.supplier_id, role="supplier") for d in documents],
        batch_size=2000,
    )
    announce_many(ORDER_CREATED, kind, [News(d.pk, company_id) for d in documents], actor=actor)
    return documents


@transaction.atomic
def edit_purchase_order(*, actor: Actor, order_id: int, order: OrderInput, version: int | None = None) -> PurchaseOrder:
    """This will replace a draft's header and lines. Raises TransitionRefused once it is submitted, StaleDocument on a stale version."""
    actor.needs("sourcing.change_purchaseorder")
    document = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    if document.status != OrderStatus.DRAFT:
        raise TransitionRefused(
            _("%(order)s is %(state)s; only a draft can be edited. Amend it instead.")
            % {"order": document, "state": document.get_status_display().lower()}
        )
    known = _Known(actor, [order])
    _raise(_errors(order, known, ""))
    if document.supplier_id != order.supplier_id:
        DocumentParty.objects.filter(kind=kind_of(document), document_id=document.pk, role="supplier").update(
            organisation_id=order.supplier_id
        )
    document.supplier = known.suppliers[order.supplier_id]
    for name, value in _header(order).items():
        setattr(document, name, value)
    document.lines.all().delete()
    lines = _lines(document, order, known)
    PurchaseOrderLine.objects.bulk_create(lines)
    document.total = sum((line.amount for line in lines), Decimal(0))
    document.bump()
    document.save()
    announce(ORDER_EDITED, document, actor=actor)
    return document


@transaction.atomic
def delete_draft(*, actor: Actor, order_id: int) -> None:
    """This will delete a draft. An order that was ever submitted is cancelled instead: TransitionRefused says so."""
    actor.needs("sourcing.change_purchaseorder")
    document = lock(PurchaseOrder.objects.visible_to(actor), order_id)
    if document.status != OrderStatus.DRAFT or document.revision:
        raise TransitionRefused(_("%(order)s was issued; cancel it instead of deleting it.") % {"order": document})
    DocumentParty.objects.filter(kind=kind_of(document), document_id=document.pk).delete()
    document.delete()


class _Known:
    """The masters that a set of orders names, each fetched once."""

    def __init__(self, actor: Actor, orders: Sequence[OrderInput]):
        company = {"company_id": actor.company_id}
        supplier_ids = {order.supplier_id for order in orders}
        product_ids = {line.product_id for order in orders for line in order.lines}
        self.suppliers = Organisation.objects.filter(**company, is_supplier=True).in_bulk(supplier_ids)
        self.profiles = {
            s.organisation_id: s
            for s in Supplier.objects.filter(organisation_id__in=supplier_ids).select_related("organisation")
        }
        self.products = Product.objects.filter(**company).select_related("unit").in_bulk(product_ids)
        self.minimums = {
            (organisation, product): minimum
            for organisation, product, minimum in SupplierItem.objects.filter(
                supplier__organisation_id__in=supplier_ids, product_id__in=product_ids, minimum_quantity__gt=0
            ).values_list("supplier__organisation_id", "product_id", "minimum_quantity")
        }
        terms = {order.payment_term_id for order in orders if order.payment_term_id}
        self.terms = (
            set(PaymentTerm.objects.filter(**company, pk__in=terms).values_list("pk", flat=True)) if terms else set()
        )
        self.currencies = set(
            Currency.objects.filter(pk__in={order.currency for order in orders}).values_list("pk", flat=True)
        )
        countries = {order.destination_country for order in orders if order.destination_country}
        self.countries = (
            set(Country.objects.filter(pk__in=countries).values_list("pk", flat=True)) if countries else set()
        )


def _errors(order: OrderInput, known: _Known, at: str) -> list[dict]:
    found: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        found.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    supplier = known.suppliers.get(order.supplier_id)
    if supplier is None:
        wrong("supplier", _("There is no such supplier."))
    elif not supplier.active:
        wrong("supplier", _("%(supplier)s is archived. Choose an active supplier.") % {"supplier": supplier})
    elif order.supplier_id in known.profiles:
        try:
            refuse_held(known.profiles[order.supplier_id], "orders", on=order.order_date)
        except RuleBroken as refusal:
            wrong("supplier", str(refusal))
    if order.currency not in known.currencies:
        wrong("currency", _("%(code)s is not a known currency.") % {"code": order.currency})
    rule = incoterms.RULES.get(order.incoterm)
    if rule is None or (rule.withdrawn and not order.number):
        wrong("incoterm", _("%(code)s is not an Incoterms 2020 rule.") % {"code": order.incoterm})
    elif rule.mode == "sea" and order.mode and order.mode != Mode.SEA and not order.number:
        wrong(
            "incoterm",
            _("%(code)s is for sea transport only; use FCA, CPT or CIP for this mode.") % {"code": order.incoterm},
        )
    if not order.named_place.strip():
        wrong("named_place", _("An Incoterm needs its named place, e.g. FOB Ningbo."))
    if order.payment_term_id and order.payment_term_id not in known.terms:
        wrong("payment_term", _("There is no such payment term."))
    if order.destination_country and order.destination_country not in known.countries:
        wrong("destination_country", _("%(code)s is not a known country.") % {"code": order.destination_country})
    if not order.lines:
        wrong("lines", _("An order needs at least one line."))
    ordered: dict[int, Decimal] = {}
    for index, line in enumerate(order.lines):
        product = known.products.get(line.product_id)
        if product is None:
            wrong(f"lines/{index}/product", _("There is no such product."))
            continue
        if not product.active:
            wrong(f"lines/{index}/product", _("%(product)s is archived.") % {"product": product})
        if line.quantity < 0 or (line.quantity == 0 and not order.unit_price_order):
            wrong(f"lines/{index}/quantity", _("The quantity must be above 0."))
        elif product.unit.whole and line.quantity != line.quantity.to_integral_value():
            wrong(f"lines/{index}/quantity", _("%(unit)s are counted in whole numbers.") % {"unit": product.unit})
        if line.unit_price < 0:
            wrong(f"lines/{index}/unit_price", _("The price cannot be negative."))
        if line.requested_date and line.requested_date < order.order_date and not order.number:
            wrong(f"lines/{index}/requested_date", _("The requested date lies before the order date."))
        ordered[line.product_id] = ordered.get(line.product_id, Decimal(0)) + line.quantity
    if not order.unit_price_order:
        for product_id, quantity in ordered.items():
            minimum = known.minimums.get((order.supplier_id, product_id))
            if minimum and quantity < minimum:
                wrong(
                    "lines",
                    _("%(product)s: %(quantity)s ordered, the supplier's minimum is %(minimum)s.")
                    % {
                        "product": known.products[product_id].sku,
                        "quantity": f"{quantity.normalize():f}",
                        "minimum": f"{minimum.normalize():f}",
                    },
                )
    return found


def _raise(errors: list[dict]) -> None:
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)


def _header(order: OrderInput) -> dict:
    return {
        "order_date": order.order_date,
        "currency_id": order.currency,
        "incoterm": order.incoterm,
        "named_place": order.named_place.strip(),
        "mode": order.mode,
        "payment_term_id": order.payment_term_id,
        "destination_country_id": order.destination_country,
        "remarks": order.remarks,
        "unit_price_order": order.unit_price_order,
        "promised_at": order.promised_at,
        "sample": order.sample,
    }


def _lines(document: PurchaseOrder, order: OrderInput, known: _Known) -> list[PurchaseOrderLine]:
    return [
        PurchaseOrderLine(
            company_id=document.company_id,
            order=document,
            position=position,
            product=known.products[line.product_id],
            sku=known.products[line.product_id].sku,
            description=line.description or known.products[line.product_id].name,
            unit=known.products[line.product_id].unit,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line_total(line.quantity, line.unit_price, order.currency) if line.amount is None else line.amount,
            requested_date=line.requested_date,
            original_promised_date=line.requested_date,
            promised_date=line.requested_date,
        )
        for position, line in enumerate(order.lines, start=1)
    ]


def base_amount(document: PurchaseOrder, rate: Decimal, base_currency: str) -> Decimal:
    """The order's total in the company's base currency at ``rate``, rounded once."""
    return round_amount(document.total * rate, base_currency)
