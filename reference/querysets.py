"""The world's facts are open to everyone; only a rate that one of us typed in by hand is the house's own business."""

from django.db import models


class FactQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Published facts: staff and outside parties see the same."""
        return self


class CurrencyQuerySet(FactQuerySet):
    def active(self):
        return self.filter(active=True)


class UnitQuerySet(FactQuerySet):
    def active(self):
        return self.filter(active=True)


class ExchangeRateQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Staff see every rate; outside parties only published ones."""
        return self if actor.is_staff else self.exclude(source="manual")

    def pair(self, base: str, quote: str):
        return self.filter(base_id=base, quote_id=quote)


class PlaceQuerySet(FactQuerySet):
    def ports(self):
        return self.filter(kind="port")

    def airports(self):
        return self.filter(kind="airport")
