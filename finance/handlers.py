"""What finance does when goods move: waiting charges land on them, and balances due before shipment hold the rest."""

from collections import defaultdict

from django.utils.translation import gettext as _

from core import work
from core.actor import system
from core.bulk import update_rows
from core.outbox import on
from finance import events, services
from finance.flows import LetterStatus
from finance.models import LetterOfCredit, SupplierInvoice
from finance.selectors.instalments import due_dates
from finance.selectors.letters import secured_amounts
from finance.services.common import spoken_money
from logistics import events as logistics
from logistics.models import Receipt, Shipment
from parties.models import Anchor, Instalment
from quality import events as quality
from sourcing import events as sourcing
from sourcing.flows import ENDED, OrderStatus
from sourcing.models import PurchaseOrder

DEPOSIT_TASK, OPEN_TASK, END_TASK = "finance.unused_deposit", "finance.open_letter", "finance.end_letter"


def _by_company(model, ids) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pk, company in model.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "company_id"):
        found.setdefault(company, []).append(pk)
    return found


@on(
    logistics.RECEIPT_POSTED,
    logistics.RECEIPT_CANCELLED,
    handler="finance.share_charges",
    kind="logistics.receipt",
    batch=500,
)
def share_waiting_charges(receipt_ids: list[int]) -> None:
    """Goods that arrived take their part of their shipment's charges; goods of a cancelled receipt give it back."""
    for company, own in _by_company(Receipt, receipt_ids).items():
        services.reshare_movements(actor=system(company_id=company), receipt_ids=own)


@on(
    logistics.SHIPMENT_PLANNED,
    logistics.SHIPMENT_CHANGED,
    logistics.SHIPMENT_HELD,
    logistics.SHIPMENT_CANCELLED,
    handler="finance.hold_shipments",
    kind="logistics.shipment",
    batch=500,
)
def hold_shipments(shipment_ids: list[int]) -> None:
    """A shipment of goods whose balance is due before loading waits for it."""
    for company, own in _by_company(Shipment, shipment_ids).items():
        services.sync_holds(actor=system(company_id=company), shipment_ids=own)


@on(
    sourcing.ORDER_CLOSED,
    sourcing.ORDER_CANCELLED,
    sourcing.ORDER_REOPENED,
    sourcing.ORDER_DEPOSIT_CHANGED,
    handler="finance.unused_deposits",
    kind="sourcing.purchaseorder",
    batch=500,
)
def ask_deposits_back(order_ids: list[int]) -> None:
    """Of an order that ended, what no invoice will consume of its deposit is asked back from the supplier."""
    ask_for_letters(order_ids)
    nothing = []
    for order in PurchaseOrder.objects.filter(pk__in=order_ids).prefetch_related("lines").order_by("pk"):
        left = order.deposit_paid - order.deposit_used
        ended = order.status in ENDED
        if not (left and ended) or any(line.billed_quantity < line.kept_quantity for line in order.lines.all()):
            nothing.append(order)
            continue
        said = {"amount": spoken_money(left, order.currency_id), "order": order}
        title = _("Ask %(amount)s of the deposit on %(order)s back") % said
        work.open_task(DEPOSIT_TASK, order, title=title, role="finance", due_date=None)
    work.finish_tasks_of(nothing, DEPOSIT_TASK)


@on(
    logistics.MILESTONE_REPORTED,
    logistics.DOCUMENT_RECORDED,
    logistics.RECEIPT_POSTED,
    logistics.RECEIPT_CANCELLED,
    quality.INSPECTION_PASSED,
    quality.INSPECTION_FAILED,
    quality.INSPECTION_CONCEDED,
    sourcing.ORDER_CONFIRMED,
    *events.EVENTS_OF_PRESENTATIONS,
    events.LETTER_DRAFTED,
    events.LETTER_ISSUED,
    events.LETTER_CLOSED,
    events.LETTER_CANCELLED,
    handler="finance.due_dates",
    kind="sourcing.purchaseorder",
    batch=500,
)
def recount_due_dates(order_ids: list[int]) -> None:
    """What is due follows what happened: sailed, received, inspected, papers here, documents honoured."""
    ask_for_letters(order_ids)
    rows = SupplierInvoice.objects.open().filter(kind="goods", lines__order_line__order_id__in=order_ids)
    pks = sorted(set(rows.values_list("pk", flat=True)))
    invoices = list(SupplierInvoice.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",)))
    changed = []
    for invoice, due in zip(invoices, due_dates(invoices), strict=True):
        if invoice.due_date != due:
            invoice.due_date = due
            changed.append(invoice)
    update_rows(changed, ["due_date"])


def ask_for_letters(order_ids: list[int]) -> None:
    """A confirmed order whose term names a letter of credit asks for one; a credit whose order ended is to be ended too.

    Not a handler of its own: nearly no order is paid under a credit, and both handlers of orders have them at hand.
    """
    named = Instalment.objects.filter(anchor__in=Anchor.under_credit()).values("term_id")
    orders = list(PurchaseOrder.objects.filter(pk__in=order_ids, payment_term__in=named).order_by("pk"))
    if not orders:
        return
    secured = secured_amounts(orders)
    letters: dict[int, list[LetterOfCredit]] = defaultdict(list)
    for letter in LetterOfCredit.objects.filter(order__in=orders).order_by("pk"):
        letters[letter.order_id].append(letter)
    served, needless = [], []
    for order in orders:
        own = letters[order.pk]
        ended = order.status in ENDED
        opened = any(one.status != LetterStatus.CANCELLED for one in own)
        if order.status == OrderStatus.CONFIRMED and not opened:
            said = {"amount": spoken_money(secured[order.pk], order.currency_id), "order": order}
            title = _("Open a letter of credit of %(amount)s for %(order)s") % said
            work.open_task(OPEN_TASK, order, title=title, role="finance", due_date=None)
        else:
            served.append(order)
        for letter in own:
            if ended and letter.status in LetterStatus.standing():
                said = {"letter": letter, "order": order, "state": order.get_status_display().lower()}
                title = _("Close or cancel %(letter)s: %(order)s is %(state)s") % said
                work.open_task(END_TASK, letter, title=title, role="finance", due_date=letter.expiry_date)
            else:
                needless.append(letter)
    work.finish_tasks_of(served, OPEN_TASK)
    work.finish_tasks_of(needless, END_TASK)
