from django.db import models
from django.db.models import F, Q

from parties.querysets import CompanyQuerySet
from sales.flows import CustomerOrderStatus


class CustomerQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(Q(organisation__name__icontains=text) | Q(organisation__code__icontains=text))


class CustomerOrderQuerySet(CompanyQuerySet):
    def open(self):
        return self.filter(status=CustomerOrderStatus.CONFIRMED)

    def to_deliver(self):
        """Confirmed orders with something left to deliver."""
        return self.open().filter(pk__in=self._lines().filter(**_UNDELIVERED).values("order_id"))

    def late(self, *, on):
        """Confirmed orders with a line promised before ``on`` and not fully delivered."""
        return self.open().filter(pk__in=self._lines().filter(promised_date__lt=on, **_UNDELIVERED).values("order_id"))

    def short(self):
        """Confirmed orders with a line for which not enough is reserved: somebody waits for goods."""
        waiting = self._lines().filter(
            quantity__gt=F("delivered_quantity") + F("reserved_quantity"), cancelled=False
        )
        return self.open().filter(pk__in=waiting.values("order_id"))

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(customer__name__icontains=text) | Q(customer_reference__icontains=text)
        )

    def _lines(self):
        return self.model.lines.rel.related_model.objects


_UNDELIVERED = {"quantity__gt": F("delivered_quantity"), "cancelled": False}


class CustomerOrderLineQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(company_id=actor.company_id) if actor.is_staff else self.none()
