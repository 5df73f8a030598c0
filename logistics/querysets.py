from django.db import models
from django.db.models import Q

from parties.querysets import CompanyQuerySet, DocumentQuerySet


class ShipmentQuerySet(DocumentQuerySet):
    def under_way(self):
        return self.filter(status__in=("booked", "departed", "arrived", "cleared"))

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text)
            | Q(transport_document__icontains=text)
            | Q(vessel__icontains=text)
            | Q(
                pk__in=self.model.containers.rel.related_model.objects.filter(number__icontains=text).values(
                    "shipment_id"
                )
            )
        )


class ShipmentLineQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """A supplier sees his own lines, whoever carries or clears the shipment sees them all."""
        from parties.models import DocumentParty

        if actor.is_staff:
            return self.filter(shipment__company_id=actor.company_id)
        others = DocumentParty.objects.filter(kind="logistics.shipment", organisation_id=actor.party_id).exclude(
            role="supplier"
        )
        return self.filter(Q(supplier_id=actor.party_id) | Q(shipment_id__in=others.values("document_id")))


__all__ = ["CompanyQuerySet", "ShipmentLineQuerySet", "ShipmentQuerySet"]
