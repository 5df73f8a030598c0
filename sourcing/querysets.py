from django.db import models
from django.db.models import F, Q

from parties.querysets import DocumentQuerySet
from sourcing.flows import BEFORE_SENDING, OPEN


class PurchaseOrderQuerySet(DocumentQuerySet):
    hidden_states = BEFORE_SENDING

    def open(self):
        return self.filter(status__in=OPEN)

    def late(self, *, on):
        """Open orders with a line promised before ``on`` and not fully received."""
        return self.open().filter(
            pk__in=self.model.lines.rel.related_model.objects.filter(
                promised_date__lt=on, received_quantity__lt=F("quantity"), cancelled=False
            ).values("order_id")
        )

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(supplier__name__icontains=text) | Q(supplier__name_local__icontains=text)
        )


class PurchaseOrderLineQuerySet(models.QuerySet):
    def visible_to(self, actor):
        if actor.is_staff:
            return self.filter(company_id=actor.company_id)
        from sourcing.models import PurchaseOrder

        return self.filter(order_id__in=PurchaseOrder.objects.visible_to(actor).values("pk"))
