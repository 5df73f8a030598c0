"""What is to be paid, and paying it."""

from collections import defaultdict

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web import history, timeline
from core.web.access import page
from core.web.actions import Action, one_primary, stepper
from core.web.forms import form_page, posted_day, step
from finance import services
from finance.flows import PAYMENT, PaymentStatus
from finance.forms import AccountForm, PayForm, PaymentForm, RefundForm, ReturnForm
from finance.models import BankAccount, Payment, SupplierInvoice
from finance.selectors.discounts import Discount, discounts_of
from finance.selectors.payables import payables, sum_by_currency
from finance.services.common import spoken_money
from ledger.models import Entry
from parties.models import Organisation
from sourcing.models import PurchaseOrder
from sourcing.services.deposits import unused_deposit

VIEW = "finance.view_payment"
FORMS = ("pay", "return")


@page(VIEW)
def payables_page(request):
    """Every instalment that is not paid: what is due, what is asked for, what is blocked and why. Ticked ones are
    requested together.
    """
    actor, today = request.actor, timezone.localdate()
    if request.method == "POST":
        return _request_ticked(request, today)
    groups: dict[str, list] = {"due": [], "requested": [], "blocked": [], "later": []}
    rows = payables(actor, on=today)
    for row in rows:
        due = row.due.due_date and row.due.due_date <= today
        groups["requested" if not row.left else "blocked" if row.blocked else "due" if due else "later"].append(row)
    headings = {
        "due": _("Due and safe to pay"),
        "requested": _("Asked for, not paid yet"),
        "blocked": _("Blocked, and why"),
        "later": _("Safe to pay, due later"),
    }
    context = {
        "groups": [(key, headings[key], own, sum_by_currency(own)) for key, own in groups.items()],
        "today": today,
        "may_pay": actor.can("finance.add_payment"),
        "any": bool(rows),
        "payable": bool(groups["due"] or groups["later"]),
    }
    return render(request, "finance/payables.html", context)


def _request_ticked(request, today) -> HttpResponse:
    """One payment for each supplier and currency of the ticked instalments."""
    actor = request.actor
    ticked = set(request.POST.getlist("pick"))
    chosen = [row for row in payables(actor, on=today) if row.key in ticked and row.left]
    grouped: dict[tuple[int, str], dict[tuple[str, int], services.Settle]] = defaultdict(dict)
    for row in chosen:
        own, key = grouped[row.supplier.pk, row.currency], (row.kind, row.document.pk)
        amount = row.left + (own[key].amount if key in own else 0)
        if row.kind == "invoice":
            own[key] = services.Settle(amount, invoice_id=row.document.pk)
        else:
            own[key] = services.Settle(amount, order_id=row.document.pk)

    def act():
        if not chosen:
            raise RuleBroken(_("Tick what is to be paid first."))
        day = posted_day(request, "payment_date", today)
        payments = [services.PaymentInput(party, day, list(own.values())) for (party, _c), own in grouped.items()]
        return services.request_payments(actor=actor, payments=payments)

    count = len(grouped)
    said = ngettext("%(n)d payment waits for approval.", "%(n)d payments wait for approval.", count) % {"n": count}
    return step(request, act=act, back=reverse("finance:payables"), said=said)


def fetch(actor, pk: int) -> Payment:
    found = Payment.objects.visible_to(actor).select_related("party", "company", "bank_account").filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def payment(request, pk: int):
    found, actor = fetch(request.actor, pk), request.actor
    allocations = list(found.allocations.select_related("invoice", "order", "customer_invoice"))
    actions = []
    for one in PAYMENT.available(found, actor):
        if one.name == "approve" and actor.user_id == found.requested_by_id:
            continue
        url = f"{found.get_absolute_url()}{one.name}/"
        actions.append(
            Action(one.name, one.label, url, one.style == "primary", one.style == "danger", post=one.name not in FORMS)
        )
    context = {
        "payment": found,
        "allocations": allocations,
        "discounted": any(one.discount for one in allocations),
        "discount_until": min((one.until for one in _discounts(found, allocations)), default=None),
        "base": found.company.base_currency_id,
        "today": timezone.localdate(),
        "steps": stepper(PAYMENT, found, (PaymentStatus.DRAFT, PaymentStatus.APPROVED, PaymentStatus.PAID)),
        "actions": one_primary(actions),
        "own_request": found.status == PaymentStatus.DRAFT and actor.user_id == found.requested_by_id,
        "journal": Entry.objects.of(found).prefetch_related("postings").order_by("pk"),
        "entries": timeline.of(actor, found),
        "changes": history.of(Payment, found.pk),
    }
    return render(request, "finance/payment.html", context)


def _discounts(found: Payment, allocations) -> list[Discount]:
    """The discounts that a payment has still to be paid in time for."""
    if found.status not in (PaymentStatus.DRAFT, PaymentStatus.APPROVED):
        return []
    return list(discounts_of(one.invoice for one in allocations if one.discount).values())


@page("finance.add_payment")
def payment_new(request):
    """``?invoice=`` or ``?order=`` (its deposit): the open amount is prefilled, a part may be paid."""
    actor, today = request.actor, timezone.localdate()
    invoice, order = request.GET.get("invoice", ""), request.GET.get("order", "")
    rows = SupplierInvoice.objects if invoice else PurchaseOrder.objects
    given = as_id(invoice or order)
    if given is None:
        return HttpResponse(status=303, headers={"Location": reverse("finance:payables")})
    document = rows.visible_to(actor).select_related("supplier").filter(pk=given).first()
    if document is None:
        raise NotVisible()
    chosen = {"invoices": [document], "orders": []} if invoice else {"invoices": [], "orders": [document]}
    own = payables(actor, on=today, **chosen)
    ready = [row for row in own if not row.blocked]
    amount = sum(row.left for row in (ready or own))
    form = PaymentForm(request.POST or None, initial={"amount": amount, "payment_date": today})
    if any(row.discount for row in own):
        form.fields["amount"].help_text = _("What is settled; the discount for paying early is taken off by itself.")

    def save():
        data = form.values()
        settle = services.Settle(data["amount"], **{"invoice_id" if invoice else "order_id": document.pk})
        return services.request_payment(
            actor=actor,
            payment=services.PaymentInput(document.supplier_id, data["payment_date"], [settle], data["reference"]),
        )

    return form_page(
        request,
        "finance/payment_form.html",
        form,
        save=save,
        then=lambda made: made.get_absolute_url(),
        context={
            "title": (_("Pay %(document)s") if invoice else _("Pay the deposit of %(document)s"))
            % {"document": document},
            "crumb_links": [(_("Payables"), reverse("finance:payables")), (str(document), document.get_absolute_url())],
            "cancel_url": document.get_absolute_url(),
            "submit": _("Request payment"),
            "document": document,
            "rows": own,
            "today": today,
        },
    )


@page(VIEW)
@require_POST
def payment_approve(request, pk: int):
    return _click(request, pk, services.approve_payment, _("%(payment)s is approved."))


@page(VIEW)
@require_POST
def payment_cancel(request, pk: int):
    return _click(request, pk, services.cancel_payment, _("%(payment)s is cancelled."))


def _click(request, pk: int, service, said: str):
    found = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: service(actor=request.actor, payment_id=pk, version=as_id(request.POST.get("version"))),
        back=found.get_absolute_url(),
        said=said % {"payment": found},
    )


@page("finance.add_payment")
def payment_pay(request, pk: int):
    found = fetch(request.actor, pk)
    form = PayForm(
        request.POST or None, initial={"day": timezone.localdate(), "reference": found.reference}, document=found
    )
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.pay_payment(
            actor=request.actor, payment_id=found.pk, version=found.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
        context={
            "title": _("Record %(payment)s as paid") % {"payment": found},
            "intro": f"{found.party}, {found.amount:,.2f} {found.currency_id}",
            "submit": _("Record as paid"),
            "crumb_links": [(_("Payments"), reverse("finance:payments")), (found.number, found.get_absolute_url())],
            "cancel_url": found.get_absolute_url(),
        },
    )


@page("finance.add_payment")
def payment_refund(request):
    """``?order=``: what the supplier pays back of its deposit; at most what no invoice has consumed."""
    actor = request.actor
    given = as_id(request.GET.get("order", ""))
    if given is None:
        return HttpResponse(status=303, headers={"Location": reverse("finance:payments")})
    order = PurchaseOrder.objects.visible_to(actor).select_related("supplier").filter(pk=given).first()
    if order is None:
        raise NotVisible()
    unused = unused_deposit(order).amount
    form = RefundForm(request.POST or None, initial={"amount": unused, "day": timezone.localdate()})
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.record_refund(actor=actor, refund=services.Refund(order.pk, **form.values())),
        then=lambda made: made.get_absolute_url(),
        context={
            "title": _("Refund of the deposit on %(order)s") % {"order": order},
            "intro": _("%(supplier)s has %(unused)s that no invoice has consumed.")
            % {"supplier": order.supplier, "unused": spoken_money(unused, order.currency_id)},
            "submit": _("Record the refund"),
            "crumb_links": [(_("Payments"), reverse("finance:payments")), (order.number, order.get_absolute_url())],
            "cancel_url": order.get_absolute_url(),
        },
    )


@page("finance.add_payment")
def payment_return(request, pk: int):
    found = fetch(request.actor, pk)
    form = ReturnForm(request.POST or None, initial={"day": timezone.localdate()}, document=found)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.return_payment(
            actor=request.actor, payment_id=found.pk, version=found.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
        context={
            "title": _("%(payment)s came back") % {"payment": found},
            "intro": _("Its entry is mirrored on this day, and what it settled is open again."),
            "submit": _("Record it"),
            "crumb_links": [(_("Payments"), reverse("finance:payments")), (found.number, found.get_absolute_url())],
            "cancel_url": found.get_absolute_url(),
        },
    )


def _organisation(actor, pk: int) -> Organisation:
    found = Organisation.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page("finance.view_account")
def account_page(request, pk: int):
    """The bank data of an organisation: those in use, those before, and entering new ones."""
    actor, organisation, today = request.actor, _organisation(request.actor, pk), timezone.localdate()
    if request.method == "POST":
        actor.needs("finance.enter_account")
    form = AccountForm(request.POST or None, initial={"holder": organisation.name})
    return form_page(
        request,
        "finance/account.html",
        form,
        save=lambda: services.enter_account(actor=actor, organisation_id=organisation.pk, today=today, **form.values()),
        then=lambda account: account.get_absolute_url(),
        context={
            "organisation": organisation,
            "accounts": BankAccount.objects.visible_to(actor).filter(organisation=organisation),
            "may_enter": actor.can("finance.enter_account"),
            "may_confirm": actor.can("finance.confirm_account"),
            "today": today,
        },
    )


@page("finance.confirm_account")
@require_POST
def account_confirm(request, pk: int):
    account = BankAccount.objects.visible_to(request.actor).filter(pk=pk).first()
    if account is None:
        raise NotVisible()
    return step(
        request,
        act=lambda: services.confirm_account(actor=request.actor, account_id=pk),
        back=account.get_absolute_url(),
        said=_("The bank data are confirmed."),
    )
