"""Rejected or accepted goods go back to the supplier who sent them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.models import Series
from core.money import EXACT, line_total, round_amount
from core.outbox import announce, kind_of
from inventory import services as inventory
from inventory.models import Component, CostLayer, Lot
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics.events import SUPPLIER_RETURNED
from logistics.models import Receipt, ReceiptLine, SupplierReturn, SupplierReturnLine
from reference.units import spoken
from sourcing.models import PurchaseOrderLine
from sourcing.services.progress import Progress, lock_lines, record_progress

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SupplierReturnLineInput:
    """``rejected_quantity`` of it comes out of the rejected lot; None: as much as is there of what was rejected."""

    receipt_line_id: int
    quantity: Decimal
    rejected_quantity: Decimal | None = None


@transaction.atomic
def send_back(
    *, actor: Actor, receipt_id: int, lines: Sequence[SupplierReturnLineInput], reason: str, returned_date: date
) -> SupplierReturn:
    """This will send received goods back, at the cost they came with (R-12); what was rejected goes first (R-05).

    Goods not yet invoiced leave "goods owned, not invoiced"; what is invoiced already, and the charges they carried,
    become a claim on the supplier. The quantity is owed again by the order. Raises RuleBroken when more goes back than
    came (R-04), or more than is still in the lots; TransitionRefused for a cancelled receipt.
    """
    actor.needs("logistics.send_back")
    receipt = lock(Receipt.objects.visible_to(actor), receipt_id)
    if receipt.cancelled_at:
        raise TransitionRefused(_("%(receipt)s is cancelled.") % {"receipt": receipt})
    if not reason.strip():
        raise RuleBroken(_("Say why the goods go back; the supplier will ask."), field="reason")
    if returned_date < receipt.received_date:
        raise RuleBroken(_("The goods cannot go back before they came."), field="returned_date")
    own = {line.pk: line for line in receipt.lines.order_by("pk")}
    order_lines = {line.pk: line for line in lock_lines({line.order_line_id for line in own.values()})}
    parts = _parts(lines, own, order_lines)
    (number,) = Series.take(company_id=receipt.company_id, prefix="RTS", year=returned_date.year)
    document = SupplierReturn.objects.create(
        company_id=receipt.company_id, number=number, receipt=receipt, returned_date=returned_date,
        reason=reason.strip(),
        created_by=actor.name,
    )  # fmt: skip
    written = SupplierReturnLine.objects.bulk_create(
        [
            SupplierReturnLine(
                company_id=receipt.company_id,
                supplier_return=document,
                receipt_line=line,
                quantity=good + rejected,
                rejected_quantity=rejected,
            )
            for line, good, rejected in parts
        ]
    )
    _take(actor, document, written, parts, receipt.company.base_currency_id)
    update_rows(written, ["cost", "goods_cost"])
    changes = _post(actor, document, written, order_lines, receipt.company.base_currency_id)
    record_progress(actor=actor, changes=changes)
    about: list = [
        receipt,
        *(("sourcing.purchaseorder", pk) for pk in sorted({o.order_id for o in order_lines.values()})),
    ]
    if receipt.shipment_id:
        about.append(("logistics.shipment", receipt.shipment_id))
    announce(SUPPLIER_RETURNED, document, actor=actor, about=about, payload={"reason": reason})
    return document


Part = tuple[ReceiptLine, Decimal, Decimal]  # the line, out of the good lot, out of the rejected lot


def _parts(
    lines: Sequence[SupplierReturnLineInput], own: dict[int, ReceiptLine], order_lines: dict[int, PurchaseOrderLine]
) -> list[Part]:
    rows = SupplierReturnLine.objects.filter(receipt_line__in=own).order_by().values_list("receipt_line_id")
    gone = {pk: (total, bad) for pk, total, bad in rows.annotate(total=Sum("quantity"), bad=Sum("rejected_quantity"))}
    errors, parts, named = [], [], set()
    if not lines:
        errors.append({"pointer": "/lines", "detail": _("A return needs at least one line.")})
    for index, wanted in enumerate(lines):
        at, line = f"/lines/{index}", own.get(wanted.receipt_line_id)
        if line is None or line.pk in named:
            errors.append({"pointer": f"{at}/receipt_line", "detail": _("Name each line of the receipt once.")})
            continue
        named.add(line.pk)
        total, bad = gone.get(line.pk, (ZERO, ZERO))
        bad_left, good_left = line.rejected_quantity - bad, line.accepted_quantity - (total - bad)
        rejected = min(wanted.quantity, bad_left) if wanted.rejected_quantity is None else wanted.rejected_quantity
        good = wanted.quantity - rejected
        if wanted.quantity <= 0 or rejected < 0 or good < 0:
            errors.append({"pointer": f"{at}/quantity", "detail": _("The quantity must be above 0.")})
        elif rejected > bad_left or good > good_left:
            told = {"sku": order_lines[line.order_line_id].sku, "quantity": spoken(wanted.quantity)}
            told |= {"bad": spoken(bad_left), "good": spoken(good_left)}
            detail = _(
                "%(sku)s: %(quantity)s cannot go back; of this receipt %(good)s accepted and %(bad)s rejected are left."
            )
            errors.append({"pointer": f"{at}/quantity", "detail": detail % told})
        else:
            parts.append((line, good, rejected))
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)
    return parts


def _take(
    actor: Actor, document: SupplierReturn, written: list[SupplierReturnLine], parts: list[Part], base: str
) -> None:
    """This will take the goods out of their lots and write down what left with them, the goods' own price apart."""
    requests, targets = [], []
    for target, (line, good, rejected) in zip(written, parts, strict=True):
        for lot_id, quantity in ((line.lot_id, good), (line.rejected_lot_id, rejected)):
            if quantity and lot_id:
                requests.append(
                    inventory.SupplierReturn(
                        lot_id=lot_id,
                        quantity=quantity,
                        document_kind=kind_of(document),
                        document_id=document.pk,
                        line_id=target.pk,
                    )
                )
                targets.append(target)
    lots = {r.lot_id for r in requests}
    rows = CostLayer.objects.filter(lot_id__in=lots, component=Component.GOODS).order_by().values_list("lot_id")
    price = dict(rows.annotate(total=Sum("amount")))
    totals = dict(Lot.objects.visible_to(actor).filter(pk__in=lots).values_list("pk", "cost_total"))
    moves = inventory.return_to_supplier(actor=actor, returns=requests, day=document.returned_date)
    for target, move in zip(targets, moves, strict=True):
        total, cost = totals[move.lot_id], -move.cost
        target.cost += cost
        if total:
            target.goods_cost += round_amount(
                EXACT.divide(EXACT.multiply(cost, price.get(move.lot_id, ZERO)), total), base
            )


def _post(
    actor: Actor,
    document: SupplierReturn,
    written: list[SupplierReturnLine],
    order_lines: dict[int, PurchaseOrderLine],
    base: str,
) -> dict[int, Progress]:
    """This will post the return, an entry for each order, and say what it means for the order lines."""
    changes: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    entries: dict[int, list[Line]] = defaultdict(list)
    for row in written:
        line = order_lines[row.receipt_line.order_line_id]
        change, sides = changes[line.pk], entries[line.order_id]
        uninvoiced = min(row.quantity, max(line.grni_quantity, ZERO))
        goods = round_amount(EXACT.divide(row.goods_cost * uninvoiced, row.quantity), base)
        cleared = line.grni_base if uninvoiced == line.grni_quantity else goods
        if uninvoiced:
            amount = line_total(uninvoiced, line.unit_price, line.order.currency_id)
            sides.append(Line(Account.GRNI, cleared, line.order.currency_id, amount))
            # the last uninvoiced goods take what the account still holds; other rates made the rest
            sides.append(Line(Account.FX_DIFFERENCE, goods - cleared, base, goods - cleared))
            change["grni"] -= uninvoiced
            change["grni_base"] -= cleared
            line.grni_quantity -= uninvoiced
            line.grni_base -= cleared
        else:
            goods = ZERO
        sides.append(Line(Account.CLAIMS, row.cost - goods, base, row.cost - goods))
        sides.append(Line(Account.INVENTORY, -row.cost, base, -row.cost))
        change["returned"] += row.quantity
    drafts = [
        Draft(
            day=document.returned_date,
            purpose=Purpose.SUPPLIER_RETURN,
            source=document,
            party_id=next(line.order.supplier_id for line in order_lines.values() if line.order_id == order_id),
            about=[("sourcing.purchaseorder", order_id)],
            lines=sides,
        )
        for order_id, sides in entries.items()
    ]
    post_many(actor=actor, company_id=document.company_id, drafts=drafts)
    return {pk: Progress(**change) for pk, change in changes.items()}
