"""Pages of stock: what lies where, the lots with their cost, every move, and the warehouses."""

from decimal import Decimal

from django.db.models import Sum
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import NotVisible
from core.templatetags.iscm import money
from core.web.access import page
from core.web.actions import Action
from core.web.charts import Chart, Series
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from inventory import selectors, services
from inventory.filters import LotFilter, StockFilter, StockMoveFilter, WarehouseFilter
from inventory.forms import CountForm, QualityForm, ScrapForm, TransferForm, WarehouseForm
from inventory.imports import OpeningStockImporter
from inventory.models import Component, Lot, Stock, StockMove, Warehouse
from inventory.services.locking import base_currency

VIEW, CHANGE = "inventory.view_stock", "inventory.change_stock"


class BaseCurrencyList(DocumentList):
    """A list whose amounts are in the company's base currency."""

    permission = VIEW

    def context(self, actor):
        return {"base_currency": base_currency(actor.company_id)}

    def totals(self, found):
        currency = base_currency(self.request.actor.company_id)
        return {"value": money(found.aggregate(total=Sum(self.worth))["total"] or Decimal(0), currency)}


class StockList(BaseCurrencyList):
    model = Stock
    title = _("Stock")
    filterset_class = StockFilter
    row_template = "inventory/stock_row.html"
    template_name = "inventory/stock_list.html"
    order = ("product__sku", "warehouse__code")
    presets = ((_("Blocked goods"), "blocked=true"), (_("Nothing left to sell"), "available_max=0"))
    empty_text = _(
        "What lies in your warehouses stands here as soon as goods are received. Stock you have can be imported."
    )
    worth = "value"
    columns = (
        Column("product__sku", _("SKU"), sort="product__sku"),
        Column("product__name", _("Product"), sort="product__name"),
        Column("warehouse__name", _("Warehouse"), sort="warehouse__name"),
        Column("on_hand", _("On hand"), sort="on_hand", numeric=True),
        Column("blocked", _("Blocked"), sort="blocked", numeric=True),
        Column("reserved", _("Reserved"), sort="reserved", numeric=True),
        Column("available", _("Available"), sort="available", numeric=True),
        Column("oldest_date", _("Oldest lot"), sort="oldest_date"),
        Column("value", _("Value"), sort="value", numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("product", "warehouse")

    def context(self, actor):
        return {**super().context(actor), "may_import": actor.can(CHANGE)}


class LotList(BaseCurrencyList):
    model = Lot
    title = _("Lots")
    filterset_class = LotFilter
    importer = OpeningStockImporter()
    row_template = "inventory/lot_row.html"
    presets = (
        (_("On hand"), "on_hand=true"),
        (_("Blocked or rejected"), "quality=blocked&quality=rejected&on_hand=true"),
    )
    empty_text = _("Goods received together at one cost make a lot. The first receipt makes the first.")
    worth = "value"
    columns = (
        Column("number", _("Lot"), sort="number"),
        Column("product__sku", _("Product"), sort="product__sku"),
        Column("warehouse__name", _("Warehouse"), sort="warehouse__name"),
        Column("quality", _("Quality"), sort="quality"),
        Column("received_date", _("Received"), sort="received_date"),
        Column("quantity_received", _("Came"), sort="quantity_received", numeric=True),
        Column("quantity_on_hand", _("On hand"), sort="quantity_on_hand", numeric=True),
        Column("unit_cost", _("Unit cost"), numeric=True),
        Column("value", _("Value"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("product", "warehouse")

    def totals(self, found):
        sums = found.aggregate(total=Sum("cost_total"), left=Sum("cost_issued"))
        worth = (sums["total"] or Decimal(0)) - (sums["left"] or Decimal(0))
        return {"value": money(worth, base_currency(self.request.actor.company_id))}


class StockMoveList(BaseCurrencyList):
    model = StockMove
    title = _("Stock moves")
    filterset_class = StockMoveFilter
    row_template = "inventory/move_row.html"
    empty_text = _("Whatever comes, leaves, is returned, scrapped or counted otherwise leaves a line here for good.")
    columns = (
        Column("day", _("Day"), sort="day"),
        Column("kind", _("Kind"), sort="kind"),
        Column("lot__product__sku", _("Product"), sort="lot__product__sku"),
        Column("lot__warehouse__name", _("Warehouse"), sort="lot__warehouse__name"),
        Column("lot__number", _("Lot"), sort="lot__number"),
        Column("quantity", _("Quantity"), sort="quantity", numeric=True),
        Column("cost", _("Cost"), sort="cost", numeric=True),
        Column("reason", _("Reason")),
        Column("moved_by", _("By"), sort="moved_by"),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("lot__product", "lot__warehouse")

    def totals(self, found):
        return None


class WarehouseList(DocumentList):
    model = Warehouse
    title = _("Warehouses")
    permission = VIEW
    filterset_class = WarehouseFilter
    row_template = "inventory/warehouse_row.html"
    order = ("code",)
    new = (_("New warehouse"), "inventory:warehouse_new", "inventory.add_warehouse")
    empty_text = _("Goods need a place. Add the first warehouse.")
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("city", _("City"), sort="city"),
        Column("country_id", _("Country"), sort="country"),
        Column("active", _("In use")),
        Column("products", _("Products"), numeric=True),
        Column("value", _("Value"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("country")

    def context(self, actor):
        worth: dict[int, tuple[int, Decimal]] = {}
        for (_product, warehouse), level in selectors.levels(actor).items():
            count, value = worth.get(warehouse, (0, Decimal(0)))
            worth[warehouse] = (count + 1, value + level.value)
        return {
            "worth": worth,
            "base_currency": base_currency(actor.company_id),
            "may_change": actor.can("inventory.add_warehouse"),
        }


# ---- a lot


def fetch_lot(actor, pk: int) -> Lot:
    """The lot with what its pages show, or NotVisible."""
    lots = Lot.objects.visible_to(actor).select_related("product__unit", "warehouse", "supplier", "parent")
    lot = lots.filter(pk=pk).first()
    if lot is None:
        raise NotVisible()
    return lot


@page(VIEW)
def lot_page(request, pk: int):
    lot, actor = fetch_lot(request.actor, pk), request.actor
    currency = base_currency(lot.company_id)
    ladder = selectors.ladder([lot]).get(lot.pk, {})
    moved = lot.moves.aggregate(total=Sum("cost"))["total"] or Decimal(0)
    context = {
        "lot": lot,
        "base_currency": currency,
        "actions": _lot_actions(lot, actor),
        "chart": _ladder_chart(lot, ladder, currency),
        "layers": lot.layers.order_by("day", "pk"),
        "moves": lot.moves.order_by("-pk")[:200],
        "late_share": lot.value - moved,
        "genealogy": selectors.genealogy(lot),
        "children": lot.children.select_related("warehouse").order_by("pk"),
    }
    return render(request, "inventory/lot.html", context)


def _lot_actions(lot: Lot, actor) -> list[Action]:
    if not actor.can(CHANGE):
        return []
    names = [("count", _now("Count"))]
    if lot.quantity_on_hand:
        names += [
            ("transfer", _now("Move to another warehouse")),
            ("quality", _now("Block or release")),
            ("scrap", _now("Scrap")),
        ]
    return [
        Action(
            name, label, reverse(f"inventory:lot_{name}", args=[lot.pk]), name == "count", name == "scrap", post=False
        )
        for name, label in names
    ]


def _ladder_chart(lot: Lot, ladder: dict, currency: str) -> Chart | None:
    steps = [(one, sum(ladder[one.value])) for one in Component if one.value in ladder]
    if not any(total for _one, total in steps):
        return None
    guessed = [str(one.label) for one, _total in steps if ladder[one.value][1]]
    return Chart(
        kind="ladder",
        title=_now("From the supplier's price to the door"),
        unit=f"{currency} / {lot.product.unit_id}",
        decimals=4,
        categories=[str(one.label) for one, _total in steps],
        keys=[one.value for one, _total in steps],
        series=[Series("cost", _now("Cost"), [total / lot.quantity_received for _one, total in steps])],
        category_heading=_now("Component"),
        total=_now("Landed cost"),
        note=_now("Still estimated: %(what)s.") % {"what": ", ".join(guessed)} if guessed else "",
    )


def _correction(request, pk: int, form_class, *, title: str, submit: str, intro: str, act, initial=None):
    """One of the forms on a lot: shown, refused or done by ``act(lot, data)``."""
    lot = fetch_lot(request.actor, pk)
    form = form_class(request.POST or None, lot=lot, actor=request.actor, initial=initial(lot) if initial else None)
    told = {"lot": lot, "product": lot.product, "quantity": selectors.spoken_with_unit(lot)}
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            "title": title % told,
            "submit": submit,
            "intro": intro % told,
            "cancel_url": lot.get_absolute_url(),
            "crumb_links": [(_now("Lots"), reverse("inventory:lots")), (lot.number, lot.get_absolute_url())],
        },
        save=lambda: act(lot, form.cleaned_data),
        then=lambda done: lot.get_absolute_url(),
    )


@page(CHANGE)
def count_lot(request, pk: int):
    def act(lot, data):
        given = services.Count(lot.pk, data["counted"], data["reason"])
        return services.adjust_count(actor=request.actor, counts=[given], day=data["day"])

    return _correction(
        request,
        pk,
        CountForm,
        title=_now("Count lot %(lot)s"),
        submit=_now("Post the count"),
        intro=_now("%(product)s. The books say %(quantity)s; a difference is posted to scrap and stock differences."),
        act=act,
        initial=lambda lot: {"reason": _now("Count")},
    )


@page(CHANGE)
def scrap_lot(request, pk: int):
    def act(lot, data):
        given = services.Scrap(lot.pk, data["quantity"], data["reason"])
        return services.scrap(actor=request.actor, scraps=[given], day=data["day"])

    return _correction(
        request,
        pk,
        ScrapForm,
        title=_now("Scrap from lot %(lot)s"),
        submit=_now("Scrap"),
        intro=_now(
            "%(product)s, %(quantity)s on hand. Scrapped goods are gone for good; their cost is posted to scrap."
        ),
        act=act,
    )


@page(CHANGE)
def transfer_lot(request, pk: int):
    def act(lot, data):
        given = services.Transfer(lot.pk, data["quantity"], data["warehouse"].pk, None, data["reason"])
        return services.transfer_lots(actor=request.actor, transfers=[given], day=data["day"])

    return _correction(
        request,
        pk,
        TransferForm,
        title=_now("Move from lot %(lot)s"),
        submit=_now("Move"),
        intro=_now(
            "%(product)s, %(quantity)s on hand. The goods keep their age and their cost, in a lot of their own."
        ),
        act=act,
        initial=lambda lot: {"quantity": lot.quantity_on_hand},
    )


@page(CHANGE)
def change_quality(request, pk: int):
    def act(lot, data):
        return services.set_quality(
            actor=request.actor, lot_ids=[lot.pk], quality=data["quality"], reason=data["reason"]
        )

    return _correction(
        request,
        pk,
        QualityForm,
        title=_now("Block or release lot %(lot)s"),
        submit=_now("Save"),
        intro=_now(
            "%(product)s, %(quantity)s on hand. Only good stock is reserved and delivered; what is reserved of a lot "
            "that is blocked waits again."
        ),
        act=act,
    )


# ---- warehouses


@page("inventory.add_warehouse")
def warehouse_new(request):
    form = WarehouseForm(request.POST or None)
    return _warehouse_form(
        request,
        form,
        _now("New warehouse"),
        lambda: services.create_warehouse(actor=request.actor, warehouse=form.given()),
    )


@page("inventory.add_warehouse")
def warehouse_edit(request, pk: int):
    row = Warehouse.objects.visible_to(request.actor).filter(pk=pk).first()
    if row is None:
        raise NotVisible()
    initial = {name: getattr(row, name) for name in ("code", "name", "country", "city", "active")}
    form = WarehouseForm(request.POST or None, initial=initial)
    return _warehouse_form(
        request,
        form,
        _now("Edit %(warehouse)s") % {"warehouse": row},
        lambda: services.edit_warehouse(actor=request.actor, warehouse_id=row.pk, warehouse=form.given()),
    )


def _warehouse_form(request, form: WarehouseForm, title: str, save):
    back = reverse("inventory:warehouses")
    context = {"title": title, "cancel_url": back, "crumb_links": [(_now("Warehouses"), back)]}
    return form_page(request, "web/form.html", form, context=context, save=save, then=lambda _done: back)
