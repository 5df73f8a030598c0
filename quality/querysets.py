from django.db.models import Q

from parties.querysets import DocumentQuerySet


class InspectionQuerySet(DocumentQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(order_number__icontains=text) | Q(supplier__name__icontains=text)
        )

    def held(self):
        """Failed and neither conceded nor inspected again: its goods wait for a decision."""
        return self.filter(status="failed").exclude(
            pk__in=self.model.objects.exclude(status="cancelled")
            .filter(reinspection_of__isnull=False)
            .values("reinspection_of_id")
        )
