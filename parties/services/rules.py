"""Approval rules: above which amount how many holders of which role must say yes (core.approvals applies them)."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken
from core.models import ApprovalRule
from core.outbox import announce
from parties import events
from parties.roles import STAFF_ROLES, permissions_of
from parties.selectors import approvable_kinds

CHANGE = "parties.change_approvalrule"


@transaction.atomic
def save_approval_rule(
    *, actor: Actor, kind: str, amount: Decimal, role: str, count: int = 1, rule_id: int | None = None
) -> ApprovalRule:
    """This will add a rule, or change the one with ``rule_id``; ``amount`` is in the company's base currency.

    Raises RuleBroken for a document that is not approved, a role that may not approve it (nobody could ever say yes),
    and a second rule from the same amount.
    """
    actor.needs(CHANGE)
    rule = _rule(actor, rule_id) if rule_id else ApprovalRule(company_id=actor.company_id)
    kinds = approvable_kinds()
    if kind not in kinds:
        raise RuleBroken(_("This kind of document is not approved."), field="kind")
    if amount < 0:
        raise RuleBroken(_("The amount cannot be negative."), field="amount")
    if not 1 <= count <= 10:
        raise RuleBroken(_("Between 1 and 10 people."), field="count")
    if role not in STAFF_ROLES or kinds[kind].permission not in permissions_of(role):
        raise RuleBroken(
            _("%(role)s may not approve this; nobody could ever say yes.") % {"role": STAFF_ROLES.get(role, role)},
            field="role",
        )
    same = ApprovalRule.objects.filter(company_id=actor.company_id, kind=kind, amount=amount).exclude(pk=rule.pk)
    if same.exists():
        raise RuleBroken(_("There is already a rule from this amount."), field="amount")
    rule.kind, rule.amount, rule.role, rule.count = kind, amount, role, count
    rule.save()
    payload = {"kind": kind, "amount": str(amount), "role": role, "count": count}
    announce(events.RULE_SAVED, rule, actor=actor, payload=payload)
    return rule


@transaction.atomic
def remove_approval_rule(*, actor: Actor, rule_id: int) -> None:
    """This will remove a rule; requests that already wait keep what was asked of them."""
    actor.needs(CHANGE)
    rule = _rule(actor, rule_id)
    payload = {"kind": rule.kind, "amount": str(rule.amount), "role": rule.role, "count": rule.count}
    announce(events.RULE_REMOVED, rule, actor=actor, payload=payload)
    rule.delete()


def _rule(actor: Actor, rule_id: int) -> ApprovalRule:
    rule = ApprovalRule.objects.select_for_update().filter(company_id=actor.company_id, pk=rule_id).first()
    if rule is None:
        raise NotVisible()
    return rule
