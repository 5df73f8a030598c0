"""Writing a customer order: new, again from an older one, and a draft edited."""

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
from parties.models import Organisation
from reference.units import spoken
from sales import services
from sales.forms import TERMS, CustomerOrderForm, LineFormSet, header_of, line_formset, lines_of
from sales.models import Customer, CustomerOrder, CustomerOrderLine
from sales.views.orders import fetch

EMPTY_ROWS = 5


@page("sales.add_customerorder")
def new(request):
    """``?copy=<order>`` sells the same again: the terms and the lines, without dates and progress."""
    today = timezone.localdate()
    header, rows, title = {"order_date": today}, [], _("New customer order")
    copied, party = as_id(request.GET.get("copy")), as_id(request.GET.get("customer"))
    if copied is not None:
        order = fetch(request.actor, copied)
        header = {**header_of(order), "order_date": today, "remarks": "", "customer_reference": ""}
        rows = [{**row, "promised_date": None} for row in lines_of(order)]
        title = _("Order again, as %(order)s") % {"order": order}
    elif party is not None:
        header["customer"] = party
        header |= _defaults(request.actor, party)
    form = CustomerOrderForm(request.POST or None, initial=header, actor=request.actor)
    grid = line_formset(rows=0 if rows else EMPTY_ROWS)
    return _write(
        request,
        form,
        grid(request.POST or None, initial=rows or None, prefix="lines", actor=request.actor),
        title=title,
        save=lambda content: services.create_customer_order(actor=request.actor, order=content),
        back=reverse("sales:customer_orders"),
    )


@page("sales.change_customerorder")
def edit(request, pk: int):
    order = fetch(request.actor, pk)
    form = CustomerOrderForm(request.POST or None, initial=header_of(order), document=order, actor=request.actor)
    grid = line_formset(rows=1)
    return _write(
        request,
        form,
        grid(request.POST or None, initial=lines_of(order), prefix="lines", actor=request.actor),
        title=_("Edit %(order)s") % {"order": order},
        save=lambda content: services.edit_customer_order(
            actor=request.actor, order_id=order.pk, order=content, version=order.version
        ),
        back=order.get_absolute_url(),
        order=order,
    )


def _write(request, form: CustomerOrderForm, lines: LineFormSet, *, title: str, save, back: str, order=None):
    def act():
        try:
            return save(form.order_input(lines))
        except RuleBroken as error:
            raise lines.point(error) from None

    crumbs = [(_("Customer orders"), reverse("sales:customer_orders"))]
    if order:
        crumbs.append((order.number, order.get_absolute_url()))
    return form_page(
        request,
        "sales/customer_order_form.html",
        form,
        lines=lines,
        context={"title": title, "order": order, "crumb_links": crumbs, "cancel_url": back},
        save=act,
        then=lambda done: done.get_absolute_url(),
    )


@page("sales.change_customerorder")
@require_POST
def delete(request, pk: int):
    order = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.delete_draft(actor=request.actor, order_id=order.pk),
        back=order.get_absolute_url(),
        then=lambda _none: reverse("sales:customer_orders"),
        said=_("The draft %(order)s is deleted.") % {"order": order},
    )


@page("sales.add_customerorder")
@require_GET
def terms(request) -> HttpResponse:
    """The terms of the customer just chosen, as htmx swaps them in."""
    typed = {name: request.GET.get(name, "") for name in TERMS}
    chosen = as_id(request.GET.get("customer"))
    if chosen is not None:
        typed |= _defaults(request.actor, chosen)
    form = CustomerOrderForm(initial=typed, actor=request.actor)
    return render(request, "sales/_order_terms.html", {"form": form})


def _defaults(actor, organisation_id: int) -> dict:
    """The customer's usual terms, else those of his last order; without what is not known."""
    found: dict = {}
    orders = CustomerOrder.objects.visible_to(actor).filter(customer_id=organisation_id).exclude(status="cancelled")
    last = orders.first()
    if last is not None:
        found = {name: getattr(last, f"{name}_id") for name in ("currency", "payment_term", "ship_to_country")}
        found["incoterm"] = last.incoterm
    profile = Customer.objects.visible_to(actor).filter(organisation_id=organisation_id).first()
    if profile is not None:
        usual = {"currency": profile.currency_id, "payment_term": profile.payment_term_id}
        found |= {name: value for name, value in usual.items() if value}
    if not found.get("ship_to_country"):
        customer = Organisation.objects.visible_to(actor).filter(pk=organisation_id).first()
        found["ship_to_country"] = customer.country_id if customer else None
    return {name: value for name, value in found.items() if value}


@page("sales.add_customerorder")
@require_GET
def product_suggestions(request) -> JsonResponse:
    """Up to 12 products for what is typed in the grid, with what this customer paid last (else anybody)."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:60]
    if not text:
        return JsonResponse({"products": []})
    matches = Q(sku__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text) | Q(gtin=text)
    found = list(Product.objects.visible_to(request.actor).active().filter(matches).order_by("sku")[:12])
    lines = CustomerOrderLine.objects.visible_to(request.actor).filter(product__in=found, cancelled=False)
    customer = as_id(request.GET.get("supplier"))  # the parameter's name in suggest.js, whoever the party is
    prices: dict[int, Decimal] = {}
    for product_id, price in (
        lines.order_by("product_id", "-pk").distinct("product_id").values_list("product_id", "unit_price")
    ):
        prices[product_id] = price
    if customer is not None:
        own = lines.filter(order__customer_id=customer).order_by("product_id", "-pk").distinct("product_id")
        prices |= dict(own.values_list("product_id", "unit_price"))
    return JsonResponse(
        {
            "products": [
                {
                    "sku": product.sku,
                    "name": product.name,
                    "unit": product.unit_id,
                    "price": spoken(prices[product.pk]) if product.pk in prices else "",
                }
                for product in found
            ]
        }
    )
