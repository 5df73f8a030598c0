"""Writing an order: new, again from an older one, and a draft edited."""

from decimal import Decimal

from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.models import Product
from core.documents import as_id
from core.errors import RuleBroken
from core.web.access import page
from core.web.forms import form_page, step
from reference import incoterms
from sourcing import services
from sourcing.forms import TERMS, LineFormSet, OrderForm, header_of, line_formset, lines_of
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from sourcing.views.orders import fetch
from suppliers.models import Supplier, SupplierItem

EMPTY_ROWS = 5


@page("sourcing.add_purchaseorder")
def new(request):
    """``?copy=<order>`` orders the same again: the terms and the lines, without dates and progress."""
    today = timezone.localdate()
    header, rows, title = {"order_date": today}, [], _("New purchase order")
    copied, party = as_id(request.GET.get("copy")), as_id(request.GET.get("supplier"))
    if copied is not None:
        order = fetch(request.actor, copied)
        header = {**header_of(order), "order_date": today, "remarks": ""}
        rows = [{**row, "line": None, "requested_date": None} for row in lines_of(order)]
        title = _("Order again, as %(order)s") % {"order": order}
    elif party is not None:
        header["supplier"] = party
        header |= _defaults(request.actor, party)
    return _write(
        request,
        OrderForm(request.POST or None, initial=header, actor=request.actor),
        line_formset(rows=0 if rows else EMPTY_ROWS)(
            request.POST or None, initial=rows or None, prefix="lines", actor=request.actor
        ),
        title=title,
        save=lambda content: services.create_purchase_order(actor=request.actor, order=content),
        back=reverse("sourcing:purchase_orders"),
    )


@page("sourcing.change_purchaseorder")
def edit(request, pk: int):
    order = fetch(request.actor, pk)
    return _write(
        request,
        OrderForm(request.POST or None, initial=header_of(order), document=order, actor=request.actor),
        line_formset(rows=1)(request.POST or None, initial=lines_of(order), prefix="lines", actor=request.actor),
        title=_("Edit %(order)s") % {"order": order},
        save=lambda content: services.edit_purchase_order(
            actor=request.actor, order_id=order.pk, order=content, version=order.version
        ),
        back=order.get_absolute_url(),
        order=order,
    )


def _write(request, form: OrderForm, lines: LineFormSet, *, title: str, save, back: str, order=None):
    def act():
        try:
            return save(form.order_input(lines))
        except RuleBroken as error:
            raise lines.point(error, lines.kept()) from None

    return form_page(
        request,
        "sourcing/purchase_order_form.html",
        form,
        lines=lines,
        context={
            "title": title,
            "order": order,
            "crumb_links": [(_("Purchase orders"), reverse("sourcing:purchase_orders"))]
            + ([(order.number, order.get_absolute_url())] if order else []),
            "cancel_url": back,
            "advice": _advice(form["incoterm"].value(), form["mode"].value()),
        },
        save=act,
        then=lambda done: done.get_absolute_url(),
    )


@page("sourcing.change_purchaseorder")
@require_POST
def delete(request, pk: int):
    order = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.delete_draft(actor=request.actor, order_id=order.pk),
        back=order.get_absolute_url(),
        then=lambda _none: reverse("sourcing:purchase_orders"),
        said=_("The draft %(order)s is deleted.") % {"order": order},
    )


@page("sourcing.add_purchaseorder")
@require_GET
def terms(request) -> HttpResponse:
    """The terms as htmx swaps them in: of the supplier just chosen, or, when a term itself changed, with new advice."""
    typed = {name: request.GET.get(name, "") for name in TERMS}
    chosen = as_id(request.GET.get("supplier"))
    if request.GET.get("changed") == "supplier" and chosen is not None:
        typed |= _defaults(request.actor, chosen)
    form = OrderForm(initial=typed, actor=request.actor)
    context = {"form": form, "advice": _advice(typed["incoterm"], typed["mode"])}
    return render(request, "sourcing/_order_terms.html", context)


def _defaults(actor, organisation_id: int) -> dict:
    """The supplier's usual terms, else those of his last order; without what is not known."""
    found: dict = {}
    last = (
        PurchaseOrder.objects.visible_to(actor).filter(supplier_id=organisation_id).exclude(status="cancelled").first()
    )
    if last is not None:
        found = {
            "currency": last.currency_id,
            "incoterm": last.incoterm if last.incoterm in incoterms.CURRENT else "",
            "named_place": last.named_place,
            "mode": last.mode,
            "payment_term": last.payment_term_id,
            "destination_country": last.destination_country_id,
        }
    profile = Supplier.objects.visible_to(actor).filter(organisation_id=organisation_id).first()
    if profile is not None:
        usual = {
            "currency": profile.currency_id,
            "incoterm": profile.incoterm,
            "named_place": profile.named_place,
            "payment_term": profile.payment_term_id,
        }
        found |= {name: value for name, value in usual.items() if value}
    return {name: value for name, value in found.items() if value}


def _advice(incoterm, mode) -> str:
    if incoterm not in incoterms.CURRENT or mode not in ("", None, "sea"):
        return ""
    return incoterms.container_advisory(incoterm)


@page("sourcing.add_purchaseorder")
@require_GET
def product_suggestions(request) -> JsonResponse:
    """Up to 12 products for what is typed in the grid, with the supplier's price where one is known."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:60]
    if not text:
        return JsonResponse({"products": []})
    matches = Q(sku__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text) | Q(gtin=text)
    found = list(Product.objects.visible_to(request.actor).active().filter(matches).order_by("sku")[:12])
    prices: dict[int, Decimal] = {}
    supplier = as_id(request.GET.get("supplier"))
    if supplier is not None:
        for line in (
            PurchaseOrderLine.objects.visible_to(request.actor)
            .filter(product__in=found, order__supplier_id=supplier, cancelled=False)
            .order_by("pk")
        ):
            prices[line.product_id] = line.unit_price
        for item in SupplierItem.objects.filter(
            supplier__organisation_id=int(supplier), product__in=found, unit_price__isnull=False
        ):
            prices[item.product_id] = item.unit_price
    return JsonResponse(
        {
            "products": [
                {
                    "sku": product.sku,
                    "name": product.name,
                    "unit": product.unit_id,
                    "price": format(prices[product.pk].normalize(), "f") if product.pk in prices else "",
                }
                for product in found
            ]
        }
    )
