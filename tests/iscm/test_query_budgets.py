"""How many statements a request may make: what keeps the figures of docs/performance.md, on any machine.

Counted are the statements about business rows; savepoints and the line that says who acts are mechanism. A budget that
must grow is raised here, on purpose. The commit is one per request (tests/iscm: one transaction).
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actor import system
from finance import services as finance
from logistics import services as logistics
from parties.models import PaymentTerm
from sales import services as sales
from sourcing import services as sourcing
from tests.doors import Api, person
from tests.factories import TODAY
from tests.factories_finance import open_letter
from tests.factories_finance import term as credit_term
from tests.factories_logistics import shipment_input, warehouse_of
from tests.factories_sales import order_input

pytestmark = pytest.mark.django_db
MECHANISM = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO", "SELECT set_config", "SELECT coalesce(current_setting")


class Counted(CaptureQueriesContext):
    """The statements made inside, mechanism left out."""

    def __init__(self):
        super().__init__(connection)

    @property
    def statements(self) -> list[str]:
        return [q["sql"] for q in self.captured_queries if not q["sql"].startswith(MECHANISM)]

    def at_most(self, budget: int) -> None:
        told = "\n".join(sql[:160] for sql in self.statements)
        assert len(self.statements) <= budget, f"{len(self.statements)} statements, not {budget}:\n{told}"


def order_body(world, lines: int) -> dict:
    today = timezone.localdate()
    requested = (today + timedelta(days=60)).isoformat()
    line = {"quantity": "100", "unit_price": "3.25", "requested_date": requested}
    return {
        "supplier": world.supplier.pk,
        "order_date": today.isoformat(),
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "mode": "sea",
        "payment_term": world.term.pk,
        "lines": [{"product": (world.mug, world.bottle)[n % 2].pk, **line} for n in range(lines)],
    }


@pytest.mark.parametrize("lines", [5, 40])
def test_creating_issuing_and_receiving_an_order_keep_their_budgets_however_many_lines_it_has(world, lines):
    buyer, logistics_clerk = Api(world.token("buyer")), Api(world.token("logistics"))
    warehouse = warehouse_of(world)
    with Counted() as creating:
        order = buyer("POST", "/sourcing/purchase-orders/", order_body(world, lines)).json()
    with Counted() as issuing:
        issued = buyer("POST", f"/sourcing/purchase-orders/{order['id']}/issue/").json()
    assert (issued["status"], len(issued["lines"])) == ("sent", lines)
    body = {
        "warehouse": warehouse.pk,
        "received_date": timezone.localdate().isoformat(),
        "lines": [{"order_line": line["id"], "accepted": "100"} for line in issued["lines"]],
    }
    with Counted() as receiving:
        assert len(logistics_clerk("POST", "/logistics/receipts/", body).json()["lines"]) == lines
    # the token's last use is written down every few minutes, and the rate of requests counted: two more than in the figures
    creating.at_most(13)
    issuing.at_most(11)
    receiving.at_most(25)


def test_a_list_of_orders_with_their_lines_is_four_statements_however_long_it_is(world):
    buyer = Api(world.token("buyer"))
    buyer("GET", "/sourcing/purchase-orders/")
    for there, added in ((5, 5), (80, 75)):
        sourcing.create_purchase_orders(actor=world.actors["buyer"], orders=[world.order_input() for _ in range(added)])
        with Counted() as listing:
            answer = buyer("GET", "/sourcing/purchase-orders/?limit=80").json()
        assert (len(answer["results"]), len(answer["results"][0]["lines"])) == (there, 2)
        listing.at_most(5)  # token, rate, count, orders, lines


PAGES = [
    ("buyer", "/sourcing/orders/"),
    ("logistics", "/logistics/shipments/"),
    ("logistics", "/logistics/receipts/"),
    ("logistics", "/inventory/lots/"),
    ("sales", "/sales/orders/"),
    ("finance", "/finance/supplier-invoices/"),
    ("finance", "/finance/payables/"),
    ("finance", "/finance/letters-of-credit/"),
]


def test_list_pages_make_as_many_statements_with_eighty_rows_as_with_ten(world):
    with connection.cursor() as cursor:  # all of it is one transaction here
        cursor.execute("SET LOCAL transaction_timeout = 0")
    browsers = {role: person(world, role) for role, _path in PAGES}
    counts = []
    for more in (10, 70):
        grow(world, more)
        counts.append({path: statements_of(browsers[role], path) for role, path in PAGES})
    assert counts[0] == counts[1]
    most = {"/finance/payables/": 28}  # what may be paid hangs on inspections, shipments, papers and receipts
    assert not {path: count for path, count in counts[1].items() if count > most.get(path, 20)}, counts[1]


def statements_of(browser, path: str) -> int:
    browser.get(path)
    with Counted() as shown:
        assert browser.get(path).status_code == 200
    return len(shown.statements)


def grow(world, count: int) -> None:
    """``count`` orders of everything: bought, shipped, received, billed; and sold."""
    boss = system("command", company_id=world.company.pk)
    warehouse = warehouse_of(world)
    term = PaymentTerm.objects.filter(code="LC").first() or credit_term(world, (100, "lc_sight", 0), code="LC")
    orders = sourcing.record_agreed_orders(
        actor=boss,
        orders=[world.order_input(number=f"PO-{count}-{n}", payment_term_id=term.pk) for n in range(count)],
    )
    shipments = logistics.plan_shipments(
        actor=boss, shipments=[shipment_input(world, order) for order in orders], today=TODAY
    )
    receipts = [
        logistics.ReceiptInput(
            warehouse_id=warehouse.pk,
            received_date=TODAY,
            shipment_id=shipment.pk,
            lines=[logistics.ReceiptLineInput(line.pk, line.quantity) for line in order.lines.all()],
        )
        for order, shipment in zip(orders, shipments, strict=True)
    ]
    logistics.post_receipts(actor=boss, receipts=receipts)
    invoices = finance.record_supplier_invoices(
        actor=boss,
        invoices=[
            finance.GoodsInvoice(
                supplier_id=world.supplier.pk,
                supplier_number=f"INV-{count}-{n}",
                invoice_date=TODAY,
                currency="USD",
                lines=[finance.GoodsLine(line.pk, line.quantity, line.unit_price) for line in order.lines.all()],
            )
            for n, order in enumerate(orders)
        ],
    )
    finance.post_supplier_invoices(actor=boss, invoice_ids=[invoice.pk for invoice in invoices])
    for order in orders:
        open_letter(world, order)
    sales.record_agreed_orders(actor=boss, orders=[order_input(world, warehouse, Decimal(1)) for _ in range(count)])
