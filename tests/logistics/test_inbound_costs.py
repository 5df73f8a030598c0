"""What goods cost us as they become ours, arrive, fall short or go back: the ledger and the lots always agree."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F, Sum

from inventory.models import Lot
from ledger.models import Account, Posting
from logistics import services as logistics
from logistics.models import ShipmentLine
from logistics.services import ReceiptLineInput, SupplierReturnLineInput
from reference.models import ExchangeRate
from sourcing.models import PurchaseOrderLine
from tests.factories import TODAY
from tests.factories_logistics import actual, planned_shipment, receive_lines, received_order, report

pytestmark = pytest.mark.django_db
BOARDED, ARRIVED = date(2027, 1, 22), date(2027, 2, 27)


@pytest.fixture(autouse=True)
def rates(world):
    for day, rate in ((BOARDED, "1.2500"), (ARRIVED, "1.0000")):
        ExchangeRate.objects.get_or_create(
            kind="market", base_id="EUR", quote_id="USD", date=day, source="ECB", defaults={"rate": Decimal(rate)}
        )


def balance(account: str) -> Decimal:
    return Posting.objects.filter(account=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)


def in_lots() -> Decimal:
    return Lot.objects.aggregate(total=Sum(F("cost_total") - F("cost_issued")))["total"] or Decimal(0)


def in_transit() -> Decimal:
    return ShipmentLine.objects.aggregate(total=Sum(F("owned_cost") - F("received_cost")))["total"] or Decimal(0)


def check_books() -> None:
    """Every account sums to nothing, and inventory is what lies in lots plus what is ours on the way."""
    assert Posting.objects.aggregate(total=Sum("amount"))["total"] in (None, Decimal(0))
    assert balance(Account.INVENTORY) == in_lots() + in_transit()
    lines = PurchaseOrderLine.objects.aggregate(total=Sum("grni_base"))["total"]
    assert -balance(Account.GRNI) == lines


def test_goods_become_ours_on_board_at_that_days_rate(world):
    order = world.sent_order()
    shipment = report(world, planned_shipment(world, order), actual("loaded", BOARDED))
    line = shipment.lines.get(sku="MUG-01")
    assert (line.owned_date, line.owned_quantity, line.owned_cost) == (BOARDED, 1000, Decimal("2560.00"))  # 3,200 USD
    assert balance(Account.INVENTORY) == Decimal("5540.00") == -balance(Account.GRNI)  # 6,925 ÷ 1.25
    check_books()


def test_a_receipt_takes_what_was_ours_and_posts_nothing_again(world):
    order = world.sent_order()
    shipment = report(world, planned_shipment(world, order), actual("loaded", BOARDED))
    before = Posting.objects.count()
    lines = [ReceiptLineInput(line.pk, line.quantity) for line in order.lines.all()]
    receipt = receive_lines(world, lines, shipment=shipment, day=ARRIVED)
    assert Posting.objects.count() == before
    assert [line.goods_cost for line in receipt.lines.all()] == [Decimal("2560.00"), Decimal("2980.00")]
    assert in_transit() == 0 and in_lots() == Decimal("5540.00")
    shipment.refresh_from_db()
    assert shipment.status == "received"
    check_books()


def test_goods_nobody_reported_become_ours_with_the_receipt(world):
    order = world.sent_order()
    receipt = received_order(world, order, day=ARRIVED)
    assert balance(Account.INVENTORY) == Decimal("6925.00") == in_lots()
    assert [line.owned_quantity for line in receipt.lines.all()] == [1000, 500]
    check_books()


def test_parts_of_a_shipment_line_add_up_to_its_cost_to_the_cent(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    shipment = planned_shipment(world, order, quantities={mug.pk: 7})
    report(world, shipment, actual("loaded", BOARDED))  # 22.40 USD = 17.92 EUR
    costs = []
    for quantity in (3, 3, 1):
        receipt = receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(quantity))], shipment=shipment, day=ARRIVED)
        costs.append(receipt.lines.get().goods_cost)
    assert costs == [Decimal("7.68"), Decimal("7.68"), Decimal("2.56")]
    assert in_transit() == 0
    check_books()


def test_rejected_goods_lie_in_a_lot_of_their_own_at_their_share_of_the_cost(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    receipt = receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(990), Decimal(10))], day=TODAY)
    line = receipt.lines.get()
    assert (line.lot.quality, line.rejected_lot.quality) == ("ok", "rejected")
    assert (line.lot.quantity_received, line.rejected_lot.quantity_received) == (990, 10)
    assert line.lot.cost_total + line.rejected_lot.cost_total == line.goods_cost == Decimal("2909.09")  # 3,200 ÷ 1.1
    mug.refresh_from_db()
    assert (mug.received_quantity, mug.rejected_quantity) == (1000, 10)
    check_books()


def test_a_shortage_under_fob_is_a_claim_on_the_carrier_and_the_supplier_is_still_owed(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    shipment = report(world, planned_shipment(world, order), actual("loaded", BOARDED))
    line = ReceiptLineInput(mug.pk, Decimal(990), short=Decimal(10))
    receive_lines(world, [line], shipment=shipment, day=ARRIVED)
    assert balance(Account.CLAIMS) == Decimal("25.60")
    claim = Posting.objects.get(account=Account.CLAIMS).entry
    assert (claim.party_id, claim.purpose) == (world.forwarder.pk, "goods_adjusted")
    assert balance(Account.GRNI) == Decimal("-5540.00")
    check_books()


def test_a_shortage_under_dap_is_a_claim_on_the_supplier(world):
    order = world.sent_order(incoterm="DAP", named_place="Rotterdam warehouse")
    mug = order.lines.get(position=1)
    shipment = report(world, planned_shipment(world, order), actual("delivered", ARRIVED))
    receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(990), short=Decimal(10))], shipment=shipment, day=ARRIVED)
    assert Posting.objects.get(account=Account.CLAIMS).entry.party_id == world.supplier.pk
    check_books()


def test_a_shortage_of_goods_that_were_not_ours_yet_is_nobodys_claim(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    shipment = planned_shipment(world, order)  # nobody reported the loading
    receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(990), short=Decimal(10))], shipment=shipment, day=ARRIVED)
    assert balance(Account.CLAIMS) == 0
    assert balance(Account.INVENTORY) == Decimal("3168.00")  # 990 at 3.20 USD, 1:1
    check_books()


def test_what_came_over_is_ours_too_at_the_day_of_receipt(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    world.mug.over_receipt_pct = Decimal(1)
    world.mug.save()
    shipment = report(world, planned_shipment(world, order), actual("loaded", BOARDED))
    receipt = receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(1010))], shipment=shipment, day=ARRIVED)
    line = receipt.lines.get()
    assert (line.over_quantity, line.over_cost, line.goods_cost) == (10, Decimal("32.00"), Decimal("2592.00"))
    assert Posting.objects.filter(entry__purpose="goods_adjusted", account=Account.GRNI).get().amount == Decimal(
        "-32.00"
    )
    check_books()


def test_a_cancelled_receipt_leaves_both_movements_and_nothing_else(world):
    """R-02."""
    order = world.sent_order()
    receipt = received_order(world, order, day=TODAY)
    logistics.cancel_receipt(
        actor=world.actors["logistics"], receipt_id=receipt.pk, day=ARRIVED, reason="Counted twice"
    )
    mug = order.lines.get(position=1)
    assert (mug.received_quantity, mug.shipped_quantity, mug.grni_quantity) == (0, 0, 0)
    lot = receipt.lines.first().lot
    lot.refresh_from_db()
    assert [move.quantity for move in lot.moves.order_by("id")] == [1000, -1000]
    assert balance(Account.INVENTORY) == 0 == in_lots()
    check_books()


def test_a_cancelled_receipt_of_a_shipment_puts_the_goods_back_on_their_way(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    shipment = report(world, planned_shipment(world, order), actual("loaded", BOARDED), actual("departed", BOARDED))
    lines = [ReceiptLineInput(mug.pk, Decimal(900), Decimal(50), short=Decimal(50))]
    receipt = receive_lines(world, lines, shipment=shipment, day=ARRIVED)
    logistics.cancel_receipt(actor=world.actors["logistics"], receipt_id=receipt.pk, day=ARRIVED, reason="Wrong truck")
    line = shipment.lines.get(sku="MUG-01")
    assert (line.received_quantity, line.short_quantity, line.taken_quantity, line.received_cost) == (0, 0, 0, 0)
    assert balance(Account.CLAIMS) == 0 and balance(Account.INVENTORY) == Decimal("5540.00") == in_transit()
    shipment.refresh_from_db()
    assert shipment.status == "departed"
    check_books()


def test_goods_sent_back_before_they_are_invoiced_leave_what_we_owe(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    receipt = receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(990), Decimal(10))], day=TODAY)
    line = receipt.lines.get()
    logistics.send_back(
        actor=world.actors["logistics"],
        receipt_id=receipt.pk,
        returned_date=ARRIVED,
        reason="Chipped enamel",
        lines=[SupplierReturnLineInput(line.pk, Decimal(12))],
    )
    line.rejected_lot.refresh_from_db()
    line.lot.refresh_from_db()
    assert (line.rejected_lot.quantity_on_hand, line.lot.quantity_on_hand) == (0, 988)  # the rejected go first
    mug.refresh_from_db()
    assert (mug.returned_quantity, mug.grni_quantity) == (12, 988)
    assert balance(Account.CLAIMS) == 0
    check_books()


def test_the_last_of_what_is_not_invoiced_empties_the_account(world):
    order = world.sent_order()
    mug = order.lines.get(position=1)
    receipt = receive_lines(world, [ReceiptLineInput(mug.pk, Decimal(3))], day=TODAY)
    for quantity in (1, 1, 1):
        logistics.send_back(
            actor=world.actors["logistics"],
            receipt_id=receipt.pk,
            returned_date=TODAY,
            reason="Wrong colour",
            lines=[SupplierReturnLineInput(receipt.lines.get().pk, Decimal(quantity))],
        )
    assert balance(Account.GRNI) == 0 == balance(Account.INVENTORY)
    check_books()


def test_a_later_and_more_exact_report_moves_the_day_on_which_goods_became_ours(world):
    order = world.sent_order()
    shipment = planned_shipment(world, order)
    report(world, shipment, actual("departed", ARRIVED))  # no loading reported: departed means loaded
    assert shipment.lines.get(sku="MUG-01").owned_cost == Decimal("3200.00")
    report(world, shipment, actual("loaded", BOARDED))
    line = shipment.lines.get(sku="MUG-01")
    assert (line.owned_date, line.owned_cost) == (BOARDED, Decimal("2560.00"))
    assert balance(Account.INVENTORY) == Decimal("5540.00")
    check_books()


def test_many_receipts_cost_the_same_number_of_statements(world, django_assert_max_num_queries):
    orders = [world.sent_order() for _n in range(12)]
    counts = []
    for chunk in (orders[:2], orders[2:]):
        inputs = [
            logistics.ReceiptInput(
                warehouse_id=receive_warehouse(world),
                received_date=TODAY,
                lines=[ReceiptLineInput(line.pk, line.quantity) for line in order.lines.all()],
            )
            for order in chunk
        ]
        with django_assert_max_num_queries(60) as caught:
            logistics.post_receipts(actor=world.actors["logistics"], receipts=inputs)
        counts.append(len(caught.captured_queries))
    assert counts[0] == counts[1]
    check_books()


def receive_warehouse(world) -> int:
    from tests.factories_logistics import warehouse_of

    return warehouse_of(world).pk
