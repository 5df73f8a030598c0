"""Our own companies."""

from decimal import Decimal
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import lock
from core.errors import NotAllowed, RuleBroken
from core.outbox import News, announce_many, kind_of
from parties import events
from parties.models import Company
from reference.models import Country, Currency

TOLERANCES = ("over_receipt_pct", "price_tolerance_pct", "over_billing_pct")


@transaction.atomic
def create_company(
    *, actor: Actor, code: str, name: str, country: str, base_currency: str, time_zone: str = "UTC"
) -> Company:
    """This will set up a company of ours. Only the system may (manage.py createcompany); its base currency stays for ever."""
    if not actor.all_permissions:
        raise NotAllowed(_("Companies are set up with manage.py createcompany."))
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise RuleBroken(_("A company needs a code and a name."), field="name" if code else "code")
    if Company.objects.filter(code__iexact=code).exists():
        raise RuleBroken(_("There is already a company %(code)s.") % {"code": code}, field="code")
    if not Country.objects.filter(pk=country).exists():
        raise RuleBroken(_("%(code)s is not a known country.") % {"code": country}, field="country")
    if not Currency.objects.filter(pk=base_currency, active=True).exists():
        raise RuleBroken(_("%(code)s is not a currency in use.") % {"code": base_currency}, field="base_currency")
    _check_time_zone(time_zone)
    company = Company.objects.create(
        code=code, name=name, country_id=country, base_currency_id=base_currency, time_zone=time_zone
    )
    _announce(events.COMPANY_CREATED, company, actor)
    return company


@transaction.atomic
def save_company(
    *,
    actor: Actor,
    name: str,
    time_zone: str,
    address: str = "",
    registration_number: str = "",
    tax_number: str = "",
    eori_number: str = "",
    over_receipt_pct: Decimal = Decimal(0),
    price_tolerance_pct: Decimal = Decimal(0),
    over_billing_pct: Decimal = Decimal(0),
    version: int | None = None,
) -> Company:
    """This will change the settings of the actor's company. Its code, country and base currency stay as they are.

    Raises RuleBroken for an unknown time zone or a tolerance outside 0 to 100 percent.
    """
    actor.needs("parties.change_company")
    company = lock(Company.objects.visible_to(actor), actor.company_id or 0, version=version)
    if not name.strip():
        raise RuleBroken(_("A company needs a name."), field="name")
    _check_time_zone(time_zone)
    tolerances = dict(zip(TOLERANCES, (over_receipt_pct, price_tolerance_pct, over_billing_pct), strict=True))
    for field, value in tolerances.items():
        if not 0 <= value <= 100:
            raise RuleBroken(_("A tolerance is between 0 and 100 percent."), field=field)
        setattr(company, field, value)
    company.name, company.time_zone, company.address = name.strip(), time_zone, address.strip()
    company.registration_number, company.tax_number = registration_number.strip(), tax_number.strip()
    company.eori_number = eori_number.strip()
    company.bump()
    company.save()
    _announce(events.COMPANY_CHANGED, company, actor)
    return company


def _check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise RuleBroken(
            _("%(name)s is not a time zone; write it like Europe/Amsterdam.") % {"name": name}, field="time_zone"
        )


def _announce(event, company: Company, actor: Actor) -> None:
    announce_many(event, kind_of(company), [News(company.pk, company.pk)], actor=actor)
