from rest_framework.routers import SimpleRouter

from catalog.api.views import ProductGroupViewSet, ProductViewSet

router = SimpleRouter()
router.register("catalog/products", ProductViewSet, basename="product")
router.register("catalog/product-groups", ProductGroupViewSet, basename="product-group")
urlpatterns = router.urls
