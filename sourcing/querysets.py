from django.db import models
from django.db.models import Case, Exists, F, Min, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Greatest, Least

from parties.querysets import DocumentQuerySet
from sourcing.flows import BEFORE_SENDING, OPEN, OrderStatus

# A promise of the hand-over is kept when the goods have left; what happens after that is not the supplier's lateness.
KEPT = Case(
    When(order__promised_at="handover", then=Greatest("shipped_quantity", "received_quantity")),
    default=F("received_quantity"),
)


class PurchaseOrderQuerySet(DocumentQuerySet):
    hidden_states = BEFORE_SENDING

    def visible_to(self, actor):
        """Of outside parties the supplier alone: whoever else is named on an order sees no prices."""
        found = super().visible_to(actor)
        return found if actor.is_staff else found.filter(supplier_id=actor.party_id)

    def open(self):
        return self.filter(status__in=OPEN)

    def late(self, *, on):
        """Open orders with a line promised before ``on`` and not fully handed over, or received where that is promised."""
        return self.open().filter(
            pk__in=self.model.lines.rel.related_model.objects.alias(kept=KEPT)
            .filter(promised_date__lt=on, kept__lt=F("quantity"), cancelled=False)
            .values("order_id")
        )

    def _lacks(self, column: str) -> Exists:
        """Whether a line that stands has less in this column than its quantity."""
        lines = self.model.lines.rel.related_model.objects
        return Exists(lines.filter(order_id=OuterRef("pk"), cancelled=False, **{f"{column}__lt": F("quantity")}))

    def to_come(self):
        """Open orders of which goods are still to be received."""
        return self.open().filter(self._lacks("received_quantity"))

    def to_bill(self):
        """Open orders that were received and are not wholly invoiced."""
        return self.open().filter(~self._lacks("received_quantity"), self._lacks("billed_quantity"))

    def complete(self):
        """Confirmed orders of which nothing is to be received or invoiced any more."""
        done = ~self._lacks("received_quantity"), ~self._lacks("billed_quantity")
        return self.filter(*done, status=OrderStatus.CONFIRMED)

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(supplier__name__icontains=text) | Q(supplier__name_local__icontains=text)
        )

    def with_progress(self):
        """With ``next_promise`` (of the first line whose promise is still to be kept), ``received_share`` (0 to 1, by value), and
        whether anything is still ``coming`` or ``unbilled``.
        """
        lines = (
            self.model.lines.rel.related_model.objects.filter(order_id=OuterRef("pk"), cancelled=False)
            .order_by()
            .values("order_id")
        )
        coming = lines.alias(kept=KEPT).filter(kept__lt=F("quantity"))
        part = Case(
            When(quantity=0, then=Value(0)),
            default=F("amount") * Least(F("received_quantity") / F("quantity"), Value(1)),
            output_field=models.DecimalField(max_digits=30, decimal_places=10),
        )
        share = lines.annotate(value=Sum("amount"), done=Sum(part)).annotate(
            share=Case(
                When(value=0, then=Value(0)),
                default=F("done") / F("value"),
                output_field=models.DecimalField(max_digits=12, decimal_places=6),
            )
        )
        return self.annotate(
            coming=self._lacks("received_quantity"),
            unbilled=self._lacks("billed_quantity"),
            next_promise=Subquery(coming.annotate(first=Min("promised_date")).values("first")),
            received_share=Subquery(share.values("share")),
        )


class PurchaseOrderLineQuerySet(models.QuerySet):
    def visible_to(self, actor):
        if actor.is_staff:
            return self.filter(company_id=actor.company_id)
        from sourcing.models import PurchaseOrder

        return self.filter(order_id__in=PurchaseOrder.objects.visible_to(actor).values("pk"))
