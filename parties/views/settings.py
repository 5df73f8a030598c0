"""Pages of the company's settings, payment terms and approval rules."""

from typing import Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.errors import NotVisible, RuleBroken
from core.models import ApprovalRule
from core.web.access import page
from core.web.forms import form_page, step
from core.web.lists import Column, DocumentList
from parties import services
from parties.filters import PaymentTermFilter
from parties.forms import ApprovalRuleForm, CompanyForm, InstalmentGrid, PaymentTermForm, instalments_of
from parties.models import Company, PaymentTerm
from parties.roles import STAFF_ROLES
from parties.selectors import approvable_kinds

CHANGE_COMPANY, CHANGE_TERM = "parties.change_company", "parties.change_paymentterm"
CHANGE_RULE = "parties.change_approvalrule"
_COMPANY = (
    "name", "address", "registration_number", "tax_number", "eori_number", "time_zone",
    "over_receipt_pct", "over_billing_pct", "price_tolerance_pct",
)  # fmt: skip


def own_company(request) -> Company:
    visible = Company.objects.visible_to(request.actor).select_related("country", "base_currency")
    found = visible.first()
    if found is None:
        raise NotVisible()
    return found


@page("parties.view_company")
def company(request):
    """Everybody reads it; who may, changes it."""
    found = own_company(request)
    context = {"company": found, "title": _("Company")}
    if not request.actor.can(CHANGE_COMPANY):
        return render(request, "parties/company.html", context)
    form = CompanyForm(request.POST or None, initial={name: getattr(found, name) for name in _COMPANY}, document=found)
    return form_page(
        request,
        "parties/company.html",
        form,
        save=lambda: services.save_company(actor=request.actor, version=found.version, **form.values()),
        then=lambda saved: reverse("parties:company"),
        context=context,
    )


class PaymentTermList(DocumentList):
    model = PaymentTerm
    title = _("Payment terms")
    permission = "parties.view_paymentterm"
    filterset_class = PaymentTermFilter
    row_template = "parties/payment_term_row.html"
    order = ("code",)
    presets = ((_("In use"), "active=true"),)
    new = (_("New payment term"), "parties:payment_term_new", CHANGE_TERM)
    empty_text = _("No payment terms yet. An order's instalments and due dates follow from its term.")
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("spoken", _("Instalments")),
        Column("discount", _("Discount"), sort="discount_percent"),
        Column("active", _("In use")),
    )

    def rows(self, actor):
        return super().rows(actor).prefetch_related("instalments")

    def export_row(self, row):
        row.spoken = "; ".join(str(one) for one in row.instalments.all())
        return super().export_row(row)

    def context(self, actor):
        return {"may_change": actor.can(CHANGE_TERM)}


@page(CHANGE_TERM)
def payment_term_new(request):
    return _term_form(request, None)


@page(CHANGE_TERM)
def payment_term_edit(request, pk):
    term = PaymentTerm.objects.visible_to(request.actor).prefetch_related("instalments").filter(pk=pk).first()
    if term is None:
        raise NotVisible()
    return _term_form(request, term)


def _term_form(request, term: PaymentTerm | None):
    initial = (
        {name: getattr(term, name) for name in ("code", "name", "discount_percent", "discount_days", "active")}
        if term
        else {}
    )
    rows = [
        {name: getattr(one, name) for name in ("percent", "anchor", "days", "end_of_month")}
        for one in (term.instalments.all() if term else ())
    ]
    form = PaymentTermForm(request.POST or None, initial=initial, document=term)
    lines = InstalmentGrid(request.POST or None, initial=rows, prefix="lines")
    change = {"term_id": term.pk, "version": term.version} if term else {}

    def save():
        instalments, numbers = instalments_of(lines)
        try:
            return services.save_payment_term(actor=request.actor, instalments=instalments, **form.values(), **change)
        except RuleBroken as error:
            error.errors = [_on_the_grid(one, numbers) for one in error.errors]
            raise

    back = reverse("parties:payment_terms")
    return form_page(
        request,
        "parties/payment_term_form.html",
        form,
        lines=lines,
        save=save,
        then=lambda saved: back,
        context={
            "title": term.name if term else _("New payment term"),
            "crumb_links": [(_("Payment terms"), back)],
            "cancel_url": back,
        },
    )


def _on_the_grid(error: dict, numbers: list[int]) -> dict:
    """The service counts the instalments it was given, the page counts its rows."""
    path = error["pointer"].strip("/").split("/")
    if path[0] == "instalments" and len(path) == 3:
        return {**error, "pointer": f"/lines/{numbers[int(path[1])]}/{path[2]}"}
    return error


class ApprovalRuleList(DocumentList):
    model = ApprovalRule
    title = _("Approval rules")
    permission = "parties.view_approvalrule"
    row_template = "parties/approval_rule_row.html"
    template_name = "parties/approval_rule_list.html"
    order = ("kind", "amount")
    new = (_("New rule"), "parties:approval_rule_new", CHANGE_RULE)
    empty_text = _("No rules yet: one other person whose own limit covers the amount must approve.")
    columns = (
        Column("kind", _("Document")),
        Column("amount", _("From"), sort="amount", numeric=True),
        Column("count", _("People"), numeric=True),
        Column("role", _("In the role")),
        Column("edit", ""),
    )

    def rows(self, actor):
        return ApprovalRule.objects.filter(company_id=actor.company_id)

    def export_row(self, row):
        kind = approvable_kinds().get(row.kind)
        return (kind.label if kind else row.kind, row.amount, row.count, STAFF_ROLES.get(row.role, row.role), "")

    def context(self, actor):
        return {
            "kinds": {kind: about.label for kind, about in approvable_kinds().items()},
            "roles": STAFF_ROLES,
            "currency": Company.objects.visible_to(actor).values_list("base_currency", flat=True).first(),
            "may_change": actor.can(CHANGE_RULE),
        }


@page(CHANGE_RULE)
def approval_rule_new(request):
    return _rule_form(request, None)


@page(CHANGE_RULE)
def approval_rule_edit(request, pk):
    rule = ApprovalRule.objects.filter(company_id=request.actor.company_id, pk=pk).first()
    if rule is None:
        raise NotVisible()
    return _rule_form(request, rule)


def _rule_form(request, rule: ApprovalRule | None):
    initial = (
        {name: getattr(rule, name) for name in ("kind", "amount", "count", "role")} if rule else {"role": "approver"}
    )
    form = ApprovalRuleForm(request.POST or None, initial=initial, currency=own_company(request).base_currency_id)
    change: dict[str, Any] = {"rule_id": rule.pk} if rule else {}
    back = reverse("parties:approval_rules")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.save_approval_rule(actor=request.actor, **form.cleaned_data, **change),
        then=lambda saved: back,
        context={
            "title": _("Edit the rule") if rule else _("New approval rule"),
            "crumb_links": [(_("Approval rules"), back)],
            "cancel_url": back,
            "intro": _("A person whose own limit covers the amount needs nobody else. The one who asks never counts."),
        },
    )


@page(CHANGE_RULE)
@require_POST
def approval_rule_remove(request, pk):
    return step(
        request,
        act=lambda: services.remove_approval_rule(actor=request.actor, rule_id=pk),
        back=reverse("parties:approval_rules"),
        said=_now("The rule is removed."),
    )
