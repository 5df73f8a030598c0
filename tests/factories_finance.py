"""Goods on their way through finance, and the books they leave."""

from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from core.actor import Actor, system
from finance import services as finance_services
from finance.models import LetterOfCredit
from inventory.models import Lot
from ledger.models import Account, Posting
from logistics import services as logistics
from logistics.models import Delivery, Receipt, Shipment, ShipmentLine
from logistics.services import DeliveryInput, DeliveryLineInput, ReceiptLineInput
from parties.models import Organisation, PaymentTerm
from parties.services.terms import InstalmentInput, save_payment_term
from reference.models import ExchangeRate
from sourcing import services as sourcing
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from tests.doors import Api
from tests.factories import TODAY, World
from tests.factories_logistics import actual, planned_shipment, receive_lines, report, warehouse_of
from tests.factories_sales import confirmed

D = Decimal
PAYMENTS, INVOICES = "/finance/payments/", "/finance/supplier-invoices/"
LATER = date(2027, 3, 1)


def api(world: World, role: str) -> Api:
    """The API with a token of this role."""
    return Api(world.token(role))


def boss(world: World) -> Actor:
    """The system acting for the world's company."""
    return system("command", company_id=world.company.pk)


def set_rate(quote: str, rate: str, day: date = TODAY, base: str = "EUR") -> None:
    """One ``base`` is ``rate`` of ``quote`` on ``day``."""
    ExchangeRate.objects.update_or_create(
        kind="market", base_id=base, quote_id=quote, date=day, source="ECB", defaults={"rate": Decimal(rate)}
    )


def balances(world: World) -> dict[str, Decimal]:
    """Every account class that is not empty. Whatever happened: the books balance, inventory is what lies in lots and
    under way, and goods owned and not invoiced are what the order lines say.
    """
    rows = Posting.objects.filter(entry__company=world.company).values_list("account").annotate(total=Sum("amount"))
    found = {account: total for account, total in rows if total}
    assert sum(found.values()) == 0, found
    lots = Lot.objects.filter(company=world.company).aggregate(total=Sum(F("cost_total") - F("cost_issued")))["total"]
    way = ShipmentLine.objects.filter(shipment__company=world.company).aggregate(
        total=Sum(F("owned_cost") - F("received_cost"))
    )["total"]
    opening = found.get(Account.OPENING, 0)
    assert found.get(Account.INVENTORY, 0) == (lots or 0) + (way or 0), (found, lots, way, opening)
    grni = PurchaseOrderLine.objects.filter(company=world.company).aggregate(total=Sum("grni_base"))["total"]
    assert -found.get(Account.GRNI, 0) == (grni or 0)
    return found


def ordered(world: World, quantity: str = "1000", price: str = "12.50", *, currency: str = "EUR", **changes):
    """An issued order of one line."""
    lines = changes.pop("lines", [sourcing.LineInput(world.mug.pk, D(quantity), D(price), date(2027, 1, 15))])
    order = world.order(lines=lines, currency=currency, **{"payment_term_id": None, **changes})
    return sourcing.issue_purchase_order(actor=boss(world), order_id=order.pk, today=TODAY)


def term(world: World, *instalments, code: str = "T", **discount) -> PaymentTerm:
    """Instalments of (percent, anchor, days)."""
    given = [InstalmentInput(D(str(percent)), anchor, days) for percent, anchor, days in instalments]
    return save_payment_term(actor=world.actors["finance"], code=code, name=code, instalments=given, **discount)


def agreed(order: PurchaseOrder) -> PurchaseOrder:
    """The supplier said yes on the order's day."""
    PurchaseOrder.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at="2026-11-20T08:00Z")
    order.refresh_from_db()
    return order


def ship(world: World, order, *, day: date = TODAY, **changes) -> Shipment:
    """A shipment of the order, on board (and ours) and gone on ``day``."""
    shipment = planned_shipment(world, order, **changes)
    return report(world, shipment, actual("loaded", day), actual("departed", day))


def receive(world: World, shipment: Shipment, accepted=None, *, short=None, day: date = TODAY) -> Receipt:
    """Receipt of (part of) a shipment; by default all of it."""
    lines = list(shipment.lines.order_by("pk"))
    accepted = accepted or [line.quantity - line.received_quantity for line in lines]
    short = short or [0] * len(lines)
    given = [
        ReceiptLineInput(line.order_line_id, D(quantity), short=D(missing), shipment_line_id=line.pk)
        for line, quantity, missing in zip(lines, accepted, short, strict=True)
        if quantity or missing
    ]
    return receive_lines(world, given, shipment=shipment, day=day)


def land(world: World, order, *, day: date = TODAY, **how) -> Receipt:
    """On board, ours and received on one day."""
    return receive(world, ship(world, order, day=day), day=day, **how)


def deliver(world: World, quantity: str = "10", price: str = "5.00", *, day: date = TODAY, **changes) -> Delivery:
    """A confirmed customer order, delivered out of what lies in the warehouse."""
    order = confirmed(world, warehouse_of(world), quantity, price, **changes)
    lines = [DeliveryLineInput(line.pk, line.quantity) for line in order.lines.all()]
    return logistics.ship_delivery(
        actor=world.actors["logistics"],
        delivery=DeliveryInput(order.pk, lines, day, delivered_date=day),
    )


def bank_of(world: World) -> Organisation:
    """The company's bank, made once."""
    values = {"name": "Delta Trade Bank", "country_id": "NL", "is_bank": True}
    return Organisation.objects.get_or_create(company=world.company, code="BANK", defaults=values)[0]


def open_letter(world: World, order, *, issued: bool = True, **changes) -> LetterOfCredit:
    """A letter of credit for all of an order, issued by the bank or still a draft."""
    said = {
        "amount": order.total,
        "latest_shipment_date": date(2027, 1, 15),
        "expiry_date": date(2027, 2, 5),
        "documents": ["commercial_invoice", "packing_list", "bill_of_lading"],
        **changes,
    }
    who = world.actors
    letter = finance_services.create_letter(
        actor=who["finance"],
        order_id=order.pk,
        bank_id=bank_of(world).pk,
        today=TODAY,
        terms=finance_services.LetterTerms(**said),
    )
    if issued:
        finance_services.approve_letter(actor=who["approver"], letter_id=letter.pk, today=TODAY)
        letter = finance_services.issue_letter(
            actor=who["finance"], letter_id=letter.pk, day=TODAY, today=TODAY, bank_reference=f"DTB-{letter.pk}"
        )
    return letter


def ok(answer, status=200) -> dict:
    """What the API answered, which must be this."""
    assert answer.status_code == status, answer.content
    return answer.json()


def paid(world: World, finance: Api, amount: str, day: str = "2026-11-20", **settles) -> dict:
    """A payment requested, approved by somebody else, and paid on its day."""
    body = {"party": world.supplier.pk, "payment_date": day, "settles": [{"amount": amount, **settles}]}
    payment = ok(finance("POST", PAYMENTS, body), 201)
    ok(api(world, "approver")("POST", f"{PAYMENTS}{payment['id']}/approve/"))
    return ok(finance("POST", f"{PAYMENTS}{payment['id']}/pay/", {"day": day}))


def billed(
    world: World, finance: Api, order, quantity: str, price: str, number: str = "HS-1", day="2026-11-20"
) -> dict:
    """A posted invoice of an order of one line."""
    line = {"order_line": order.lines.get().pk, "quantity": quantity, "unit_price": price}
    head = {"supplier": world.supplier.pk, "supplier_number": number, "invoice_date": day}
    made = ok(finance("POST", INVOICES, {**head, "currency": order.currency_id, "lines": [line]}), 201)
    return ok(finance("POST", f"{INVOICES}{made['id']}/post/", {}))
