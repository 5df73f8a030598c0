from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet
from core.errors import RuleBroken
from inventory import services
from inventory.api import serializers as s
from inventory.filters import LotFilter, StockFilter, StockMoveFilter, WarehouseFilter
from inventory.models import Lot, Stock, StockMove, Warehouse
from inventory.selectors import Converter

VIEW = "inventory.view_stock"


class WarehouseViewSet(DocumentViewSet):
    """Warehouses; archived, never deleted."""

    queryset = Warehouse.objects.none()
    serializer_class = s.WarehouseSerializer
    filterset_class = WarehouseFilter
    view_permission = VIEW

    @extend_schema(request=s.WarehouseWrite, responses={201: s.WarehouseSerializer})
    def create(self, request):
        given = services.WarehouseInput(**self.read(s.WarehouseWrite))
        return self.answer(services.create_warehouse(actor=self.actor, warehouse=given), status=201)

    @extend_schema(request=s.WarehouseWrite, responses=s.WarehouseSerializer)
    def update(self, request, pk=None):
        given = services.WarehouseInput(**self.read(s.WarehouseWrite))
        return self.answer(services.edit_warehouse(actor=self.actor, warehouse_id=int(pk), warehouse=given))


class StockViewSet(DocumentViewSet):
    """What lies where: on hand, blocked, reserved, available, and its value in base currency."""

    queryset = Stock.objects.none()
    serializer_class = s.StockSerializer
    filterset_class = StockFilter
    view_permission = VIEW

    def get_queryset(self):
        return super().get_queryset().select_related("product", "warehouse").order_by("product__sku", "warehouse__code")


class StockMoveViewSet(DocumentViewSet):
    """Every change of every lot, newest first; append-only."""

    queryset = StockMove.objects.none()
    serializer_class = s.StockMoveSerializer
    filterset_class = StockMoveFilter
    view_permission = VIEW

    def get_queryset(self):
        return super().get_queryset().select_related("lot").order_by("-id")


class LotViewSet(DocumentViewSet):
    """Lots with their cost layers; counted, scrapped, moved, blocked and released."""

    queryset = Lot.objects.none()
    serializer_class = s.LotSerializer
    filterset_class = LotFilter
    view_permission = VIEW

    def get_queryset(self):
        return super().get_queryset().select_related("product").order_by("-id")

    @extend_schema(request=s.ScrapWrite, responses=s.LotSerializer)
    @action(detail=True, methods=["post"])
    def scrap(self, request, pk=None):
        """Take goods out for good: Dr scrap, Cr inventory."""
        lot, body, day = self._correction(s.ScrapWrite)
        services.scrap(actor=self.actor, scraps=[services.Scrap(lot.pk, body["quantity"], body["reason"])], day=day)
        return self.answer(self.get_object())

    @extend_schema(request=s.CountWrite, responses=s.LotSerializer)
    @action(detail=True, methods=["post"])
    def count(self, request, pk=None):
        """Say what is really there; the difference is posted."""
        lot, body, day = self._correction(s.CountWrite)
        given = services.Count(lot.pk, body["counted"], body.get("reason", ""))
        services.adjust_count(actor=self.actor, counts=[given], day=day)
        return self.answer(self.get_object())

    @extend_schema(request=s.TransferWrite, responses={201: s.LotSerializer})
    @action(detail=True, methods=["post"])
    def transfer(self, request, pk=None):
        """Move goods to another warehouse, or into another quality; answers with the new lot."""
        lot, body, day = self._correction(s.TransferWrite)
        given = services.Transfer(
            lot.pk, body["quantity"], body.get("warehouse"), body.get("quality"), body.get("reason", "")
        )
        (made,) = services.transfer_lots(actor=self.actor, transfers=[given], day=day)
        return self.answer(self.get_queryset().filter(pk=made.pk)[0], status=201)

    @extend_schema(request=s.QualityWrite, responses=s.LotSerializer)
    @action(detail=True, methods=["post"])
    def quality(self, request, pk=None):
        """Block, reject or release what is on hand of the lot."""
        lot = self.get_object()
        services.set_quality(actor=self.actor, lot_ids=[lot.pk], **self.read(s.QualityWrite))
        return self.answer(self.get_object())

    @extend_schema(request=s.OpeningWrite, responses={201: s.LotSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def opening(self, request):
        """Opening stock as of a day, all or none: Dr inventory, Cr opening balances."""
        body = self.read(s.OpeningWrite)
        rows = opening_rows(self.actor, body["rows"])
        lots = services.import_opening_stock(actor=self.actor, rows=rows, day=body["day"])
        found = self.get_queryset().in_bulk([lot.pk for lot in lots])
        return self.respond([found[lot.pk] for lot in lots], status=201)

    def _correction(self, serializer):
        """The lot, the body and the day of a correction."""
        lot = self.get_object()
        body = self.read(serializer)
        return lot, body, body.get("day") or timezone.localdate()


def opening_rows(actor, rows) -> list[services.OpeningStock]:
    """The API's rows, with packed quantities turned into stock units. Raises RuleBroken naming each wrong unit."""
    converter = Converter.for_products(actor, {row["product"] for row in rows})
    found, errors = [], []
    for index, row in enumerate(rows):
        quantity = row["quantity"]
        try:
            quantity = converter.quantity(row["product"], quantity, row.get("unit", ""))
        except RuleBroken as refusal:
            errors.append(
                {"pointer": f"/rows/{index}/{'unit' if row.get('unit') else 'quantity'}", "detail": str(refusal)}
            )
        costs = {name: row[name] for name in s.OpeningRowWrite.COMPONENTS if row.get(name)}
        found.append(services.OpeningStock(row["product"], row["warehouse"], quantity, costs, row.get("received_date")))
    if errors:
        raise RuleBroken(errors[0]["detail"], errors=errors)
    return found
