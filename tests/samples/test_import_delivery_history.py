"""The public shipment record as documents: its published figures come out to the last digit."""

import json
import os
from io import StringIO

import pytest
from django.core.management import call_command

from core.models import Delivery
from logistics.models import Shipment
from sales.models import CustomerOrder
from sourcing.models import PurchaseOrder
from tests.shared_data import shared_data

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.volume,
    pytest.mark.skipif(not os.environ.get("ISCM_VOLUME"), reason="loads 10,324 lines: set ISCM_VOLUME=1"),
]


def kpis(metric: str, *arguments: str) -> list[dict]:
    out = StringIO()
    call_command("kpis", metric, "--company", "SCMS", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())["rows"]


def test_the_record_reproduces_its_published_figures_and_a_second_time_changes_nothing():
    reference = json.loads(shared_data("scms/reference.json").read_text())
    out = StringIO()
    call_command("import_delivery_history", str(shared_data("scms/scms.csv.gz")), stdout=out)
    assert "10,324 rows read, 10,324 written" in out.getvalue()
    assert "delivered before the order was sent: 5 rows" in out.getvalue()
    assert not Delivery.objects.filter(done_at=None).exists()

    (total,) = kpis("on-time")
    assert {k: total[k] for k in ("lines", "on_time", "late")} == {
        k: reference["on_time"][k] for k in ("lines", "on_time", "late")
    }
    assert total["pct"] == reference["on_time"]["on_time_pct"]
    by_mode = {row["key"]: row for row in kpis("on-time", "--by", "mode")}
    for mode, figures in reference["on_time_by_mode"].items():
        assert (by_mode[mode]["lines"], by_mode[mode]["on_time"], by_mode[mode]["pct"]) == (
            figures["lines"],
            figures["on_time"],
            figures["on_time_pct"],
        )
    for whole, figures in (("shipment", reference["shipments"]), ("order", reference["purchase_orders"])):
        (row,) = kpis("on-time", "--by", whole)
        assert (row["count"], row["all_lines_on_time"], row["pct"]) == (
            figures["count"],
            figures["all_lines_on_time"],
            figures["pct"],
        )

    (landed,) = kpis("landed-cost")
    totals = reference["totals"]
    assert (landed["lines"], landed["lines_known"]) == (totals["lines"], totals["lines_with_known_freight"])
    assert landed["quantity"] == str(totals["quantity"])
    for key, published in (
        ("goods", "value_known"),
        ("goods_all", "value"),
        ("freight", "freight_known"),
        ("insurance", "insurance_known"),
        ("landed", "landed_known"),
    ):
        assert landed[key] == totals[published], key
    by_mode = {row["key"]: row for row in kpis("landed-cost", "--by", "mode")}
    for mode, figures in reference["landed_by_mode"].items():
        assert by_mode[mode]["lines_known"] == figures["lines_with_known_freight"]
        assert (by_mode[mode]["goods"], by_mode[mode]["freight"], by_mode[mode]["landed"]) == (
            figures["value_known"],
            figures["freight_known"],
            figures["landed_known"],
        )

    counts = [model.objects.count() for model in (PurchaseOrder, CustomerOrder, Shipment)]
    assert counts == [2816, 3417, 3590]
    out = StringIO()
    call_command("import_delivery_history", str(shared_data("scms/variant_tab_cr.csv.gz")), stdout=out)
    assert "0 written, 10,324 were there already" in out.getvalue()
    assert counts == [model.objects.count() for model in (PurchaseOrder, CustomerOrder, Shipment)]
