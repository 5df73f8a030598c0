from django.db import models
from django.db.models import Case, DecimalField, ExpressionWrapper, F, Min, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Least

from parties.querysets import CompanyQuerySet
from sales.flows import CustomerOrderStatus

_EXACT: DecimalField = DecimalField(max_digits=30, decimal_places=10)


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
        waiting = self._lines().filter(quantity__gt=F("delivered_quantity") + F("reserved_quantity"), cancelled=False)
        return self.open().filter(pk__in=waiting.values("order_id"))

    def with_progress(self):
        """Annotated with ``next_promise`` (of the first line still to deliver) and ``delivered_share`` (0 to 1, by
        value).
        """
        lines = self._lines().filter(order_id=OuterRef("pk"), cancelled=False).order_by().values("order_id")
        part = ExpressionWrapper(
            F("amount") * Least(F("delivered_quantity") / F("quantity"), Value(1)), output_field=_EXACT
        )
        share = lines.annotate(value=Sum("amount"), done=Sum(part)).annotate(
            share=Case(When(value=0, then=Value(0)), default=F("done") / F("value"), output_field=_EXACT)
        )
        coming = lines.filter(delivered_quantity__lt=F("quantity"))
        return self.annotate(
            next_promise=Subquery(coming.annotate(first=Min("promised_date")).values("first")),
            delivered_share=Subquery(share.values("share")),
        )

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
