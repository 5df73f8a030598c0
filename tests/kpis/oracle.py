"""What the KPIs must say, worked out from the documents in plain Python: no SQL of ours, no facts, no roll-ups.

Written from the definitions (docs/control-tower.md), one line at a time, as one would with a pencil.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from finance.models import Charge, ChargeShare, CreditNote, CustomerInvoiceLine, DebitNote
from inventory.models import CostLayer
from ledger.models import Posting
from logistics.models import (
    CustomerReturnLine,
    DeliveryLine,
    ReceiptLine,
    ShipmentLine,
    SupplierReturnLine,
    TradeDocument,
)
from sales.models import Customer, CustomerOrderLine
from sourcing.models import PurchaseOrderLine

CLAIM_DAYS = 14
Flags = tuple[bool | None, bool | None, bool | None, bool | None]


def judge(
    *,
    ordered: Decimal,
    promised: date,
    today: date,
    arrivals: list[tuple[date, Decimal]],
    closed: bool,
    refused: bool,
    damaged: bool,
    wrong_papers: bool,
    settled: bool,
    window_ends: date | None,
) -> Flags:
    """On time, complete, undamaged, documented; None is "not known yet"."""
    came = sum((quantity for _day, quantity in arrivals), Decimal(0))
    in_time = sum((quantity for day, quantity in arrivals if day <= promised), Decimal(0))
    waiting = today <= promised
    past_window = window_ends is not None and today > window_ends
    if in_time >= ordered:
        on_time = True
    elif came > in_time:
        on_time = False
    else:
        on_time = None if waiting else closed and came > 0
    if came > ordered or refused:
        complete = False
    elif came >= ordered:
        complete = True
    elif closed:
        complete = False
    else:
        complete = None if waiting else False
    undamaged = False if damaged else True if past_window else None
    documented = False if wrong_papers else True if past_window or settled else None
    return on_time, complete, undamaged, documented


def purchase_lines(company_id: int, today: date) -> dict[int, tuple[int, date, Flags]]:
    """Line id → (order, day, flags), of orders the supplier knows of."""
    found = {}
    for line in PurchaseOrderLine.objects.filter(company_id=company_id).select_related("order"):
        order = line.order
        if order.status not in ("sent", "confirmed", "closed") or order.sample or line.cancelled:
            continue
        if line.original_promised_date is None:
            continue
        receipts = list(
            ReceiptLine.objects.filter(order_line=line, receipt__cancelled_at=None).select_related("receipt")
        )
        shipped = list(
            ShipmentLine.objects.filter(order_line=line)
            .exclude(shipment__status="cancelled")
            .select_related("shipment")
        )
        owned = {s.pk for s in shipped if s.owned_date and order.promised_at == "handover"}
        arrivals = []
        for one in shipped:
            if one.pk in owned:
                own = [r for r in receipts if r.shipment_line_id == one.pk]
                got = sum((r.accepted_quantity + r.rejected_quantity for r in own), Decimal(0))
                short = sum((r.short_quantity for r in own), Decimal(0))
                arrivals.append((one.owned_date, max(one.quantity - short, got)))
        arrivals += [
            (r.receipt.received_date, r.accepted_quantity + r.rejected_quantity)
            for r in receipts
            if r.shipment_line_id not in owned
        ]
        damaged = any(r.damaged or r.rejected_quantity for r in receipts)
        for r in receipts:
            last = r.receipt.received_date + timedelta(days=CLAIM_DAYS)
            damaged |= SupplierReturnLine.objects.filter(
                receipt_line=r, supplier_return__returned_date__lte=last
            ).exists()
        notes = set(DebitNote.objects.filter(order_line=line, cancelled_at=None).values_list("reason", flat=True))
        wrong = "price" in notes
        for one in shipped:
            arrived = one.shipment.arrived_date
            for paper in TradeDocument.objects.filter(shipment=one.shipment, required=True):
                late = arrived is not None and (paper.received_date is None or paper.received_date > arrived)
                wrong |= bool(paper.conflict) or late
        seen = [r.receipt.received_date for r in receipts if r.accepted_quantity + r.rejected_quantity]
        flags = judge(
            ordered=line.quantity,
            promised=line.original_promised_date,
            today=today,
            arrivals=[(day, quantity) for day, quantity in arrivals if quantity > 0],
            closed=order.status == "closed",
            refused=False,
            damaged=damaged or "quality" in notes,
            wrong_papers=wrong,
            settled=False,
            window_ends=max(seen) + timedelta(days=CLAIM_DAYS) if seen else None,
        )
        found[line.pk] = (line.order_id, line.original_promised_date, flags)
    return found


def sales_lines(company_id: int, today: date) -> dict[int, tuple[int, date, Flags]]:
    """The same for what customers ordered; an order cancelled by us fails, one cancelled by the customer is left out."""
    windows = dict(Customer.objects.filter(company_id=company_id).values_list("organisation_id", "claim_days"))
    found = {}
    for line in CustomerOrderLine.objects.filter(company_id=company_id).select_related("order"):
        order = line.order
        refused = order.status == "cancelled"
        counts = (order.confirmed_at and not order.cancelled_by_customer) if refused else (
            order.status in ("confirmed", "closed") and not line.cancelled
        )  # fmt: skip
        if order.sample or line.commit_date is None or not counts:
            continue
        window = timedelta(days=windows.get(order.customer_id, CLAIM_DAYS))
        sent = list(DeliveryLine.objects.filter(order_line=line).select_related("delivery"))
        arrived = [d for d in sent if d.delivery.delivered_date]
        last = max((d.delivery.delivered_date for d in arrived), default=None)
        came = sum((d.quantity for d in arrived), Decimal(0))
        damaged = wrong = False
        for d in arrived:
            wrong |= not d.delivery.documents_ok
            for back in CustomerReturnLine.objects.filter(delivery_line=d).select_related("customer_return"):
                fault = back.customer_return.reason in ("damaged", "defect", "wrong_item")
                damaged |= fault and back.customer_return.returned_date <= d.delivery.delivered_date + window
        billed = list(CustomerInvoiceLine.objects.filter(order_line=line).select_related("invoice"))
        for bill in billed:
            for note in CreditNote.objects.filter(invoice=bill.invoice):
                wrong |= note.reason in ("price", "quantity", "tax", "document")
                damaged |= note.reason == "defect" and last is not None and note.credit_date <= last + window
        flags = judge(
            ordered=line.quantity,
            promised=line.commit_date,
            today=today,
            arrivals=[(d.delivery.delivered_date, d.quantity) for d in arrived],
            closed=order.status == "closed",
            refused=refused,
            damaged=damaged,
            wrong_papers=wrong,
            settled=came
            > 0  # the papers of what arrived: what is billed and paid on its way is not known to be right yet
            and bool(billed)
            and all(bill.invoice.settled_date for bill in billed)
            and sum((bill.quantity for bill in billed), Decimal(0)) >= came,
            window_ends=last + window if last else None,
        )
        found[line.pk] = (line.order_id, line.commit_date, flags)
    return found


def perfect_orders(lines: dict[int, tuple[int, date, Flags]]) -> Counter:
    """How many orders are judged, failed and perfect: perfect only if all four flags of all lines hold."""
    orders: dict[int, list[Flags]] = defaultdict(list)
    for order, _day, flags in lines.values():
        orders[order].append(flags)
    counts: Counter = Counter()
    for of_lines in orders.values():
        whole = [
            False if False in column else None if None in column else True for column in zip(*of_lines, strict=True)
        ]
        counts["orders"] += any(flag is not None for flag in whole)
        counts["failed"] += False in whole
        counts["perfect"] += all(whole)
        counts["late"] += whole[0] is False
        counts["on_time_known"] += whole[0] is not None
    return counts


def landed_cost(company_id: int) -> dict[tuple[str, int], dict[str, Decimal]]:
    """("purchase", receipt line) or ("sales", delivery line) → what its goods and each component come to."""
    found: dict[tuple[str, int], dict[str, Decimal]] = {}
    lines = ReceiptLine.objects.filter(
        company_id=company_id, receipt__cancelled_at=None, order_line__order__sample=False
    )
    for line in lines:
        if not line.accepted_quantity + line.rejected_quantity:
            continue
        layers = CostLayer.objects.filter(lot__in=[line.lot_id, line.rejected_lot_id], component="goods")
        amounts = [layer.amount for layer in layers]
        found["purchase", line.pk] = {
            "goods": sum(amounts, Decimal(0)) if amounts else line.goods_cost,
            **_components(receipt_line=line),
        }
    for sent in DeliveryLine.objects.filter(company_id=company_id, delivery__order__sample=False):
        found["sales", sent.pk] = _components(delivery_line=sent)
    return found


def _components(**line) -> dict[str, Decimal]:
    sums = dict.fromkeys(("freight", "insurance", "duty", "other"), Decimal(0))
    for share in ChargeShare.objects.filter(charge__cancelled=False, **line).select_related("charge"):
        name = share.charge.component if share.charge.component in sums else "other"
        sums[name] += share.estimate if share.actual is None else share.actual
    return sums


def wrongly_carried_charges(company_id: int) -> list[str]:
    """Charges whose shares do not add up to the bill, to the cent; of a shipment not yet all here, at most to the bill."""
    wrong = []
    for charge in Charge.objects.filter(company_id=company_id, cancelled=False):
        for which in ("estimate", "actual"):
            whole = getattr(charge, f"{which}_base")
            parts = [getattr(s, which) for s in charge.shares.all() if getattr(s, which) is not None]
            carried = sum(parts, Decimal(0))
            if parts and (carried > whole or (carried != whole and charge.shipment_id is None)):
                wrong.append(f"{charge}: {which} {whole}, carried {carried}")
    return wrong


def cash_to_cash(company_id: int, last: date, window: int) -> dict[str, Fraction | None]:
    """Day by day: what stood on each account at the end of the day, and what flowed, over the days of the window."""
    by_day: dict[date, Counter] = defaultdict(Counter)
    postings = Posting.objects.filter(entry__company_id=company_id).values_list("entry__day", "account", "amount")
    for day, account, amount in postings:
        by_day[day][account] += amount
    first = max(last - timedelta(days=window - 1), min(by_day, default=last))
    held: Counter = Counter()
    for day in sorted(day for day in by_day if day < first):
        held.update(by_day[day])
    stock = owing = owed = cogs = revenue = Decimal(0)
    day = first
    while day <= last:
        moved = by_day.get(day, Counter())
        for account, amount in moved.items():
            held[account] += amount
        stock += held["inventory"]
        owing += held["receivables"]
        owed -= held["payables"] + held["grni"] + held["accrued_charges"]
        cogs += moved["cogs"]
        revenue -= moved["revenue"]
        day += timedelta(days=1)
    dio, dso, dpo = (Fraction(top) / Fraction(flow) if flow else None for top, flow in ((stock, cogs), (owing, revenue), (owed, cogs)))  # fmt: skip
    return {"dio": dio, "dso": dso, "dpo": dpo, "c2c": None if None in (dio, dso, dpo) else dio + dso - dpo}
