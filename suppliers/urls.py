from django.urls import path

from core.web import panels
from suppliers import views

panels.register("catalog.product", 20, views.suppliers_of_product)
panels.register("parties.organisation", 20, views.supplier_of_organisation)

app_name = "suppliers"
urlpatterns = [
    path("", views.SupplierList.as_view(), name="suppliers"),
    path("new/", views.supplier_new, name="supplier_new"),
    *views.SupplierImport.urls("import/", "supplier_import", namespace="suppliers"),
    path("<int:pk>/", views.supplier_detail, name="supplier"),
    path("<int:pk>/edit/", views.supplier_edit, name="supplier_edit"),
    path("<int:pk>/items/", views.items, name="items"),
    path("<int:pk>/hold/", views.hold, name="hold"),
    path("<int:pk>/lift/", views.lift, name="lift"),
    path("<int:pk>/step/<slug:name>/", views.take_step, name="step"),
]
