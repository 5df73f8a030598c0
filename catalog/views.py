"""Pages of products and product groups."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from catalog import services
from catalog.filters import ProductFilter, ProductGroupFilter
from catalog.forms import PackagingGrid, ProductForm, ProductGroupForm, packagings_of
from catalog.importing import ProductImporter
from catalog.models import Packaging, Product, ProductGroup
from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.forms import form_page, step
from core.web.importing import ImportWizard
from core.web.lists import BulkAction, Column, DocumentList

VIEW, ADD, CHANGE = "catalog.view_product", "catalog.add_product", "catalog.change_product"


class ProductList(DocumentList):
    model = Product
    title = _("Products")
    permission = VIEW
    filterset_class = ProductFilter
    importer = ProductImporter()
    row_template = "catalog/product_row.html"
    template_name = "catalog/product_list.html"
    order = ("sku",)
    presets = (
        (_("In use"), "active=true"),
        (_("Incomplete"), "active=true&incomplete=true"),
        (_("Archived"), "active=false"),
    )
    new = (_("New product"), "catalog:product_new", ADD)
    bulk_actions = (BulkAction("archive", _("Archive"), CHANGE), BulkAction("restore", _("Take back into use"), CHANGE))
    empty_text = _("No products yet. Add one, or import a table of them.")
    columns = (
        Column("sku", _("SKU"), sort="sku"),
        Column("name", _("Name"), sort="name"),
        Column("name_zh", _("Chinese name")),
        Column("group__name", _("Group"), sort="group__name"),
        Column("gtin", _("GTIN")),
        Column("hs_code", _("HS code"), sort="hs_code"),
        Column("origin__label", _("Origin"), sort="origin__name"),
        Column("carton_units", _("In a carton"), numeric=True),
        Column("active", _("In use")),
    )

    def rows(self, actor):
        cartons = Packaging.objects.filter(level=Packaging.Level.CARTON)
        products = super().rows(actor).select_related("group", "origin", "unit")
        return products.prefetch_related(Prefetch("packagings", cartons, to_attr="cartons"))

    def export_row(self, row):
        row.carton_units = row.cartons[0].units if row.cartons else None
        return super().export_row(row)

    def context(self, actor):
        return {"may_import": actor.can(ADD)}

    def bulk(self, name, found, actor):
        act = services.archive_products if name == "archive" else services.restore_products
        done = len(act(actor=actor, product_ids=list(found.values_list("pk", flat=True))))
        if name == "archive":
            return ngettext("%(n)s product archived.", "%(n)s products archived.", done) % {"n": done}
        return ngettext("%(n)s product is in use again.", "%(n)s products are in use again.", done) % {"n": done}


class ProductImport(ImportWizard):
    importer = ProductImporter()
    done_url_name = "catalog:products"


def _product(request, pk: int) -> Product:
    visible = Product.objects.visible_to(request.actor).select_related("group", "unit", "origin")
    found = visible.prefetch_related("packagings").filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def product_detail(request, pk):
    """What it is, how it is packed, and what other apps know about it."""
    product = _product(request, pk)
    return render(
        request,
        "catalog/product_detail.html",
        {
            "product": product,
            "packagings": product.packagings.all(),
            "may_change": request.actor.can(CHANGE),
            "entries": timeline.of(request.actor, product),
            "changes": history.of(Product, product.pk, children=((Packaging, "product"),)),
            **attachments.shown_on(request, product),
        },
    )


@page(ADD)
def product_new(request):
    """A new product; ``?like=`` another one starts from what the two have in common."""
    like = as_id(request.GET.get("like"))
    return _product_form(request, None, _initial(_product(request, like), copy=True) if like else {})


@page(CHANGE)
def product_edit(request, pk):
    product = _product(request, pk)
    return _product_form(request, product, _initial(product))


def _initial(product: Product, *, copy: bool = False) -> dict:
    names = ("name", "name_zh", "description", "hs_code", "net_weight_kg", "inspection_required", "over_receipt_pct")
    values = {name: getattr(product, name) for name in names}
    values |= {"group": product.group_id, "unit": product.unit_id, "origin": product.origin_id}
    values["packagings"] = [
        {
            name: getattr(level, name)
            for name in ("level", "units", "length_cm", "width_cm", "height_cm", "gross_weight_kg", "gtin")
            if not (copy and name == "gtin")
        }
        for level in product.packagings.all()
    ]
    return values if copy else {**values, "sku": product.sku, "gtin": product.gtin}


def _product_form(request, product: Product | None, initial: dict):
    levels = initial.pop("packagings", [])
    form = ProductForm(request.POST or None, initial=initial, document=product, actor=request.actor)
    lines = PackagingGrid(request.POST or None, initial=levels, prefix="lines")

    def save():
        packagings, rows = packagings_of(lines)
        typed = form.product(packagings)
        try:
            if product is None:
                return services.create_product(actor=request.actor, product=typed)
            return services.edit_product(
                actor=request.actor, product_id=product.pk, product=typed, version=product.version
            )
        except RuleBroken as error:
            error.errors = [_on_the_grid(one, rows) for one in error.errors]
            raise

    back = product.get_absolute_url() if product else reverse("catalog:products")
    crumbs = [(_("Products"), reverse("catalog:products"))]
    return form_page(
        request,
        "catalog/product_form.html",
        form,
        lines=lines,
        save=save,
        then=lambda saved: saved.get_absolute_url(),
        context={
            "title": _now("Edit %(sku)s") % {"sku": product.sku} if product else _("New product"),
            "crumb_links": [*crumbs, (product.sku, back)] if product else crumbs,
            "cancel_url": back,
        },
    )


def _on_the_grid(error: dict, rows: list[int]) -> dict:
    """The service counts the levels it was given, the page counts its rows."""
    path = error["pointer"].strip("/").split("/")
    if path[0] == "packagings" and len(path) == 3:
        return {**error, "pointer": f"/lines/{rows[int(path[1])]}/{path[2]}"}
    return error


@page(CHANGE)
@require_POST
def product_archive(request, pk):
    return step(
        request,
        act=lambda: services.archive_products(actor=request.actor, product_ids=[pk]),
        back=reverse("catalog:product", args=[pk]),
        said=_now("The product is archived."),
    )


@page(CHANGE)
@require_POST
def product_restore(request, pk):
    return step(
        request,
        act=lambda: services.restore_products(actor=request.actor, product_ids=[pk]),
        back=reverse("catalog:product", args=[pk]),
        said=_now("The product is in use again."),
    )


class ProductGroupList(DocumentList):
    model = ProductGroup
    title = _("Product groups")
    permission = VIEW
    filterset_class = ProductGroupFilter
    row_template = "catalog/group_row.html"
    order = ("code",)
    crumbs = ((_("Products"), "catalog:products"),)
    new = (_("New group"), "catalog:group_new", ADD)
    empty_text = _("No product groups yet. KPIs and spend are read by group.")
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("name_zh", _("Chinese name")),
        Column("product_count", _("Products in use"), sort="product_count", numeric=True),
        Column("active", _("In use")),
    )

    def rows(self, actor):
        return super().rows(actor).with_counts()


@page(ADD)
def group_new(request):
    return _group_form(request, None)


@page(CHANGE)
def group_edit(request, pk):
    group = ProductGroup.objects.visible_to(request.actor).filter(pk=pk).first()
    if group is None:
        raise NotVisible()
    return _group_form(request, group)


def _group_form(request, group: ProductGroup | None):
    names = ("code", "name", "name_zh", "active")
    initial = {name: getattr(group, name) for name in names} if group else {}
    form = ProductGroupForm(request.POST or None, initial=initial, document=group)
    back = reverse("catalog:groups")
    change: dict[str, Any] = {"group_id": group.pk, "version": group.version} if group else {}
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.save_product_group(actor=request.actor, **form.values(), **change),
        then=lambda saved: back,
        context={
            "title": group.name if group else _("New product group"),
            "crumb_links": [(_("Products"), reverse("catalog:products")), (_("Product groups"), back)],
            "cancel_url": back,
        },
    )
