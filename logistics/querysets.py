from django.db import models
from django.db.models import Q

from parties.querysets import CompanyQuerySet, DocumentQuerySet


class ShipmentQuerySet(DocumentQuerySet):
    def under_way(self):
        return self.filter(status__in=("booked", "departed", "arrived", "cleared"))

    def search(self, text: str):
        containers = self.model.containers.rel.related_model.objects.filter(number__icontains=text)
        return self.filter(
            Q(number__icontains=text)
            | Q(transport_document__icontains=text)
            | Q(vessel__icontains=text)
            | Q(pk__in=containers.values("shipment_id"))
        )


class ShipmentLineQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """A supplier sees his own lines, whoever carries or clears the shipment sees them all."""
        from parties.models import DocumentParty

        if actor.is_staff:
            return self.filter(shipment__company_id=actor.company_id)
        others = DocumentParty.objects.filter(kind="logistics.shipment", organisation_id=actor.party_id)
        others = others.exclude(role="supplier").values("document_id")
        return self.filter(Q(supplier_id=actor.party_id) | Q(shipment_id__in=others))


class ReceiptQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text)
            | Q(delivery_note__icontains=text)
            | Q(shipment__number__icontains=text)
            | Q(supplier__name__icontains=text)
        )


class DeliveryQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text)
            | Q(tracking__icontains=text)
            | Q(order__number__icontains=text)
            | Q(order__customer__name__icontains=text)
        )


class CustomerReturnQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(order__number__icontains=text) | Q(order__customer__name__icontains=text)
        )


class SupplierReturnQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(receipt__number__icontains=text) | Q(receipt__supplier__name__icontains=text)
        )


__all__ = [
    "CustomerReturnQuerySet",
    "DeliveryQuerySet",
    "ReceiptQuerySet",
    "ShipmentLineQuerySet",
    "ShipmentQuerySet",
    "SupplierReturnQuerySet",
]
