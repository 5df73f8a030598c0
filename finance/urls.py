from django.http import HttpResponse
from django.urls import path


def soon(request, pk: int):
    return HttpResponse(status=204)


app_name = "finance"
urlpatterns = [
    path("supplier-invoices/<int:pk>/", soon, name="supplier_invoice"),
    path("payments/<int:pk>/", soon, name="payment"),
    path("accounts/<int:pk>/", soon, name="account"),
    path("customer-invoices/<int:pk>/", soon, name="customer_invoice"),
]
