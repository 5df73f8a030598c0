"""Safe to pay: one green, or one reason, per check and payable (MORE-07, decision 24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import RuleBroken
from finance.flows import InvoiceStatus
from finance.models import BankAccount, InvoiceKind, SupplierInvoice
from finance.selectors.facts import Facts, facts_of
from finance.selectors.instalments import Due, instalments_of
from logistics.models import TradeDocument
from parties.models import Anchor
from sourcing.flows import BEFORE_SENDING, OrderStatus
from sourcing.models import PurchaseOrder
from suppliers.models import Supplier
from suppliers.services import refuse_held

LABELS = {
    "inspection": gettext_lazy("Inspection"),
    "papers": gettext_lazy("Papers"),
    "match": gettext_lazy("Price and quantity"),
    "payee": gettext_lazy("Payee"),
    "hold": gettext_lazy("Supplier"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """``reason`` says what stops the payment; empty: nothing does."""

    name: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        return not self.reason

    @property
    def label(self) -> str:
        return str(LABELS[self.name])


def refusals(checks: Sequence[Check]) -> list[str]:
    return [check.reason for check in checks if check.reason]


class Payees:
    """Holds and bank data of suppliers. Two queries for any number."""

    def __init__(self, organisation_ids, *, on: date):
        ids = set(organisation_ids)
        self.on = on
        self.profiles = {
            s.organisation_id: s
            for s in Supplier.objects.filter(organisation_id__in=ids).select_related("organisation")
        }
        rows = BankAccount.objects.filter(organisation_id__in=ids, active=True).select_related("organisation")
        self.accounts = {account.organisation_id: account for account in rows}

    def checks(self, organisation_id: int) -> list[Check]:
        account, profile = self.accounts.get(organisation_id), self.profiles.get(organisation_id)
        return [Check("payee", self._account(account) if account else ""), Check("hold", self._hold(profile))]

    def _hold(self, profile: Supplier | None) -> str:
        try:
            if profile is not None:
                refuse_held(profile, "payments", on=self.on)
        except RuleBroken as refusal:
            return str(refusal)
        return ""

    def _account(self, account: BankAccount) -> str:
        if not account.confirmed_by:
            return _("The bank data entered on %(day)s are not confirmed by a second person.") % {
                "day": date_format(account.entered_date)
            }
        if account.usable_from > self.on:
            return _("The bank data are new; they cool off until %(day)s.") % {"day": date_format(account.usable_from)}
        if not _same_name(account.holder, account.organisation):
            said = {"holder": account.holder, "supplier": account.organisation}
            return _("The account belongs to %(holder)s, the contract is with %(supplier)s.") % said
        return ""


def _same_name(holder: str, organisation) -> bool:
    def plain(name: str) -> str:
        return "".join(letter for letter in name.casefold() if letter.isalnum())

    return plain(holder) in {plain(organisation.name), plain(organisation.name_local)}


def check_orders(orders: Sequence[PurchaseOrder], *, on: date) -> dict[int, list[Check]]:
    """The card of a deposit, by order id."""
    payees = Payees((order.supplier_id for order in orders), on=on)
    found = {}
    for order in orders:
        reason = ""
        if order.status in BEFORE_SENDING or order.status == OrderStatus.CANCELLED:
            reason = _("%(order)s is %(state)s.") % {"order": order, "state": order.get_status_display().lower()}
        elif order.status == OrderStatus.SENT:
            reason = _("The supplier has not confirmed %(order)s.") % {"order": order}
        found[order.pk] = [Check("match", reason), *payees.checks(order.supplier_id)]
    return found


def check_invoices(
    invoices: Sequence[SupplierInvoice],
    *,
    on: date,
    facts: dict[int, Facts] | None = None,
    plans: dict[int, list[Due]] | None = None,
) -> dict[int, list[Check]]:
    """The card of invoices, by invoice id. A constant number of queries; fewer where facts and plans are known."""
    payees = Payees((invoice.supplier_id for invoice in invoices), on=on)
    facts = facts_of(invoices) if facts is None else facts
    plans = plans if plans is not None else instalments_of(invoices, facts)
    conflicts = _conflicts(invoices)
    found = {}
    for invoice in invoices:
        own, checks = facts[invoice.pk], []
        if invoice.kind == InvoiceKind.GOODS:
            checks.append(Check("inspection", "" if own.honoured else _inspection(own)))
            checks.append(Check("papers", _papers(own, plans[invoice.pk], conflicts.get(invoice.pk, ""))))
        checks.append(Check("match", _match(invoice, own)))
        found[invoice.pk] = [*checks, *payees.checks(invoice.supplier_id)]
    return found


def _inspection(facts: Facts) -> str:
    return "" if facts.released else _("The pre-shipment inspection has not passed.")


def _papers(facts: Facts, plan: Sequence[Due], conflict: str) -> str:
    if conflict and not facts.honoured:
        return conflict
    due = next((one for one in plan if one.open), None)
    waits_for = (Anchor.BL_COPY, *Anchor.under_credit())
    return facts.anchor(due.anchor)[1] if due is not None and due.anchor in waits_for else ""


def _match(invoice: SupplierInvoice, facts: Facts) -> str:
    if invoice.status not in InvoiceStatus.payable():
        said = {"invoice": invoice, "state": invoice.get_status_display().lower()}
        return _("%(invoice)s is %(state)s; match and post it first.") % said
    other = [order for order in facts.orders.values() if order.supplier_id != invoice.supplier_id]
    if other:
        return _("%(order)s is another supplier's order.") % {"order": other[0]}
    return ""


def _conflicts(invoices: Sequence[SupplierInvoice]) -> dict[int, str]:
    """A contradiction between the papers of the shipment an invoice names."""
    shipments = {i.shipment_id for i in invoices if i.shipment_id}
    if not shipments:
        return {}
    rows = TradeDocument.objects.filter(shipment_id__in=shipments).exclude(conflict="")
    said = {row.shipment_id: f"{row.get_doc_type_display()}: {row.conflict}" for row in rows}
    return {i.pk: said[i.shipment_id] for i in invoices if i.shipment_id in said}
