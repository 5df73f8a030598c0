"""Pages of shipments, receipts, deliveries and returns."""

from django.http import Http404
from django.shortcuts import render

from core.web.access import page
from logistics.models import CustomerReturn, Delivery, Receipt, Shipment, SupplierReturn


def _stub(model, permission):
    @page(permission)
    def view(request, pk):
        found = model.objects.visible_to(request.actor).filter(pk=pk).first()
        if found is None:
            raise Http404
        return render(request, "plain.html", {"document": found})

    return view


shipment = _stub(Shipment, "logistics.view_shipment")
receipt = _stub(Receipt, "logistics.view_receipt")
delivery = _stub(Delivery, "logistics.view_delivery")
customer_return = _stub(CustomerReturn, "logistics.view_delivery")
supplier_return = _stub(SupplierReturn, "logistics.view_receipt")
