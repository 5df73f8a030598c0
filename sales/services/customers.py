"""Customers: an organisation as our customer, with its credit and terms."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import lock
from core.outbox import announce
from parties.models import Organisation, PaymentTerm
from reference.models import Currency
from sales.events import CUSTOMER_CHANGED
from sales.models import Customer
from sales.services.orders import raise_errors

CLAIM_WINDOWS = ("claim_days", "damage_claim_days", "quality_claim_days")


@dataclass(frozen=True, slots=True)
class CustomerInput:
    """``credit_limit`` in base currency; None: no limit. ``claim_days``: how long after delivery the customer may claim;
    damage found on unpacking and defects found in use may have windows of their own (None: the same).
    """

    organisation_id: int
    payment_term_id: int | None = None
    currency: str | None = None
    credit_limit: Decimal | None = None
    claim_days: int = 14
    damage_claim_days: int | None = None
    quality_claim_days: int | None = None


@transaction.atomic
def create_customer(*, actor: Actor, customer: CustomerInput) -> Customer:
    """This will make an organisation of ours a customer. Raises RuleBroken when it is one already."""
    actor.needs("sales.change_customer")
    organisation = Organisation.objects.visible_to(actor).filter(pk=customer.organisation_id).first()
    errors = _errors(actor, customer)
    if organisation is None:
        errors.append({"pointer": "/organisation", "detail": _("There is no such organisation.")})
    elif Customer.objects.filter(organisation=organisation).exists():
        errors.append(
            {"pointer": "/organisation", "detail": _("%(name)s is a customer already.") % {"name": organisation}}
        )
    raise_errors(errors)
    if not organisation.is_customer:
        organisation.is_customer = True
        organisation.bump()
        organisation.save()
    row = Customer(company_id=actor.company_id, organisation=organisation)
    return _save(actor, row, customer)


@transaction.atomic
def edit_customer(*, actor: Actor, customer_id: int, customer: CustomerInput, version: int | None = None) -> Customer:
    """This will change credit and terms. Raises StaleDocument on a stale version."""
    actor.needs("sales.change_customer")
    row = lock(Customer.objects.visible_to(actor), customer_id, version=version)
    raise_errors(_errors(actor, customer))
    row.bump()
    return _save(actor, row, customer)


def _errors(actor: Actor, customer: CustomerInput) -> list[dict]:
    errors = []
    if customer.currency and not Currency.objects.filter(pk=customer.currency).exists():
        errors.append(
            {"pointer": "/currency", "detail": _("%(code)s is not a known currency.") % {"code": customer.currency}}
        )
    terms = PaymentTerm.objects.filter(company_id=actor.company_id, pk=customer.payment_term_id or 0)
    if customer.payment_term_id and not terms.exists():
        errors.append({"pointer": "/payment_term", "detail": _("There is no such payment term.")})
    if customer.credit_limit is not None and customer.credit_limit < 0:
        errors.append({"pointer": "/credit_limit", "detail": _("A credit limit cannot be negative.")})
    for name in CLAIM_WINDOWS:
        if (days := getattr(customer, name)) is not None and not 0 <= days <= 365:
            errors.append({"pointer": f"/{name}", "detail": _("Between 0 and 365 days.")})
    return errors


def _save(actor: Actor, row: Customer, given: CustomerInput) -> Customer:
    row.payment_term_id, row.currency_id = given.payment_term_id, given.currency or None
    row.credit_limit = given.credit_limit
    for name in CLAIM_WINDOWS:
        setattr(row, name, getattr(given, name))
    row.save()
    announce(CUSTOMER_CHANGED, row, actor=actor)
    return row
