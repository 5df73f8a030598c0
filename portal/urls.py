from django.urls import path

from portal.views import home, inspections, invoices, letters, orders, shipments

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/<int:pk>/", orders.order_page, name="order"),
    path("orders/<int:pk>/confirm/", orders.confirm, name="order_confirm"),
    path("shipments/", shipments.ShipmentList.as_view(), name="shipments"),
    path("shipments/<int:pk>/", shipments.shipment_page, name="shipment"),
    path("shipments/<int:pk>/milestone/", shipments.report_milestone, name="milestone"),
    path("inspections/", inspections.InspectionList.as_view(), name="inspections"),
    path("inspections/<int:pk>/", inspections.inspection_page, name="inspection"),
    path("inspections/<int:pk>/report/", inspections.report, name="inspection_report"),
    path("invoices/", invoices.InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:pk>/", invoices.invoice_page, name="invoice"),
    path("letters-of-credit/", letters.LetterList.as_view(), name="letters"),
    path("letters-of-credit/<int:pk>/", letters.letter_page, name="letter"),
]
