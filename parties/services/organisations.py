"""Organisations: added, changed, archived and taken back into use, one or thousands at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken, StaleDocument
from core.outbox import News, announce_many, kind_of
from parties import events
from parties.models import SPOKEN, Organisation
from parties.services.numbers import clean_registration, clean_tax_number
from reference.models import Country


@dataclass(frozen=True, slots=True)
class OrganisationInput:
    """What a person types about an organisation. ``kinds``: the hats it wears, as in ``Organisation.KINDS``."""

    code: str
    name: str
    country: str
    kinds: frozenset[str] = frozenset()
    name_local: str = ""
    city: str = ""
    address: str = ""
    registration_number: str = ""
    tax_number: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class OrganisationEdit:
    organisation_id: int
    organisation: OrganisationInput
    version: int | None = None


_TEXTS = ("name_local", "city", "address", "contact_name", "phone")


def input_of(organisation: Organisation) -> OrganisationInput:
    """The organisation as it stands, in the shape that ``edit_organisations`` takes."""
    names = ("code", "name", "registration_number", "tax_number", "email", "language", *_TEXTS)
    return OrganisationInput(
        country=organisation.country_id,
        kinds=frozenset(kind for kind in Organisation.KINDS if getattr(organisation, kind)),
        **{name: getattr(organisation, name) for name in names},
    )


def create_organisation(*, actor: Actor, organisation: OrganisationInput) -> Organisation:
    """This will add one organisation; see ``create_organisations``. Error pointers start at it: /code."""
    return create_organisations(actor=actor, organisations=[organisation], pointer=lambda index: "")[0]


@transaction.atomic
def create_organisations(
    *, actor: Actor, organisations: Sequence[OrganisationInput], pointer=lambda index: f"/{index}"
) -> list[Organisation]:
    """This will add organisations, all or none. Raises RuleBroken with every wrong input named by JSON pointer."""
    actor.needs("parties.add_organisation")
    known = _Known(actor, organisations)
    _refuse([e for n, one in enumerate(organisations) for e in _errors(one, None, known, pointer(n))])
    created = [Organisation(company_id=actor.company_id, **_fields(one)) for one in organisations]
    Organisation.objects.bulk_create(created, batch_size=2000)
    _announce(events.ORGANISATION_CREATED, created, actor)
    return created


def edit_organisation(
    *, actor: Actor, organisation_id: int, organisation: OrganisationInput, version: int | None = None
) -> Organisation:
    """This will change one organisation; see ``edit_organisations``."""
    edits = [OrganisationEdit(organisation_id, organisation, version)]
    return edit_organisations(actor=actor, edits=edits, pointer=lambda index: "")[0]


@transaction.atomic
def edit_organisations(
    *, actor: Actor, edits: Sequence[OrganisationEdit], pointer=lambda index: f"/{index}"
) -> list[Organisation]:
    """This will write organisations as given, all or none.

    Raises NotVisible for one that is not there, StaleDocument for one changed meanwhile, RuleBroken with every wrong input.
    """
    actor.needs("parties.change_organisation")
    rows = _locked(actor, [edit.organisation_id for edit in edits])
    for edit in edits:
        if edit.version is not None and rows[edit.organisation_id].version != edit.version:
            raise StaleDocument(
                _(
                    "%(organisation)s was changed by somebody else while you were looking at it. Reload it and try again."
                )
                % {"organisation": rows[edit.organisation_id]}
            )
    known = _Known(actor, [edit.organisation for edit in edits])
    _refuse(
        [
            error
            for n, edit in enumerate(edits)
            for error in _errors(edit.organisation, rows[edit.organisation_id], known, pointer(n))
        ]
    )
    changed = []
    for edit in edits:
        row = rows[edit.organisation_id]
        for name, value in _fields(edit.organisation).items():
            setattr(row, name, value)
        row.bump()
        changed.append(row)
    if changed:
        names = [*_fields(edits[0].organisation), "version"]
        Organisation.objects.bulk_update(changed, names, batch_size=1000)
    _announce(events.ORGANISATION_EDITED, changed, actor)
    return changed


@transaction.atomic
def archive_organisations(*, actor: Actor, organisation_ids: Sequence[int]) -> list[Organisation]:
    """This will take organisations out of use: nothing new is ordered from or sold to them; what runs, runs on."""
    return _set_active(actor, organisation_ids, active=False, event=events.ORGANISATION_ARCHIVED)


@transaction.atomic
def restore_organisations(*, actor: Actor, organisation_ids: Sequence[int]) -> list[Organisation]:
    """This will take archived organisations back into use."""
    return _set_active(actor, organisation_ids, active=True, event=events.ORGANISATION_RESTORED)


def organisation_errors(
    *, actor: Actor, organisations: Sequence[tuple[OrganisationInput, Organisation | None]]
) -> list[list[dict]]:
    """What would be wrong with each of these (new, or changing the one beside it), for a preview; writes nothing."""
    known = _Known(actor, [one for one, _row in organisations])
    return [_errors(one, row, known, "") for one, row in organisations]


# ---- parts


def _set_active(actor: Actor, ids: Sequence[int], *, active: bool, event) -> list[Organisation]:
    actor.needs("parties.change_organisation")
    rows = [row for row in _locked(actor, ids).values() if row.active != active]
    for row in rows:
        row.active = active
        row.bump()
    Organisation.objects.bulk_update(rows, ["active", "version"], batch_size=2000)
    _announce(event, rows, actor)
    return rows


def _locked(actor: Actor, ids: Sequence[int]) -> dict[int, Organisation]:
    visible = Organisation.objects.visible_to(actor).filter(pk__in=set(ids))
    rows = {row.pk: row for row in visible.select_for_update(of=("self",)).order_by("pk")}
    if len(rows) != len(set(ids)):
        raise NotVisible(_("There is no such organisation."))
    return rows


class _Known:
    """What a set of organisations names, each fetched once."""

    def __init__(self, actor: Actor, organisations: Sequence[OrganisationInput]):
        own = Organisation.objects.visible_to(actor)
        self.countries = set(
            Country.objects.filter(pk__in={one.country for one in organisations}).values_list("pk", flat=True)
        )
        self.by_code = dict(own.filter(code__in={one.code.strip() for one in organisations}).values_list("code", "pk"))
        numbers = {_quietly(one) for one in organisations} - {""}
        found = own.filter(registration_number__in=numbers) if numbers else own.none()
        self.by_number = {
            number: (pk, code) for number, pk, code in found.values_list("registration_number", "pk", "code")
        }
        self.codes_seen: set[str] = set()
        self.numbers_seen: set[str] = set()


def _quietly(one: OrganisationInput) -> str:
    try:
        return clean_registration(one.registration_number, one.country)
    except RuleBroken:
        return ""


def _errors(one: OrganisationInput, row: Organisation | None, known: _Known, at: str) -> list[dict]:
    found: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        found.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    code, pk = one.code.strip(), row.pk if row else None
    if not code:
        wrong("code", _("An organisation needs a short code, e.g. NB-01."))
    elif code in known.codes_seen or known.by_code.get(code, pk) != pk:
        wrong("code", _("There is already an organisation %(code)s.") % {"code": code})
    known.codes_seen.add(code)
    if not one.name.strip():
        wrong("name", _("An organisation needs a name."))
    if one.country not in known.countries:
        wrong("country", _("%(code)s is not a known country.") % {"code": one.country})
    if not one.kinds:
        wrong("kinds", _("Say what this organisation is to us: customer, forwarder, …"))
    elif one.kinds - set(Organisation.KINDS):
        wrong("kinds", _("There is no kind %(kind)s.") % {"kind": min(one.kinds - set(Organisation.KINDS))})
    if one.language not in dict(SPOKEN):
        wrong("language", _("%(code)s is not one of the languages.") % {"code": one.language})
    try:
        number = clean_registration(one.registration_number, one.country)
        other = known.by_number.get(number) if number else None
        if other is not None and other[0] != pk:
            wrong("registration_number", _("%(code)s already has this registration number.") % {"code": other[1]})
        elif number and number in known.numbers_seen:
            wrong("registration_number", _("This registration number stands here twice."))
        known.numbers_seen |= {number} - {""}
    except RuleBroken as error:
        wrong("registration_number", str(error))
    try:
        clean_tax_number(one.tax_number)
    except RuleBroken as error:
        wrong("tax_number", str(error))
    return found


def _refuse(errors: list[dict]) -> None:
    if errors:
        said = errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        raise RuleBroken(said, errors=errors)


def _fields(one: OrganisationInput) -> dict:
    return {
        "code": one.code.strip(),
        "name": one.name.strip(),
        "country_id": one.country,
        "registration_number": clean_registration(one.registration_number, one.country),
        "tax_number": clean_tax_number(one.tax_number),
        "email": one.email.strip(),
        "language": one.language,
        **{name: getattr(one, name).strip() for name in _TEXTS},
        **{kind: kind in one.kinds for kind in Organisation.KINDS},
    }


def _announce(event, rows: Sequence[Organisation], actor: Actor) -> None:
    announce_many(event, kind_of(Organisation), [News(row.pk, row.company_id) for row in rows], actor=actor)
