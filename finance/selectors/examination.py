"""Whether documents comply with a letter of credit: every discrepancy at once, as the bank's one notice states it.

The rules are those of UCP 600, in our words: 14(c) presentation within the credit's days after shipment and before it
expires; 18(b) not more than the credit; 28(f) insurance of at least 110 %; 29 a bank that is closed extends the last day;
30 tolerances of amount and quantity; 31 partial shipments. Banks look at documents, not at goods (art. 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import EXACT, Money, decimals, round_amount
from finance.models import LetterOfCredit
from logistics.models import TradeDocumentType
from reference.calendars import WorkingCalendar, load_calendar, next_working_day, working_days_after
from reference.models import Calendar, Dimension
from reference.units import spoken

EXAMINATION_DAYS = 5  # banking days after the day of presentation, art. 14(b)
USUAL_TOLERANCE = Decimal(5)  # of the quantity, where goods are measured and not counted, art. 30(b)
COUNTED = (Dimension.COUNT, Dimension.SET, Dimension.PACKAGE)
WEEKDAYS = WorkingCalendar("", frozenset({6, 7}), frozenset(), frozenset(), date.max)


@dataclass(frozen=True, slots=True)
class Billed:
    """One order line under the credit: what was ordered of it, and what invoices under the credit bill with this one."""

    sku: str
    ordered: Decimal
    billed: Decimal
    dimension: str


@dataclass(frozen=True, slots=True)
class Papers:
    """What is presented. ``value``: the gross amount of the invoice. ``available``: what is left of the credit.

    ``conflicts``: what contradicts between the papers, or the examiner has found otherwise, in sentences.
    """

    presented: date
    amount: Decimal
    value: Decimal
    available: Decimal
    documents: Sequence[str]
    shipped: date | None = None
    invoice_quantity: Decimal = Decimal(0)
    packing_quantity: Decimal | None = None
    insured: Decimal | None = None
    lines: Sequence[Billed] = ()
    earlier: bool = False  # goods were shipped under the credit before
    conflicts: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    code: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "detail": self.detail}


def latest_presentation(shipped: date, expiry: date, days: int = 21) -> date:
    """The last day for presentation: ``days`` calendar days after shipment, never later than expiry (art. 14(c), F06)."""
    return min(shipped + timedelta(days=days), expiry)


def minimum_cover(value: Decimal, currency: str, percent: Decimal = Decimal(110)) -> Decimal:
    """The least insurance of goods of this value, rounded up: 10,055.31 needs 11,060.85 (art. 28(f)(ii), F08)."""
    step = Decimal(1).scaleb(-decimals(currency))
    return EXACT.divide(EXACT.multiply(value, percent), 100).quantize(step, rounding=ROUND_CEILING)


def quantity_tolerance(stated: Decimal, dimension: str) -> Decimal:
    """Percent by which a quantity may differ: what the credit states, else 5 % of what is not counted in pieces."""
    return stated if dimension in COUNTED else max(stated, USUAL_TOLERANCE)


def banking_calendar(country: str) -> WorkingCalendar:
    """The banking days of a country; where its calendar is not known, Monday to Friday. Three queries at most."""
    return load_calendar(country) if Calendar.objects.filter(pk=country).exists() else WEEKDAYS


def examine_by(presented: date, calendar: WorkingCalendar) -> date:
    """The fifth banking day after presentation: until then the bank may refuse (art. 14(b), 16(d))."""
    return working_days_after(presented, EXAMINATION_DAYS, calendar)


def discrepancies(letter: LetterOfCredit, papers: Papers, calendar: WorkingCalendar) -> list[Discrepancy]:
    """Everything in which the documents do not comply with the credit; an empty list when they do."""
    found = [*_dates(letter, papers, calendar), *_amounts(letter, papers), *_quantities(letter, papers)]
    for missing in [one for one in letter.documents if one not in papers.documents]:
        said = _("%(document)s is missing.") % {"document": TradeDocumentType(missing).label}
        found.append(Discrepancy("missing_document", said))
    found += [Discrepancy("conflict", sentence) for sentence in papers.conflicts]
    return found


def _dates(letter: LetterOfCredit, papers: Papers, calendar: WorkingCalendar) -> list[Discrepancy]:
    found = []
    if papers.shipped and papers.shipped > letter.latest_shipment_date:
        said = {"day": date_format(papers.shipped), "latest": date_format(letter.latest_shipment_date)}
        found.append(Discrepancy("late_shipment", _("Shipped on %(day)s; the latest day was %(latest)s.") % said))
    if papers.presented > next_working_day(letter.expiry_date, calendar):
        said = {"day": date_format(papers.presented), "expiry": date_format(letter.expiry_date)}
        found.append(Discrepancy("expired", _("Presented on %(day)s; the credit expired on %(expiry)s.") % said))
    elif papers.shipped:
        latest = latest_presentation(papers.shipped, letter.expiry_date, letter.presentation_days)
        if papers.presented > next_working_day(latest, calendar):
            days = letter.presentation_days
            said = {
                "day": date_format(papers.presented), "shipped": date_format(papers.shipped),
                "latest": date_format(latest), "days": str(days),
            }  # fmt: skip
            sentence = ngettext(
                "Presented on %(day)s; with %(days)s day after shipment on %(shipped)s the last day was %(latest)s.",
                "Presented on %(day)s; with %(days)s days after shipment on %(shipped)s the last day was %(latest)s.",
                days,
            )
            found.append(Discrepancy("late_presentation", sentence % said))
    return found


def _amounts(letter: LetterOfCredit, papers: Papers) -> list[Discrepancy]:
    found, currency = [], letter.currency_id
    if papers.amount > papers.available:
        said = {"amount": _money(papers.amount, currency), "left": _money(papers.available, currency)}
        found.append(
            Discrepancy("overdrawn", _("%(amount)s is drawn; of the credit and its tolerance %(left)s is left.") % said)
        )
    if TradeDocumentType.INSURANCE_CERTIFICATE in letter.documents:
        least = minimum_cover(papers.value, currency, letter.insurance_percent)
        said = {
            "least": _money(least, currency), "percent": f"{letter.insurance_percent.normalize():f}",
            "value": _money(papers.value, currency), "cover": _money(papers.insured or Decimal(0), currency),
        }  # fmt: skip
        if papers.insured is None and TradeDocumentType.INSURANCE_CERTIFICATE in papers.documents:
            found.append(Discrepancy("insurance", _("The insurance states no amount; %(least)s is needed.") % said))
        elif papers.insured is not None and papers.insured < least:
            sentence = _("Insured for %(cover)s; %(percent)s %% of %(value)s is %(least)s.") % said
            found.append(Discrepancy("insurance", sentence))
    return found


def _quantities(letter: LetterOfCredit, papers: Papers) -> list[Discrepancy]:
    found = []
    if papers.packing_quantity is not None and papers.packing_quantity != papers.invoice_quantity:
        said = {"invoice": spoken(papers.invoice_quantity), "packing": spoken(papers.packing_quantity)}
        sentence = _("The invoice states a quantity of %(invoice)s, the packing list %(packing)s.") % said
        found.append(Discrepancy("quantity_conflict", sentence))
    short = False
    for line in papers.lines:
        part = EXACT.divide(quantity_tolerance(letter.tolerance_percent, line.dimension), 100)
        if line.billed > EXACT.multiply(line.ordered, 1 + part):
            said = {"sku": line.sku, "billed": spoken(line.billed), "ordered": spoken(line.ordered)}
            sentence = _("Of %(sku)s %(billed)s is invoiced under the credit, %(ordered)s was ordered.") % said
            found.append(Discrepancy("over_quantity", sentence))
        short = short or line.billed < EXACT.multiply(line.ordered, 1 - part)
    if not letter.partial_shipments and (short or papers.earlier):
        found.append(Discrepancy("partial_shipment", _("Part of the goods is shipped; the credit does not allow it.")))
    return found


def _money(amount: Decimal, currency: str) -> str:
    return str(Money(round_amount(amount, currency), currency))
