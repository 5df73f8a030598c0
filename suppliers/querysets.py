from django.db import models
from django.db.models import Q

from parties.querysets import CompanyQuerySet


class SupplierQuerySet(CompanyQuerySet):
    def on_hold(self, *, on):
        """Those with a hold that stands on that day; one with a release date ends the day after it."""
        return self.exclude(hold="").filter(Q(hold_release_date=None) | Q(hold_release_date__gte=on))

    def search(self, text: str):
        """Every word stands in the code, a name, the city or the registration number."""
        found = self
        for word in text.split()[:5]:
            found = found.filter(
                Q(organisation__code__icontains=word)
                | Q(organisation__name__icontains=word)
                | Q(organisation__name_local__icontains=word)
                | Q(organisation__city__icontains=word)
                | Q(organisation__registration_number__istartswith=word)
            )
        return found


class SupplierItemQuerySet(models.QuerySet):
    def visible_to(self, actor):
        return self.filter(supplier__company_id=actor.company_id) if actor.is_staff else self.none()
