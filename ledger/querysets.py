from django.db import models

from parties.querysets import CompanyQuerySet


class EntryQuerySet(CompanyQuerySet):
    def of(self, document: models.Model):
        """The entries a document made."""
        return self.filter(source_kind=document._meta.label_lower, source_id=document.pk)


class PeriodQuerySet(CompanyQuerySet):
    def closed_on(self, company_id: int, day):
        return self.filter(company_id=company_id, first_date__lte=day, last_date__gte=day, closed_at__isnull=False)


class PostingQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Staff: their company's. Outside parties: none."""
        return self.filter(entry__company_id=actor.company_id) if actor.is_staff else self.none()
