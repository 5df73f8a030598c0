"""Pages of suppliers: the list, one supplier with its hold and its items, the forms, the steps of the lifecycle."""

from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.models import Product
from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import buttons, stepper
from core.web.forms import form_page, step
from core.web.importing import ImportWizard
from core.web.lists import Column, DocumentList
from parties.forms import IDENTITY
from parties.models import Organisation
from parties.services import input_of as organisation_input
from reference.models import Currency
from suppliers import services
from suppliers.filters import SupplierFilter
from suppliers.flows import NEEDS_REASON, SUPPLIER, USUAL_WAY
from suppliers.forms import PROFILE, HoldForm, ItemGrid, ReasonForm, SupplierForm, VersionForm
from suppliers.importing import SupplierImporter
from suppliers.models import Supplier, SupplierItem
from suppliers.services.holds import HOLD, stands

VIEW, ADD, CHANGE = "suppliers.view_supplier", "suppliers.add_supplier", "suppliers.change_supplier"


class SupplierList(DocumentList):
    model = Supplier
    title = _("Suppliers")
    permission = VIEW
    filterset_class = SupplierFilter
    importer = SupplierImporter()
    row_template = "suppliers/supplier_row.html"
    template_name = "suppliers/supplier_list.html"
    order = ("organisation__name",)
    presets = (
        (_("Can be ordered from"), "lifecycle=approved&lifecycle=preferred&active=true"),
        (_("On hold"), "on_hold=true"),
        (_("Prospects"), "lifecycle=prospect&lifecycle=qualified"),
        (_("Blocked"), "lifecycle=blocked"),
    )
    new = (_("New supplier"), "suppliers:supplier_new", ADD)
    empty_text = _("No suppliers yet. Add one, or import a table of them.")
    columns = (
        Column("organisation__code", _("Code"), sort="organisation__code"),
        Column("organisation__name", _("Name"), sort="organisation__name"),
        Column("organisation__name_local", _("Own name")),
        Column("organisation__country__label", _("Country"), sort="organisation__country__name"),
        Column("organisation__city", _("City"), sort="organisation__city"),
        Column("lifecycle", _("Lifecycle"), sort="lifecycle"),
        Column("hold", _("Hold")),
        Column("terms", _("Usual terms")),
        Column("payment_term__code", _("Payment term"), sort="payment_term__code"),
        Column("lead_time_days", _("Lead time"), sort="lead_time_days", numeric=True, unit=_("days")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("organisation__country", "payment_term")

    def export_row(self, row):
        row.terms = " ".join(part for part in (row.currency_id, row.incoterm, row.named_place) if part)
        return super().export_row(row)

    def context(self, actor):
        return {"today": timezone.localdate(), "may_import": actor.can(ADD)}


class SupplierImport(ImportWizard):
    importer = SupplierImporter()
    done_url_name = "suppliers:suppliers"


def find_supplier(request, pk: int) -> Supplier:
    visible = Supplier.objects.visible_to(request.actor).select_related("organisation__country", "payment_term")
    found = visible.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def supplier_detail(request, pk):
    supplier = find_supplier(request, pk)
    held = stands(supplier, on=timezone.localdate())

    def address(one):
        return reverse("suppliers:step", args=[supplier.pk, one.name])

    return render(
        request,
        "suppliers/supplier_detail.html",
        {
            "supplier": supplier,
            "organisation": supplier.organisation,
            "held": services.hold_sentence(supplier) if held else "",
            "actions": buttons(SUPPLIER, supplier, request.actor, address, forms=NEEDS_REASON),
            "links": _links(request, supplier),
            "steps": stepper(SUPPLIER, supplier, USUAL_WAY),
            "items": supplier.items.select_related("product").order_by("product__sku"),
            "may_change": request.actor.can(CHANGE),
            "may_hold": request.actor.can(HOLD),
            "entries": timeline.of(request.actor, supplier),
            "changes": history.of(Supplier, supplier.pk, children=((SupplierItem, "supplier"),)),
            **attachments.shown_on(request, supplier),
        },
    )


def _links(request, supplier: Supplier) -> list[dict]:
    links = []
    if request.actor.can(CHANGE):
        links.append(
            {"url": reverse("suppliers:supplier_edit", args=[supplier.pk]), "label": _("Edit"), "icon": "edit"}
        )
        links.append(
            {"url": reverse("suppliers:items", args=[supplier.pk]), "label": _("Items and prices"), "icon": "list"}
        )
    if request.actor.can(HOLD):
        label = _("Change the hold") if supplier.hold else _("Put on hold")
        links.append({"url": reverse("suppliers:hold", args=[supplier.pk]), "label": label, "icon": "lock"})
    return links


@page(ADD)
def supplier_new(request):
    """A new supplier; ``?organisation=`` makes one of somebody we know already."""
    wanted = as_id(request.POST.get("organisation") or request.GET.get("organisation"))
    organisation = None
    if wanted is not None:
        organisation = Organisation.objects.visible_to(request.actor).filter(pk=wanted).first()
        if organisation is None:
            raise NotVisible()
    initial = {name: getattr(organisation, name) for name in IDENTITY} if organisation else {"language": "en"}
    return _supplier_form(request, None, initial, organisation)


@page(CHANGE)
def supplier_edit(request, pk):
    supplier = find_supplier(request, pk)
    initial = {name: getattr(supplier.organisation, name) for name in IDENTITY}
    initial |= {name: getattr(supplier, name) for name in PROFILE}
    return _supplier_form(request, supplier, initial, supplier.organisation)


def _supplier_form(request, supplier: Supplier | None, initial: dict, organisation: Organisation | None):
    form = SupplierForm(request.POST or None, initial=initial, document=supplier, actor=request.actor)
    kinds = organisation_input(organisation).kinds if organisation else frozenset()

    def save():
        typed = form.supplier(kinds)
        if supplier is not None:
            return services.edit_supplier(
                actor=request.actor, supplier_id=supplier.pk, supplier=typed, version=supplier.version
            )
        return services.create_supplier(
            actor=request.actor, supplier=typed, organisation_id=organisation.pk if organisation else None
        )

    back = supplier.get_absolute_url() if supplier else reverse("suppliers:suppliers")
    crumbs = [(_("Suppliers"), reverse("suppliers:suppliers"))]
    return form_page(
        request,
        "suppliers/supplier_form.html",
        form,
        save=save,
        then=lambda saved: saved.get_absolute_url(),
        context={
            "title": _now("Edit %(name)s") % {"name": supplier} if supplier else _("New supplier"),
            "organisation": organisation if supplier is None else None,
            "crumb_links": [*crumbs, (str(supplier), back)] if supplier else crumbs,
            "cancel_url": back,
        },
    )


@page(CHANGE)
def items(request, pk):
    """What the supplier sells us, as a grid: what is not in it any more, it no longer sells us."""
    supplier = find_supplier(request, pk)
    rows = [
        {
            "sku": item.product.sku,
            "supplier_sku": item.supplier_sku,
            "unit_price": item.unit_price,
            "currency": "" if item.currency_id in (None, supplier.currency_id) else item.currency_id,
            "minimum_quantity": item.minimum_quantity or None,
            "lead_time_days": item.lead_time_days,
        }
        for item in supplier.items.select_related("product").order_by("product__sku")
    ]
    usual = supplier.currency_id or "–"
    currencies = [
        ("", usual),
        *((one.pk, one.pk) for one in Currency.objects.active() if one.pk != supplier.currency_id),
    ]
    lines = ItemGrid(
        request.POST or None, initial=rows, prefix="lines", actor=request.actor, form_kwargs={"currencies": currencies}
    )
    form = VersionForm(request.POST or None, document=supplier)

    def save():
        inputs, numbers = lines.items()
        try:
            return services.save_supplier_items(
                actor=request.actor, supplier_id=supplier.pk, items=inputs, only_these=True, version=supplier.version
            )
        except RuleBroken as error:
            error.errors = [_on_the_grid(one, numbers) for one in error.errors]
            raise

    return form_page(
        request,
        "suppliers/items.html",
        form,
        lines=lines,
        save=save,
        then=lambda saved: saved.get_absolute_url(),
        context={
            "supplier": supplier,
            "products": Product.objects.visible_to(request.actor).active().order_by("sku")[:2000],
        },
    )


def _on_the_grid(error: dict, numbers: list[int]) -> dict:
    path = error["pointer"].strip("/").split("/")
    if path[0] == "items" and len(path) == 3:
        field = "sku" if path[2] == "product" else path[2]
        return {**error, "pointer": f"/lines/{numbers[int(path[1])]}/{field}"}
    return error


@page(HOLD)
def hold(request, pk):
    supplier = find_supplier(request, pk)
    initial = {
        "kind": supplier.hold or "all",
        "reason": supplier.hold_reason,
        "release_date": supplier.hold_release_date,
    }
    form = HoldForm(request.POST or None, initial=initial, document=supplier)
    back = supplier.get_absolute_url()
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.hold_supplier(
            actor=request.actor,
            supplier_id=supplier.pk,
            today=timezone.localdate(),
            version=supplier.version,
            **form.values(),
        ),
        then=lambda saved: back,
        context={
            "title": _now("Put %(supplier)s on hold") % {"supplier": supplier},
            "crumb_links": [(_("Suppliers"), reverse("suppliers:suppliers")), (str(supplier), back)],
            "cancel_url": back,
            "submit": _("Put on hold"),
        },
    )


@page(HOLD)
@require_POST
def lift(request, pk):
    return step(
        request,
        act=lambda: services.lift_hold(actor=request.actor, supplier_id=pk),
        back=reverse("suppliers:supplier", args=[pk]),
        said=_now("The hold is lifted."),
    )


@page(VIEW)
def take_step(request, pk, name):
    """A step of the lifecycle: a button at once, or a page that asks for the reason."""
    supplier = find_supplier(request, pk)
    known = SUPPLIER.steps.get(name)
    if known is None:
        raise NotVisible()
    back = supplier.get_absolute_url()

    def act(reason=""):
        return services.move_supplier(actor=request.actor, supplier_id=supplier.pk, step=name, reason=reason)

    if name not in NEEDS_REASON:
        if request.method != "POST":
            raise NotVisible()
        return step(request, act=act, back=back)
    request.actor.needs(known.needs)
    form = ReasonForm(request.POST or None, document=supplier)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: act(form.values()["reason"]),
        then=lambda saved: back,
        context={
            "title": f"{known.label}: {supplier}",
            "crumb_links": [(_("Suppliers"), reverse("suppliers:suppliers")), (str(supplier), back)],
            "cancel_url": back,
            "submit": known.label,
        },
    )


def suppliers_of_product(request, product: Product) -> str | None:
    """The panel on a product's page: who sells it to us, at what price."""
    if not request.actor.can(VIEW):
        return None
    sold = SupplierItem.objects.visible_to(request.actor).filter(product=product)
    sold = sold.select_related("supplier__organisation").order_by("supplier__organisation__name")
    return render_to_string("suppliers/panel_product.html", {"items": sold, "product": product}, request)


def supplier_of_organisation(request, organisation: Organisation) -> str | None:
    """The panel on an organisation's page: its supplier side, or the way to make it one."""
    if not request.actor.can(VIEW):
        return None
    supplier = Supplier.objects.visible_to(request.actor).filter(organisation=organisation).first()
    if supplier is None and not request.actor.can(ADD):
        return None
    if supplier is not None:
        supplier.organisation = organisation
    held = supplier is not None and stands(supplier, on=timezone.localdate())
    context = {
        "supplier": supplier,
        "organisation": organisation,
        "held": services.hold_sentence(supplier) if held else "",
    }
    return render_to_string("suppliers/panel_organisation.html", context, request)
