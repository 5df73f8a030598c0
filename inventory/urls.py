from django.urls import path

from inventory import views
from inventory.imports import OpeningStockImport

app_name = "inventory"
urlpatterns = [
    path("stock/", views.StockList.as_view(), name="stock"),
    *OpeningStockImport.urls("stock/import/", "opening_import", namespace="inventory"),
    path("lots/", views.LotList.as_view(), name="lots"),
    path("lots/<int:pk>/", views.lot_page, name="lot"),
    path("lots/<int:pk>/count/", views.count_lot, name="lot_count"),
    path("lots/<int:pk>/scrap/", views.scrap_lot, name="lot_scrap"),
    path("lots/<int:pk>/transfer/", views.transfer_lot, name="lot_transfer"),
    path("lots/<int:pk>/quality/", views.change_quality, name="lot_quality"),
    path("moves/", views.StockMoveList.as_view(), name="moves"),
    path("warehouses/", views.WarehouseList.as_view(), name="warehouses"),
    path("warehouses/new/", views.warehouse_new, name="warehouse_new"),
    path("warehouses/<int:pk>/", views.warehouse_edit, name="warehouse_edit"),
]
