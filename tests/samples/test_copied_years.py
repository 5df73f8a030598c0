"""Years of history in one go: copies of played orders are as lawful as what was played, and the KPIs count them."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from core.models import Delivery as Owed
from core.models import Event, EventAbout, SealedEvent
from finance.models import CustomerInvoice, SupplierInvoice
from inventory.models import StockMove
from kpis.models import OrderDay, OrderLineFact
from ledger.models import Entry, Posting
from logistics.models import Receipt, Shipment
from sales.models import CustomerOrder, CustomerOrderLine
from samples.simulator.copies import STATIONS
from samples.simulator.desks import UNDER_WAY
from sourcing.models import PurchaseOrder, PurchaseOrderLine

pytestmark = [pytest.mark.django_db, pytest.mark.volume]
PLAYED, ORDERS = 6, 120


def test_copied_orders_are_lawful_whole_and_counted(capsys):
    call_command("load_sample_data", orders=ORDERS, played=PLAYED, seed=2, verbosity=1)
    bar = capsys.readouterr().err
    assert "playing" in bar and "copying" in bar and "100 %" in bar

    copied = PurchaseOrder.objects.filter(number__regex=r"^PO-\d{4}-\d{5}-\d+$")
    assert PurchaseOrder.objects.count() >= ORDERS
    assert copied.count() == PurchaseOrder.objects.count() - PLAYED - len(UNDER_WAY)
    days = copied.aggregate(first=Min("order_date"), last=Max("order_date"))
    assert days["last"] - days["first"] > timedelta(days=7 * 365), "spread over years"

    # what the commands say of a database that people work in
    for command, options in (("check_integrity", {}), ("rebuild_kpis", {"verify": True}), ("verify_audit", {})):
        out = StringIO()
        call_command(command, stdout=out, stderr=out, **options)  # exits 1 when anything is wrong
    assert not Owed.objects.filter(done_at=None).exists()
    assert SealedEvent.objects.count() == Event.objects.count()

    # every copy has what its original has, and is done with
    original = PurchaseOrder.objects.get(number=copied.order_by("pk").first().number.rpartition("-")[0])
    twins = PurchaseOrder.objects.filter(number__startswith=f"{original.number}-")
    assert twins.count() == copied.count() / (PLAYED - PLAYED // 3)
    one = twins.order_by("pk").last()
    shift = one.order_date - original.order_date
    assert shift < timedelta(0) and shift.days % 7 == 0
    for model, line in (
        (Receipt, "lines__order_line__order"),
        (Shipment, "lines__order"),
        (SupplierInvoice, "lines__order_line__order"),
    ):
        mine, his = (model.objects.filter(**{line: order}).distinct() for order in (one, original))
        assert mine.count() == his.count() > 0, model
    sums = {"lines": Count("pk"), "amount": Sum("amount"), "received": Sum("received_quantity")}
    assert one.lines.aggregate(**sums) == original.lines.aggregate(**sums)
    entries = Entry.objects.filter(source_kind="logistics.receipt")
    for order, moved in ((original, timedelta(0)), (one, shift)):
        receipt = Receipt.objects.filter(lines__order_line__order=order).distinct().get()
        assert entries.filter(source_id=receipt.pk).count() == entries.filter(source_id=receipt.pk, day=receipt.received_date).count()  # fmt: skip
        assert receipt.received_date - moved == Receipt.objects.filter(
            lines__order_line__order=original
        ).distinct().get().received_date  # fmt: skip
        assert set(StockMove.objects.filter(document_kind="logistics.receipt", document_id=receipt.pk).values_list("line_id", flat=True)) == set(receipt.lines.values_list("pk", flat=True))  # fmt: skip
    told = EventAbout.objects.filter(kind="sourcing.purchaseorder", document_id=one.pk)
    assert set(told.values_list("event__name", flat=True)) == {
        name for name in STATIONS if not name.startswith(("sales.", "logistics.delivery"))
    }
    assert not OrderLineFact.objects.filter(is_open=True, order_id__in=copied.values("pk"), side="purchase").exists()
    assert not Shipment.objects.filter(lines__order__in=copied).exclude(status="received").exists()

    # books and roll-ups
    assert Posting.objects.aggregate(total=Sum("amount"))["total"] == 0
    assert not CustomerInvoice.objects.filter(number__regex=r"-\d+-\d+-\d+$", settled_date=None).exists()
    lines = PurchaseOrderLine.objects.filter(cancelled=False, order__status__in=("sent", "confirmed", "closed")).count() + CustomerOrderLine.objects.filter(cancelled=False).count()  # fmt: skip
    counted = OrderDay.objects.filter(level="line", dim="total").aggregate(
        promised=Sum("promised"), years=Count("day__year", distinct=True)
    )
    assert counted["promised"] == lines
    assert counted["years"] >= 8
    assert CustomerOrder.objects.aggregate(copied=Count("pk", filter=Q(number__regex=r"-\d+-\d+-\d+$")))["copied"] > 0
    assert copied.filter(created_at__gt=timezone.now()).count() == 0


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"orders": 10, "played": 20}, {"orders": 10, "played": 2}])
def test_what_cannot_be_played_is_refused(wrong):
    with pytest.raises(CommandError, match="Ask for 1 to"):
        call_command("load_sample_data", verbosity=0, **wrong)
    assert not PurchaseOrder.objects.exists()
