"""Everything that changes reference data: rates typed in or loaded, and the published facts.

Facts are loaded whole and again at will: what is already so is left alone, what differs is corrected, and nothing is
ever deleted, because documents refer to it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import RuleBroken
from core.money import check_currency, exact
from reference import exchange
from reference.models import MANUAL, Currency, ExchangeRate, RateKind

ADD_RATE = "reference.add_exchangerate"
IMPLAUSIBLE = Decimal("1.5")  # a typed rate this far from the last known one is asked about,
_MOVES, _LOOKS_INVERTED = Decimal("1.1"), Decimal("1.2")  # or one that moved a tenth and comes close to the inverse
_LARGEST = Decimal(10) ** 12
_FINEST = Decimal(10) ** -12


@dataclass
class Loaded:
    """What a load did: rows read, rows that were new, rows whose value differed and was corrected."""

    read: int = 0
    new: int = 0
    changed: int = 0

    def __iadd__(self, other: "Loaded") -> "Loaded":
        self.read, self.new, self.changed = self.read + other.read, self.new + other.new, self.changed + other.changed
        return self

    def __str__(self):
        return _("%(read)s rows read, %(new)s new, %(changed)s changed") % vars(self)


@transaction.atomic
def set_exchange_rate(
    *,
    actor: Actor,
    base: str,
    quote: str,
    on: date,
    rate: Decimal,
    kind: str = RateKind.MARKET,
    note: str = "",
    confirmed: bool = False,
    today: date | None = None,
) -> ExchangeRate:
    """This will record that on ``on`` one unit of ``base`` costs ``rate`` units of ``quote``, typed in by ``actor``.

    A rate typed in before for that pair, kind and day is corrected (the audit trail keeps the old one); published rates
    stay beside it and give way to it on that day. Amounts already posted keep the rate they were posted with.
    Raises NotAllowed without reference.add_exchangerate, and RuleBroken for the same or an unknown currency, a rate
    that is not above zero, a market rate of a day after ``today``, and, unless ``confirmed``, a rate more than half
    above or a third below the last known one, or one that looks like its inverse: it is usually the other direction,
    or a slipped decimal point.
    """
    actor.needs(ADD_RATE)
    if kind not in RateKind.values:
        raise RuleBroken(_("A rate is either a market or a customs rate."), field="kind")
    if check_currency(base) == check_currency(quote):
        raise RuleBroken(_("A rate is between two different currencies."), field="quote")
    known = set(Currency.objects.filter(code__in=[base, quote]).values_list("code", flat=True))
    for field, code in (("base", base), ("quote", quote)):
        if code not in known:
            raise RuleBroken(_("%(code)s is not among the currencies.") % {"code": code}, field=field)
    rate = exact(rate)
    if rate <= 0:
        raise RuleBroken(_("An exchange rate is greater than zero."), field="rate")
    if rate >= _LARGEST or rate != rate.quantize(_FINEST):
        raise RuleBroken(
            _("An exchange rate has at most 12 digits before and 12 after the decimal point."), field="rate"
        )
    if today and on > today and kind == RateKind.MARKET:
        raise RuleBroken(
            _("%(day)s has not come yet: a market rate is of a day that has.") % {"day": date_format(on, "j M Y")},
            field="on",
        )
    if not confirmed:
        _ask_when_implausible(base, quote, on, rate)
    found, created = ExchangeRate.objects.select_for_update().get_or_create(
        kind=kind, base_id=base, quote_id=quote, date=on, source=MANUAL, defaults={"rate": rate, "note": note}
    )
    if not created and (found.rate, found.note) != (rate, note):
        found.rate, found.note = rate, note
        found.save(update_fields=["rate", "note"])
    return found


def _ask_when_implausible(base: str, quote: str, on: date, rate: Decimal) -> None:
    try:
        last = exchange.find_rate(base, quote, on, max_age_days=366)
    except RuleBroken:
        return  # nothing to compare with
    inverted = _near(rate, 1 / last.value, _LOOKS_INVERTED) and not _near(rate, last.value, _MOVES)
    if _near(rate, last.value, IMPLAUSIBLE) and not inverted:
        return
    told = {
        "rate": f"{rate.normalize():f}",
        "base": base,
        "quote": quote,
        "last": f"{last.value:.6g}",
        "day": date_format(last.date, "j M Y"),
    }
    said = _("%(rate)s %(quote)s for one %(base)s is far from the last known rate, %(last)s of %(day)s.") % told
    if inverted:
        said += " " + _("It looks like the other direction, %(quote)s to %(base)s.") % told
    raise RuleBroken(said + " " + _("Confirm it if it is right."), field="rate")


def _near(rate: Decimal, other: Decimal, factor: Decimal) -> bool:
    return other / factor <= rate <= other * factor


Quotation = tuple[date, str, Decimal]  # day, currency, units of it for one unit of the base

_UPSERT_RATES = """
INSERT INTO {table} AS old (kind, base_id, quote_id, date, rate, source, note)
SELECT %s, %s, w.quote, w.date, w.rate, %s, ''
FROM unnest(%s::date[], %s::text[], %s::numeric[]) AS w(date, quote, rate)
ON CONFLICT (kind, base_id, quote_id, date, source) DO UPDATE SET rate = excluded.rate WHERE old.rate <> excluded.rate
RETURNING (xmax = 0)
"""


@transaction.atomic
def load_exchange_rates(
    *,
    actor: Actor,
    quotations: Iterable[Quotation],
    source: str,
    base: str = exchange.PIVOT,
    kind: str = RateKind.MARKET,
    batch: int = 20_000,
    progress: Callable[[int], object] | None = None,
) -> Loaded:
    """This will record published ``quotations`` (what one unit of ``base`` costs in a currency on a day), in bulk.

    Loading the same again changes nothing; a rate that the publisher corrected is corrected. ``progress`` is called
    with the number of rows after each batch. All or nothing: raises RuleBroken for a currency that is not known, a rate
    that is not above zero, or two different rates for one day, and NotAllowed without reference.add_exchangerate.
    """
    actor.needs(ADD_RATE)
    if source == MANUAL:
        raise RuleBroken(_("A published file needs the name of its publisher."), field="source")
    known = set(Currency.objects.values_list("code", flat=True))
    loaded = Loaded()
    rows: dict[tuple[date, str], Decimal] = {}
    for day, currency, value in quotations:
        if currency not in known or currency == base:
            raise RuleBroken(_("%(code)s is not among the currencies.") % {"code": currency}, field="quote")
        if not 0 < exact(value) < _LARGEST:
            raise RuleBroken(
                _("%(rate)s is not a rate (%(code)s on %(day)s).") % {"rate": value, "code": currency, "day": day},
                field="rate",
            )
        loaded.read += 1
        if rows.setdefault((day, currency), value) != value:
            raise RuleBroken(_("%(code)s has two rates on %(day)s.") % {"code": currency, "day": day}, field="rate")
        if len(rows) >= batch:
            _upsert(rows, source, base, kind, loaded, progress)
            rows = {}
    _upsert(rows, source, base, kind, loaded, progress)
    return loaded


def _upsert(rows: dict, source: str, base: str, kind: str, loaded: Loaded, progress) -> None:
    if not rows:
        return
    days, currencies = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT_RATES.format(table=ExchangeRate._meta.db_table),
            [kind, base, source, list(days), list(currencies), list(rows.values())],
        )
        for (is_new,) in cursor.fetchall():
            loaded.new += is_new
            loaded.changed += not is_new
    if progress:
        progress(len(rows))


@transaction.atomic
def load_facts(
    *, actor: Actor, model: type[models.Model], rows: Sequence[dict], key: Sequence[str] = ("pk",)
) -> Loaded:
    """This will make the rows of ``model`` say what ``rows`` say, by ``key``; rows not mentioned stay as they are.

    Returns how many were read, new and changed. For published facts only, by the system (commands and set-up).
    """
    actor.needs("reference.load_facts")
    found = {tuple(getattr(row, name) for name in key): row for row in model._default_manager.all()}
    new, changed, touched = [], [], set()
    for values in rows:
        wanted = model(**values)
        row = found.get(tuple(getattr(wanted, name) for name in key))
        if row is None:
            new.append(wanted)
            found[tuple(getattr(wanted, name) for name in key)] = wanted
            continue
        names = [model._meta.get_field(name).attname for name in values]  # type: ignore[union-attr]
        different = [name for name in names if getattr(row, name) != getattr(wanted, name)]
        if different:
            for name in different:
                setattr(row, name, getattr(wanted, name))
            changed.append(row)
            touched.update(different)
    model._default_manager.bulk_create(new, batch_size=2000)
    if changed:
        model._default_manager.bulk_update(changed, sorted(touched), batch_size=500)
    return Loaded(read=len(rows), new=len(new), changed=len(changed))
