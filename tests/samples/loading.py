"""The public shipment record, loaded by its command, and what a company then holds of it."""

import gzip
import random
from functools import cache
from io import BytesIO, StringIO

from django.core.management import call_command

from core.models import Event
from finance.models import Charge, ChargeShare
from kpis.models import LandedDay, OrderDay
from ledger.models import Posting
from logistics.models import DeliveryLine, ReceiptLine, ShipmentLine
from parties.models import Company
from sales.models import CustomerOrderLine
from samples.history import rows as record
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from tests.shared_data import shared_data


def load(path, company: str = "SCMS", **options) -> str:
    out = StringIO()
    call_command("import_delivery_history", str(path), company=company, stdout=out, **{"processes": 1, **options})
    return out.getvalue()


def documents(company: str) -> dict[str, list]:
    """Every document and every figure of a company, by the numbers people know; no ids, no moments."""
    own = {"company": Company.objects.get(code=company)}
    order, shipment = "order_line__order__number", "shipment__number"

    def of(model, *columns, **more):
        return sorted(map(repr, model.objects.filter(**(more or own)).values_list(*columns)))

    return {
        "orders": of(PurchaseOrder, "number", "supplier__name", "order_date", "incoterm", "mode", "status", "total", "destination_country"),
        "lines": of(PurchaseOrderLine, "order__number", "position", "description", "quantity", "amount", "unit_price", "original_promised_date", "received_quantity"),
        "shipments": of(ShipmentLine, shipment, "shipment__status", "order_number", "sku", "quantity", "gross_weight_kg", shipment__company=own["company"]),
        "receipts": of(ReceiptLine, "receipt__number", "receipt__received_date", order, "order_line__position", "accepted_quantity", "goods_cost", "lot__number"),
        "sales": of(CustomerOrderLine, "order__number", "order__order_date", "position", "sku", "quantity", "amount", "commit_date", "delivered_quantity"),
        "deliveries": of(DeliveryLine, "delivery__number", "delivery__delivered_date", order, "order_line__position", "quantity", "cost"),
        "charges": of(Charge, "kind", "day", "estimate_base", "capitalised_base", "receipt__number", "delivery__number"),
        "shares": of(ChargeShare, "charge__kind", "estimate", "stock", "expensed", f"receipt_line__{order}", f"delivery_line__{order}"),
        "ledger": of(Posting, "entry__day", "entry__purpose", "entry__source_kind", "account", "amount", entry__company=own["company"]),
        "events": of(Event, "name", "subject_kind", company_id=own["company"].pk),
        "order days": of(OrderDay, "level", "side", "dim", "day", "promised", "on_time", "perfect", "failed", dim__in=("total", "country", "mode", "incoterm"), **own),
        "landed days": of(LandedDay, "side", "dim", "day", "lines", "landed", dim__in=("total", "country", "mode", "incoterm"), **own),
    }  # fmt: skip


@cache
def some_rows() -> list[bytes]:
    """The heading and some hundred lines: whole orders, with what their freight refers to."""
    text = gzip.decompress(shared_data("scms/scms.csv.gz").read_bytes()).removeprefix(b"\xef\xbb\xbf")
    head, *lines = text.split(b"\n")
    wanted, _report = record.read(BytesIO(text))
    orders = {row.order for row in random.Random(7).sample(wanted, 60)}
    ids = {str(row.id).encode() for row in wanted if row.order in orders}
    return [head, *(line for line in lines if line.partition(b",")[0] in ids)]
