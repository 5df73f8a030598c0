"""Orders that were agreed elsewhere: history and cut-over imports enter the system already confirmed."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from django.db import transaction

from core.actor import Actor
from core.bulk import update_rows
from core.outbox import News, announce_many, kind_of
from parties.models import Company
from reference import exchange
from sourcing.events import ORDER_CONFIRMED, ORDER_SENT
from sourcing.flows import LineAnswer, OrderStatus
from sourcing.models import OrderRevision, PurchaseOrder, PurchaseOrderLine
from sourcing.services.issue import RATE_AGE_DAYS, content_of
from sourcing.services.orders import OrderInput, base_amount, create_purchase_orders


@transaction.atomic
def record_agreed_orders(*, actor: Actor, orders: Sequence[OrderInput]) -> list[PurchaseOrder]:
    """This will write orders that both sides agreed elsewhere: created, issued and confirmed on their order date.

    They go through the same steps as any order, in bulk, and announce the same events; nobody is mailed and nothing is
    left to confirm. Raises RuleBroken naming wrong inputs, MissingRate where a value in base currency cannot be told.
    """
    actor.needs("sourcing.send_purchaseorder")
    documents = create_purchase_orders(actor=actor, orders=orders)
    base = Company.objects.values_list("base_currency_id", flat=True).get(pk=actor.company_id)
    wanted = {(d.currency_id, base, d.order_date) for d in documents}
    rates = exchange.rates_for(wanted, max_age_days=RATE_AGE_DAYS)
    lines_of: dict[int, list[PurchaseOrderLine]] = {document.pk: [] for document in documents}
    for line in PurchaseOrderLine.objects.filter(order_id__in=lines_of).order_by("order_id", "position"):
        lines_of[line.order_id].append(line)
    for document in documents:
        document.exchange_rate = rates[document.currency_id, base, document.order_date].value
        document.base_total = base_amount(document, document.exchange_rate, base)
        document.sent_at = document.confirmed_at = datetime.combine(document.order_date, time(12), UTC)
        document.status = OrderStatus.SENT
        document.bump()
    fields = ["exchange_rate", "base_total", "sent_at", "confirmed_at", "status", "version"]
    update_rows(documents, fields)
    OrderRevision.objects.bulk_create(
        [
            OrderRevision(order=d, revision=0, content=content_of(d, lines_of[d.pk]), issued_by=actor.name)
            for d in documents
        ],
        batch_size=2000,
    )
    ids = list(lines_of)
    PurchaseOrderLine.objects.filter(order_id__in=ids).update(answer=LineAnswer.ACCEPTED)
    PurchaseOrder.objects.filter(pk__in=ids).update(status=OrderStatus.CONFIRMED)
    for document in documents:
        document.status = OrderStatus.CONFIRMED
    news = [News(document.pk, document.company_id) for document in documents]
    announce_many(ORDER_SENT, kind_of(PurchaseOrder), news, actor=actor)
    announce_many(ORDER_CONFIRMED, kind_of(PurchaseOrder), news, actor=actor)
    return documents
