"""Customers: who owes how much, who may have more, and their orders."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import NotVisible
from core.web import history
from core.web.access import page
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from inventory.services.locking import base_currency
from sales import selectors, services
from sales.filters import CustomerFilter
from sales.forms import CustomerForm
from sales.models import Customer, CustomerOrder
from sales.services import CLAIM_WINDOWS

VIEW, CHANGE = "sales.view_customerorder", "sales.change_customer"


class CustomerList(DocumentList):
    model = Customer
    title = _("Customers")
    permission = VIEW
    filterset_class = CustomerFilter
    row_template = "sales/customer_row.html"
    order = ("organisation__name",)
    new = (_("New customer"), "sales:customer_new", CHANGE)
    presets = ((_("Overdue"), "overdue=true"),)
    empty_text = _("Organisations that buy from you, with their credit and terms. Make the first one a customer.")
    columns = (
        Column("organisation__name", _("Customer"), sort="organisation__name"),
        Column("organisation__country_id", _("Country"), sort="organisation__country"),
        Column("payment_term__code", _("Payment")),
        Column("credit_limit", _("Credit limit"), sort="credit_limit", numeric=True),
        Column("open_balance", _("Owes"), sort="open_balance", numeric=True),
        Column("on_order", _("On order"), numeric=True),
        Column("left", _("Credit left"), numeric=True),
        Column("overdue_since", _("Overdue since"), sort="overdue_since"),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("organisation__country", "payment_term")

    def context(self, actor):
        found = list(Customer.objects.visible_to(actor))
        return {
            "credit": selectors.credit_of(found),
            "base_currency": base_currency(actor.company_id),
            "today": timezone.localdate(),
        }


def _fetch(actor, pk: int) -> Customer:
    rows = Customer.objects.visible_to(actor).select_related("organisation__country", "payment_term", "currency")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotVisible()
    return row


@page(VIEW)
def customer_page(request, pk: int):
    customer, actor = _fetch(request.actor, pk), request.actor
    orders = CustomerOrder.objects.visible_to(actor).filter(customer_id=customer.organisation_id)
    context = {
        "customer": customer,
        "credit": selectors.credit_of([customer])[customer.pk],
        "base_currency": base_currency(customer.company_id),
        "orders": orders.select_related("customer", "warehouse").with_progress().order_by("-pk")[:20],
        "order_count": orders.count(),
        "today": timezone.localdate(),
        "may_change": actor.can(CHANGE),
        "may_order": actor.can("sales.add_customerorder"),
        "changes": history.of(Customer, customer.pk),
    }
    return render(request, "sales/customer.html", context)


@page(CHANGE)
def customer_new(request):
    form = CustomerForm(request.POST or None, actor=request.actor)
    return _form(
        request,
        form,
        _now("New customer"),
        lambda: services.create_customer(actor=request.actor, customer=form.given()),
        reverse("sales:customers"),
    )


@page(CHANGE)
def customer_edit(request, pk: int):
    row = _fetch(request.actor, pk)
    names = ("payment_term", "currency", "credit_limit", *CLAIM_WINDOWS)
    initial = {name: getattr(row, name) for name in names}
    form = CustomerForm(request.POST or None, initial=initial, document=row, actor=request.actor)
    return _form(
        request,
        form,
        str(row),
        lambda: services.edit_customer(
            actor=request.actor, customer_id=row.pk, customer=form.given(), version=row.version
        ),
        row.get_absolute_url(),
    )


def _form(request, form: CustomerForm, title: str, save, back: str):
    form.fields["credit_limit"].unit = base_currency(request.actor.company_id)
    context = {"title": title, "cancel_url": back, "crumb_links": [(_now("Customers"), reverse("sales:customers"))]}
    return form_page(
        request, "web/form.html", form, context=context, save=save, then=lambda done: done.get_absolute_url()
    )
