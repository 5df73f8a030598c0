from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet, bulk_body
from parties.services import OrganisationInput
from suppliers import services
from suppliers.api import serializers as s
from suppliers.filters import SupplierFilter
from suppliers.models import Supplier

_ORGANISATION = (
    "code", "name", "country", "name_local", "city", "address", "registration_number", "tax_number", "contact_name",
    "phone", "email", "language",
)  # fmt: skip


class SupplierViewSet(DocumentViewSet):
    """Suppliers: the organisation and its supplier side in one."""

    queryset = Supplier.objects.none()
    serializer_class = s.SupplierSerializer
    filterset_class = SupplierFilter
    view_permission = "suppliers.view_supplier"

    def get_queryset(self):
        return super().get_queryset().select_related("organisation").order_by("organisation__code")

    @extend_schema(request=s.NewSupplierWrite, responses={201: s.SupplierSerializer})
    def create(self, request):
        supplier = services.create_supplier(actor=self.actor, supplier=_supplier(self.read(s.NewSupplierWrite)))
        return self.answer(supplier, status=201)

    @extend_schema(request=s.NewSupplierWrite(many=True), responses={201: s.SupplierSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the supplier and the input by JSON pointer."""
        bulk_body(request.data)
        suppliers = [_supplier(data) for data in self.read(s.NewSupplierWrite, many=True)]
        return self.respond(services.create_suppliers(actor=self.actor, suppliers=suppliers), status=201)

    @extend_schema(request=s.SupplierWrite, responses=s.SupplierSerializer)
    def update(self, request, pk=None):
        """Replace what is said about the organisation and the usual terms. Lifecycle and hold have steps of their own."""
        current = self.get_object()
        known = services.input_of(current).organisation
        supplier = services.edit_supplier(
            actor=self.actor,
            supplier_id=current.pk,
            supplier=_supplier(self.read(s.SupplierWrite), kinds=known.kinds),
            version=self.expected_version(),
        )
        return self.answer(supplier)

    @extend_schema(request=s.HoldWrite, responses=s.SupplierSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request, pk=None):
        """Stop orders, invoices or payments from today on."""
        return self._step(services.hold_supplier, today=timezone.localdate(), **self.read(s.HoldWrite))

    @extend_schema(request=s.LiftWrite, responses=s.SupplierSerializer)
    @action(detail=True, methods=["post"])
    def lift(self, request, pk=None):
        """End the hold."""
        return self._step(services.lift_hold, **self.read(s.LiftWrite))

    @extend_schema(request=s.TransitionWrite, responses=s.SupplierSerializer)
    @action(detail=True, methods=["post"])
    def transition(self, request, pk=None):
        """Take a step of the lifecycle; a block or a step back needs a reason."""
        return self._step(services.move_supplier, **self.read(s.TransitionWrite))

    @extend_schema(methods=["get"], responses=s.ItemSerializer(many=True))
    @extend_schema(methods=["post"], request=s.ItemsWrite, responses=s.ItemSerializer(many=True))
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def items(self, request, pk=None):
        """What the supplier sells us; POST adds items or changes those it has."""
        supplier = self.get_object()
        if request.method == "POST":
            body = self.read(s.ItemsWrite)
            services.save_supplier_items(
                actor=self.actor,
                supplier_id=supplier.pk,
                items=[_item(item) for item in body["items"]],
                only_these=body.get("only_these", False),
                version=self.expected_version(),
            )
        return self._items(supplier)

    @extend_schema(request=s.RemoveItemsWrite, responses=s.ItemSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="items/remove", pagination_class=None, filterset_class=None)
    def remove_items(self, request, pk=None):
        """End that the supplier sells us these products."""
        supplier = self.get_object()
        products = self.read(s.RemoveItemsWrite)["products"]
        services.remove_supplier_items(actor=self.actor, supplier_id=supplier.pk, product_ids=products)
        return self._items(supplier)

    def _items(self, supplier):
        found = supplier.items.select_related("product").order_by("product__sku")
        return self.respond(s.ItemSerializer(found, many=True).data)

    def _step(self, service, **arguments):
        arguments.setdefault("version", self.expected_version())
        return self.answer(service(actor=self.actor, supplier_id=int(self.kwargs["pk"]), **arguments))


def _supplier(data: dict, kinds: frozenset[str] = frozenset()) -> services.SupplierInput:
    organisation = {name: data[name] for name in _ORGANISATION if name in data}
    terms = ("currency", "incoterm", "named_place", "lead_time_days", "date_tolerance_days", "lifecycle")
    return services.SupplierInput(
        organisation=OrganisationInput(**organisation, kinds=kinds),
        payment_term_id=data.get("payment_term"),
        **{name: data[name] for name in terms if name in data},
    )


def _item(data: dict) -> services.ItemInput:
    names = ("supplier_sku", "unit_price", "currency", "minimum_quantity", "lead_time_days")
    return services.ItemInput(product_id=data["product"], **{name: data[name] for name in names if name in data})
