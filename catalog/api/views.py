from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from catalog import services
from catalog.api import serializers as s
from catalog.filters import ProductFilter, ProductGroupFilter
from catalog.models import Product, ProductGroup
from core.api.views import DocumentViewSet, bulk_body


class ProductViewSet(DocumentViewSet):
    """Products with their packaging levels."""

    queryset = Product.objects.none()
    serializer_class = s.ProductSerializer
    filterset_class = ProductFilter
    view_permission = "catalog.view_product"

    def get_queryset(self):
        return super().get_queryset().prefetch_related("packagings").order_by("sku")

    @extend_schema(request=s.ProductWrite, responses={201: s.ProductSerializer})
    def create(self, request):
        product = services.create_product(actor=self.actor, product=_product(self.read(s.ProductWrite)))
        return self.answer(product, status=201)

    @extend_schema(request=s.ProductWrite(many=True), responses={201: s.ProductSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the product and the input by JSON pointer."""
        bulk_body(request.data)
        products = [_product(data) for data in self.read(s.ProductWrite, many=True)]
        created = services.create_products(actor=self.actor, products=products)
        found = self.get_queryset().in_bulk([product.pk for product in created])
        return self.respond([found[product.pk] for product in created], status=201)

    @extend_schema(request=s.ProductWrite, responses=s.ProductSerializer)
    def update(self, request, pk=None):
        """Replace a product and its packaging levels. Needs If-Match."""
        services.edit_product(
            actor=self.actor,
            product_id=int(pk),
            product=_product(self.read(s.ProductWrite)),
            version=self.expected_version(required=True),
        )
        return self.answer(self.get_object())

    @extend_schema(request=s.Nothing, responses=s.ProductSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request, pk=None):
        """Take out of use: nothing new is ordered or sold."""
        services.archive_products(actor=self.actor, product_ids=[int(pk)])
        return self.answer(self.get_object())

    @extend_schema(request=s.Nothing, responses=s.ProductSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk=None):
        """Take an archived product back into use."""
        services.restore_products(actor=self.actor, product_ids=[int(pk)])
        return self.answer(self.get_object())


class ProductGroupViewSet(DocumentViewSet):
    """Product groups, by which KPIs and spend are read."""

    queryset = ProductGroup.objects.none()
    serializer_class = s.ProductGroupSerializer
    filterset_class = ProductGroupFilter
    view_permission = "catalog.view_product"

    def get_queryset(self):
        return super().get_queryset().order_by("code")

    @extend_schema(request=s.ProductGroupWrite, responses={201: s.ProductGroupSerializer})
    def create(self, request):
        group = services.save_product_group(actor=self.actor, **self.read(s.ProductGroupWrite))
        return self.answer(group, status=201)

    @extend_schema(request=s.ProductGroupWrite, responses=s.ProductGroupSerializer)
    def update(self, request, pk=None):
        group = services.save_product_group(
            actor=self.actor, group_id=int(pk), version=self.expected_version(), **self.read(s.ProductGroupWrite)
        )
        return self.answer(group)


def _product(data: dict) -> services.ProductInput:
    levels = [services.PackagingInput(**level) for level in data.get("packagings", [])]
    names = ("unit", "name_zh", "description", "gtin", "hs_code", "origin")
    numbers = ("net_weight_kg", "inspection_required", "over_receipt_pct")
    return services.ProductInput(
        sku=data["sku"],
        name=data["name"],
        group_id=data.get("group"),
        packagings=levels,
        **{name: data[name] for name in (*names, *numbers) if name in data},
    )
