"""Writing customer orders: created, edited and deleted only as drafts."""

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
from core.money import line_total
from core.outbox import News, announce, announce_many, kind_of
from inventory.models import Warehouse
from parties.models import Organisation, PaymentTerm
from reference import incoterms
from reference.models import Country, Currency
from sales.events import ORDER_CREATED, ORDER_EDITED
from sales.flows import CustomerOrderStatus
from sales.models import Customer, CustomerOrder, CustomerOrderLine


@dataclass(frozen=True, slots=True)
class LineInput:
    """``quantity`` in the product's stock unit; ``unit_price`` per stock unit in the order's currency.

    ``amount`` only where quantity × rounded price does not say it: history, or a price agreed per carton.
    """

    product_id: int
    quantity: Decimal
    unit_price: Decimal
    promised_date: date | None = None
    description: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderInput:
    """What a seller types; ``number`` only when history is imported. No currency or term: the customer's own."""

    customer_id: int
    warehouse_id: int
    order_date: date
    currency: str = ""
    lines: Sequence[LineInput] = field(default_factory=tuple)
    customer_reference: str = ""
    ship_to_country: str | None = None
    incoterm: str = ""
    mode: str = ""
    payment_term_id: int | None = None
    sample: bool = False
    remarks: str = ""
    number: str = ""


def create_customer_order(*, actor: Actor, order: OrderInput) -> CustomerOrder:
    """This will write one draft; see ``create_customer_orders``. Error pointers start at the order:
    /lines/0/quantity.
    """
    return create_customer_orders(actor=actor, orders=[order], pointer=lambda index: "")[0]


@transaction.atomic
def create_customer_orders(
    *, actor: Actor, orders: Sequence[OrderInput], pointer=lambda index: f"/{index}"
) -> list[CustomerOrder]:
    """This will write draft orders, all or none, each numbered in its company's series of the order's year.

    Raises RuleBroken with every wrong input named by JSON pointer; NotAllowed without the right to add orders.
    """
    actor.needs("sales.add_customerorder")
    known = _Known(actor, orders)
    raise_errors([e for index, order in enumerate(orders) for e in _errors(order, known, pointer(index))])
    missing = [order for order in orders if not order.number]
    numbers: dict[int, list[str]] = {}
    for year in sorted({order.order_date.year for order in missing}):
        count = sum(order.order_date.year == year for order in missing)
        numbers[year] = Series.take(company_id=actor.company_id, prefix="CO", year=year, count=count)[::-1]
    documents, lines = [], []
    for order in orders:
        document = CustomerOrder(
            company_id=actor.company_id,
            number=order.number or numbers[order.order_date.year].pop(),
            customer=known.customers[order.customer_id],
            created_by=actor.name,
            **_header(order, known),
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
    news = [News(d.pk, d.company_id) for d in documents]
    announce_many(ORDER_CREATED, kind_of(CustomerOrder), news, actor=actor)
    return documents


@transaction.atomic
def edit_customer_order(*, actor: Actor, order_id: int, order: OrderInput, version: int | None = None) -> CustomerOrder:
    """This will replace a draft's header and lines. Raises TransitionRefused once it is confirmed, StaleDocument on a
    stale version.
    """
    actor.needs("sales.change_customerorder")
    document = lock(CustomerOrder.objects.visible_to(actor), order_id, version=version)
    if document.status != CustomerOrderStatus.DRAFT:
        raise TransitionRefused(
            _("%(order)s is %(state)s; only a draft can be edited.")
            % {"order": document, "state": document.get_status_display().lower()}
        )
    known = _Known(actor, [order])
    raise_errors(_errors(order, known, ""))
    document.customer = known.customers[order.customer_id]
    for name, value in _header(order, known).items():
        setattr(document, name, value)
    document.credit_released_by = document.credit_released_reason = ""  # it was released as it stood
    document.lines.all().delete()
    lines = _lines(document, order, known)
    CustomerOrderLine.objects.bulk_create(lines)
    document.total = sum((line.amount for line in lines), Decimal(0))
    document.bump()
    document.save()
    announce(ORDER_EDITED, document, actor=actor)
    return document


@transaction.atomic
def delete_draft(*, actor: Actor, order_id: int) -> None:
    """This will delete a draft. An order that was confirmed is cancelled instead: TransitionRefused says so."""
    actor.needs("sales.change_customerorder")
    document = lock(CustomerOrder.objects.visible_to(actor), order_id)
    if document.status != CustomerOrderStatus.DRAFT:
        raise TransitionRefused(_("%(order)s was confirmed; cancel it instead of deleting it.") % {"order": document})
    document.delete()


class _Known:
    """The masters that a set of orders names, each fetched once."""

    def __init__(self, actor: Actor, orders: Sequence[OrderInput]):
        company = {"company_id": actor.company_id}
        customer_ids = {order.customer_id for order in orders}
        self.customers = Organisation.objects.filter(**company, is_customer=True).in_bulk(customer_ids)
        self.profiles = {c.organisation_id: c for c in Customer.objects.filter(organisation_id__in=customer_ids)}
        self.products = (
            Product.objects.filter(**company)
            .select_related("unit")
            .in_bulk({line.product_id for order in orders for line in order.lines})
        )
        self.warehouses = Warehouse.objects.filter(**company).in_bulk({order.warehouse_id for order in orders})
        terms = {order.payment_term_id for order in orders if order.payment_term_id}
        self.terms = (
            set(PaymentTerm.objects.filter(**company, pk__in=terms).values_list("pk", flat=True)) if terms else set()
        )
        currencies = {order.currency for order in orders if order.currency}
        self.currencies = (
            set(Currency.objects.filter(pk__in=currencies).values_list("pk", flat=True)) if currencies else set()
        )
        countries = {order.ship_to_country for order in orders if order.ship_to_country}
        self.countries = (
            set(Country.objects.filter(pk__in=countries).values_list("pk", flat=True)) if countries else set()
        )
        numbers = [order.number for order in orders if order.number]
        self.taken = (
            set(CustomerOrder.objects.filter(**company, number__in=numbers).values_list("number", flat=True))
            if numbers
            else set()
        )

    def currency(self, order: OrderInput) -> str:
        profile = self.profiles.get(order.customer_id)
        return order.currency or (profile.currency_id if profile and profile.currency_id else "")

    def term(self, order: OrderInput) -> int | None:
        profile = self.profiles.get(order.customer_id)
        return order.payment_term_id or (profile.payment_term_id if profile else None)


def _errors(order: OrderInput, known: _Known, at: str) -> list[dict]:
    found: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        found.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    customer = known.customers.get(order.customer_id)
    if customer is None:
        wrong("customer", _("There is no such customer."))
    elif not customer.active:
        wrong("customer", _("%(customer)s is archived. Choose an active customer.") % {"customer": customer})
    warehouse = known.warehouses.get(order.warehouse_id)
    if warehouse is None:
        wrong("warehouse", _("There is no such warehouse."))
    elif not warehouse.active:
        wrong("warehouse", _("%(warehouse)s is archived. Choose an active warehouse.") % {"warehouse": warehouse})
    if order.currency and order.currency not in known.currencies:
        wrong("currency", _("%(code)s is not a known currency.") % {"code": order.currency})
    elif not known.currency(order):
        wrong("currency", _("Say in which currency the order is: the customer has none of its own."))
    if order.incoterm and order.incoterm not in incoterms.RULES:
        wrong("incoterm", _("%(code)s is not an Incoterms rule.") % {"code": order.incoterm})
    if order.payment_term_id and order.payment_term_id not in known.terms:
        wrong("payment_term", _("There is no such payment term."))
    if order.ship_to_country and order.ship_to_country not in known.countries:
        wrong("ship_to_country", _("%(code)s is not a known country.") % {"code": order.ship_to_country})
    if order.number in known.taken:
        wrong("number", _("There is already an order %(number)s.") % {"number": order.number})
    if not order.lines:
        wrong("lines", _("An order needs at least one line."))
    for index, line in enumerate(order.lines):
        product = known.products.get(line.product_id)
        if product is None:
            wrong(f"lines/{index}/product", _("There is no such product."))
            continue
        if not product.active and not order.number:
            wrong(f"lines/{index}/product", _("%(product)s is archived.") % {"product": product})
        if line.quantity <= 0:
            wrong(f"lines/{index}/quantity", _("The quantity must be above 0."))
        elif product.unit.whole and line.quantity != line.quantity.to_integral_value():
            wrong(f"lines/{index}/quantity", _("%(unit)s are counted in whole numbers.") % {"unit": product.unit})
        if line.unit_price < 0:
            wrong(f"lines/{index}/unit_price", _("The price cannot be negative."))
        if line.promised_date and line.promised_date < order.order_date and not order.number:
            wrong(f"lines/{index}/promised_date", _("The promise lies before the order date."))
    return found


def raise_errors(errors: list[dict]) -> None:
    """This will raise one RuleBroken that names every wrong input, or nothing."""
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)


def _header(order: OrderInput, known: _Known) -> dict:
    customer = known.customers[order.customer_id]
    return {
        "order_date": order.order_date,
        "currency_id": known.currency(order),
        "warehouse_id": order.warehouse_id,
        "customer_reference": order.customer_reference.strip(),
        "ship_to_country_id": order.ship_to_country or customer.country_id,
        "incoterm": order.incoterm,
        "mode": order.mode,
        "payment_term_id": known.term(order),
        "sample": order.sample,
        "remarks": order.remarks,
    }


def _lines(document: CustomerOrder, order: OrderInput, known: _Known) -> list[CustomerOrderLine]:
    return [
        CustomerOrderLine(
            company_id=document.company_id,
            order=document,
            position=position,
            product=known.products[line.product_id],
            sku=known.products[line.product_id].sku,
            description=line.description or known.products[line.product_id].name,
            unit=known.products[line.product_id].unit,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line_total(line.quantity, line.unit_price, document.currency_id)
            if line.amount is None
            else line.amount,
            promised_date=line.promised_date,
        )
        for position, line in enumerate(order.lines, start=1)
    ]
