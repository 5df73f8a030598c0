from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("products/", views.ProductList.as_view(), name="products"),
    path("products/new/", views.product_new, name="product_new"),
    *views.ProductImport.urls("products/import/", "product_import", namespace="catalog"),
    path("products/<int:pk>/", views.product_detail, name="product"),
    path("products/<int:pk>/edit/", views.product_edit, name="product_edit"),
    path("products/<int:pk>/archive/", views.product_archive, name="product_archive"),
    path("products/<int:pk>/restore/", views.product_restore, name="product_restore"),
    path("product-groups/", views.ProductGroupList.as_view(), name="groups"),
    path("product-groups/new/", views.group_new, name="group_new"),
    path("product-groups/<int:pk>/", views.group_edit, name="group_edit"),
]
