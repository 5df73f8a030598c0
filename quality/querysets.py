from django.db.models import Q

from parties.querysets import DocumentQuerySet


class InspectionQuerySet(DocumentQuerySet):
    def search(self, text: str):
        return self.filter(Q(number__icontains=text) | Q(order__number__icontains=text))
