from rest_framework.routers import SimpleRouter

from inventory.api.views import LotViewSet, StockMoveViewSet, StockViewSet, WarehouseViewSet

router = SimpleRouter()
router.register("inventory/warehouses", WarehouseViewSet, basename="warehouse")
router.register("inventory/stock", StockViewSet, basename="stock")
router.register("inventory/lots", LotViewSet, basename="lot")
router.register("inventory/moves", StockMoveViewSet, basename="stock-move")
urlpatterns = router.urls
