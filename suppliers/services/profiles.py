"""Suppliers: an organisation and its supplier side, written together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken, StaleDocument
from core.outbox import News, announce_many, kind_of
from parties.models import Organisation, PaymentTerm
from parties.services import (
    OrganisationEdit,
    OrganisationInput,
    create_organisations,
    edit_organisations,
    organisation_errors,
)
from parties.services import input_of as organisation_input
from reference import incoterms
from reference.models import Currency
from suppliers import events
from suppliers.flows import ADVANCE, Lifecycle
from suppliers.models import Supplier

ADD, CHANGE = "suppliers.add_supplier", "suppliers.change_supplier"


@dataclass(frozen=True, slots=True)
class SupplierInput:
    """The organisation, and what we usually agree with it. ``currency``, ``incoterm``: codes.

    ``lifecycle`` is where a new supplier starts; an existing one moves by ``move_supplier`` only.
    """

    organisation: OrganisationInput
    currency: str | None = None
    payment_term_id: int | None = None
    incoterm: str = ""
    named_place: str = ""
    lead_time_days: int | None = None
    date_tolerance_days: int = 2
    lifecycle: str = Lifecycle.PROSPECT


@dataclass(frozen=True, slots=True)
class SupplierEdit:
    supplier_id: int
    supplier: SupplierInput
    version: int | None = None


def input_of(supplier: Supplier) -> SupplierInput:
    """The supplier as it stands (with ``organisation`` loaded), in the shape that ``edit_suppliers`` takes."""
    return SupplierInput(
        organisation=organisation_input(supplier.organisation),
        currency=supplier.currency_id,
        payment_term_id=supplier.payment_term_id,
        incoterm=supplier.incoterm,
        named_place=supplier.named_place,
        lead_time_days=supplier.lead_time_days,
        date_tolerance_days=supplier.date_tolerance_days,
        lifecycle=supplier.lifecycle,
    )


def create_supplier(*, actor: Actor, supplier: SupplierInput, organisation_id: int | None = None) -> Supplier:
    """This will add one supplier; see ``create_suppliers``. ``organisation_id``: one we know already becomes a supplier."""
    return create_suppliers(
        actor=actor, suppliers=[supplier], organisation_ids=[organisation_id], pointer=lambda index: ""
    )[0]


@transaction.atomic
def create_suppliers(
    *,
    actor: Actor,
    suppliers: Sequence[SupplierInput],
    organisation_ids: Sequence[int | None] = (),
    pointer=lambda index: f"/{index}",
) -> list[Supplier]:
    """This will add suppliers with their organisations, all or none, as prospects unless they say otherwise.

    Raises RuleBroken with every wrong input named by JSON pointer, and NotAllowed when one should start further on than
    prospect and the actor may not advance suppliers.
    """
    actor.needs(ADD)
    if any(one.lifecycle != Lifecycle.PROSPECT for one in suppliers):
        actor.needs(ADVANCE)
    ids = list(organisation_ids) or [None] * len(suppliers)
    rows = _organisations(actor, [pk for pk in ids if pk])
    pairs = [(_as_supplier(one), rows[pk] if pk else None) for one, pk in zip(suppliers, ids, strict=True)]
    _refuse(_all_errors(actor, [(one, row, None) for one, row in pairs], pointer))
    fresh = [one.organisation for one, row in pairs if row is None]
    made = iter(create_organisations(actor=actor, organisations=fresh) if fresh else [])
    edits = [OrganisationEdit(row.pk, one.organisation) for one, row in pairs if row is not None]
    edited = iter(edit_organisations(actor=actor, edits=edits) if edits else [])
    created = [
        Supplier(
            company_id=actor.company_id,
            organisation=next(made) if row is None else next(edited),
            lifecycle=one.lifecycle,
            **_fields(one),
        )
        for one, row in pairs
    ]
    Supplier.objects.bulk_create(created, batch_size=2000)
    _announce(events.SUPPLIER_CREATED, created, actor)
    return created


def edit_supplier(*, actor: Actor, supplier_id: int, supplier: SupplierInput, version: int | None = None) -> Supplier:
    """This will change one supplier; see ``edit_suppliers``."""
    edits = [SupplierEdit(supplier_id, supplier, version)]
    return edit_suppliers(actor=actor, edits=edits, pointer=lambda index: "")[0]


@transaction.atomic
def edit_suppliers(*, actor: Actor, edits: Sequence[SupplierEdit], pointer=lambda index: f"/{index}") -> list[Supplier]:
    """This will write suppliers and their organisations as given, all or none; lifecycle and hold stay as they are.

    Raises NotVisible for one that is not there, StaleDocument for one changed meanwhile, RuleBroken with every wrong input.
    """
    actor.needs(CHANGE)
    ids = {edit.supplier_id for edit in edits}
    visible = Supplier.objects.visible_to(actor).filter(pk__in=ids).select_related("organisation")
    rows = {row.pk: row for row in visible.select_for_update(of=("self",)).order_by("pk")}
    if len(rows) != len(ids):
        raise NotVisible(_("There is no such supplier."))
    for edit in edits:
        if edit.version is not None and rows[edit.supplier_id].version != edit.version:
            raise StaleDocument(
                _("%(supplier)s was changed by somebody else while you were looking at it. Reload it and try again.")
                % {"supplier": rows[edit.supplier_id]}
            )
    known = [(_as_supplier(edit.supplier), rows[edit.supplier_id]) for edit in edits]
    _refuse(_all_errors(actor, [(one, row.organisation, row) for one, row in known], pointer))
    organisations = [OrganisationEdit(row.organisation_id, one.organisation) for one, row in known]
    written = edit_organisations(actor=actor, edits=organisations)
    for (one, row), organisation in zip(known, written, strict=True):
        row.organisation = organisation
        for name, value in _fields(one).items():
            setattr(row, name, value)
        row.bump()
    changed = [row for _one, row in known]
    if changed:
        Supplier.objects.bulk_update(changed, [*_fields(known[0][0]), "version"], batch_size=1000)
    _announce(events.SUPPLIER_EDITED, changed, actor)
    return changed


def supplier_errors(*, actor: Actor, suppliers: Sequence[tuple[SupplierInput, Supplier | None]]) -> list[list[dict]]:
    """What would be wrong with each of these (new, or changing the one beside it), for a preview; writes nothing."""
    triples = [(_as_supplier(one), row.organisation if row else None, row) for one, row in suppliers]
    found: list[list[dict]] = [[] for _one in suppliers]
    for error in _all_errors(actor, triples, lambda index: f"/{index}"):
        index, _slash, pointer = error["pointer"].lstrip("/").partition("/")
        found[int(index)].append({**error, "pointer": f"/{pointer}"})
    return found


# ---- parts


def _as_supplier(one: SupplierInput) -> SupplierInput:
    return replace(one, organisation=replace(one.organisation, kinds=one.organisation.kinds | {"is_supplier"}))


def _organisations(actor: Actor, ids: Sequence[int]) -> dict[int, Organisation]:
    rows = Organisation.objects.visible_to(actor).in_bulk(ids)
    if len(rows) != len(set(ids)):
        raise NotVisible(_("There is no such organisation."))
    taken = Supplier.objects.filter(organisation_id__in=ids).select_related("organisation").first()
    if taken is not None:
        raise RuleBroken(_("%(organisation)s is a supplier already.") % {"organisation": taken.organisation})
    return rows


def _all_errors(actor: Actor, triples: Sequence[tuple], pointer) -> list[dict]:
    """Of the organisations and of the supplier sides; no field stands on both, so the pointers need not tell."""
    found: list[dict] = []
    pairs = [(one.organisation, organisation) for one, organisation, _row in triples]
    for index, errors in enumerate(organisation_errors(actor=actor, organisations=pairs)):
        at = pointer(index)
        found += [{**error, "pointer": at + error["pointer"]} for error in errors]
    currencies = set(
        Currency.objects.filter(
            pk__in={one.currency for one, *_rest in triples if one.currency}, active=True
        ).values_list("pk", flat=True)
    )
    terms = set(
        PaymentTerm.objects.visible_to(actor)
        .filter(pk__in={one.payment_term_id for one, *_rest in triples if one.payment_term_id})
        .values_list("pk", flat=True)
    )
    for index, (one, _organisation, _row) in enumerate(triples):
        at = pointer(index)

        def wrong(field: str, sentence: str, at=at) -> None:
            found.append({"pointer": f"{at}/{field}", "detail": sentence})

        if one.currency and one.currency not in currencies:
            wrong("currency", _("%(code)s is not a currency in use.") % {"code": one.currency})
        if one.payment_term_id and one.payment_term_id not in terms:
            wrong("payment_term", _("There is no such payment term."))
        rule = incoterms.RULES.get(one.incoterm)
        if one.incoterm and (rule is None or rule.withdrawn):
            wrong("incoterm", _("%(code)s is not an Incoterms 2020 rule.") % {"code": one.incoterm})
        elif one.incoterm and not one.named_place.strip():
            wrong("named_place", _("An Incoterm needs its named place, e.g. FOB Ningbo."))
        if one.lead_time_days is not None and not 0 <= one.lead_time_days <= 1000:
            wrong("lead_time_days", _("Between 0 and 1000 days."))
        if not 0 <= one.date_tolerance_days <= 60:
            wrong("date_tolerance_days", _("Between 0 and 60 days."))
        if one.lifecycle not in Lifecycle.values:
            wrong("lifecycle", _("There is no such step of the lifecycle."))
    return found


def _refuse(errors: list[dict]) -> None:
    if errors:
        said = errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        raise RuleBroken(said, errors=errors)


def _fields(one: SupplierInput) -> dict:
    return {
        "currency_id": one.currency or None,
        "payment_term_id": one.payment_term_id,
        "incoterm": one.incoterm,
        "named_place": one.named_place.strip(),
        "lead_time_days": one.lead_time_days,
        "date_tolerance_days": one.date_tolerance_days,
    }


def _announce(event, rows: Sequence[Supplier], actor: Actor) -> None:
    about = "parties.organisation"
    news = [News(row.pk, row.company_id, [(about, row.organisation_id)]) for row in rows]
    announce_many(event, kind_of(Supplier), news, actor=actor)
