"""Amounts of money: exact, always with their currency, rounded once, and shared out to the last minor unit.

Where the rules come from:

* **Decimals of a currency**: the "minor unit" column of ISO 4217 (list one). Yen, won, dong and CFP franc have none;
  the dinars of Kuwait, Bahrain, Jordan, Iraq, Libya and Tunisia and the rial of Oman have three; two is the default.
* **Rounding**: half away from zero, once, at the line total (the commercial rounding of DIN 1333; EN 16931 rounds an
  invoice line the same way). Unit prices and exchange rates keep all their digits.
* **Sharing a cost** over lines: largest remainder (Hamilton's method of apportionment) in minor units; of equal
  remainders the earlier line wins; a credit is the mirror image of the debit. So the parts always add up to the whole,
  and no part is a full minor unit away from its exact share.

Nothing here accepts a float: 0.1 + 0.2 is not 0.3, and an invoice that is a cent off is a dispute.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from django.utils.translation import gettext as _

from core.errors import RuleBroken

# 60 digits hold any numeric(18,x) times any numeric(18,y) exactly; the default context (28) would round in silence.
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

_DECIMALS = {
    code: places
    for places, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}
_CODE = re.compile(r"[A-Z]{3}")


class CurrencyMismatch(RuleBroken):
    """Amounts of two currencies were added, subtracted or compared without an exchange rate."""

    code = "currency_mismatch"


def decimals(currency: str) -> int:
    """This will return how many decimals an amount of ``currency`` has (ISO 4217 minor unit; 2 unless listed)."""
    return _DECIMALS.get(check_currency(currency), 2)


def check_currency(currency: str) -> str:
    """This will return ``currency`` when it looks like an ISO 4217 code (three capitals), else raise RuleBroken."""
    if not isinstance(currency, str) or not _CODE.fullmatch(currency):
        raise RuleBroken(
            _("“%(code)s” is not a currency code: three capital letters, such as USD or CNY.") % {"code": currency},
            field="currency",
        )
    return currency


def exact(value: Decimal | int) -> Decimal:
    """This will return ``value`` as a finite Decimal. A float or any other type raises TypeError, NaN RuleBroken."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"Money is counted in Decimal, not {type(value).__name__}: {value!r}")
    value = Decimal(value)
    if not value.is_finite():
        raise RuleBroken(_("This is not a number."), field="amount")
    return value


def round_amount(amount: Decimal | int, currency: str) -> Decimal:
    """This will round ``amount`` half away from zero to the currency's decimals (2.675 USD → 2.68, −0.5 JPY → −1)."""
    step = Decimal(1).scaleb(-decimals(currency))
    return EXACT.add(exact(amount).quantize(step, context=EXACT), 0)  # + 0 turns −0.00 into 0.00


def line_total(quantity: Decimal | int, unit_price: Decimal | int, currency: str) -> Decimal:
    """This will return quantity × unit price, multiplied exactly and rounded once, to the decimals of ``currency``."""
    return round_amount(EXACT.multiply(exact(quantity), exact(unit_price)), currency)


def to_units(amount: Decimal | int, currency: str) -> int:
    """This will return ``amount`` in minor units (12.34 USD → 1234); a fraction of a minor unit raises RuleBroken."""
    units = exact(amount).scaleb(decimals(currency), context=EXACT)
    if units != units.to_integral_value():
        raise RuleBroken(
            _("%(amount)s %(currency)s is too fine: %(currency)s has %(decimals)s decimals. Round the amount first.")
            % {"amount": amount, "currency": currency, "decimals": decimals(currency)},
            field="amount",
        )
    return int(units)


def from_units(units: int, currency: str) -> Decimal:
    """This will return the amount that ``units`` minor units make (1234 → 12.34 USD, 1234 → 1234 JPY)."""
    return exact(units).scaleb(-decimals(currency), context=EXACT)


def allocate_units(total: int, weights: Sequence[Decimal | int]) -> list[int]:
    """This will split ``total`` minor units in proportion to ``weights`` by largest remainder.

    The parts add up to ``total``; each is its exact share rounded down or up; a weight of zero gets nothing; of equal
    remainders the earlier position gets the unit. A negative total is the mirror image of the positive one.
    Raises RuleBroken when the weights total zero (there is nothing to share by) or one is negative.
    """
    if isinstance(total, bool) or not isinstance(total, int):
        raise TypeError(f"Minor units are whole numbers, not {type(total).__name__}: {total!r}")
    shares = _as_integers(weights)
    if any(share < 0 for share in shares):
        raise RuleBroken(_("A cost cannot be shared by negative weights."))
    whole = sum(shares)
    if whole == 0:
        raise RuleBroken(
            _(
                "The cost cannot be shared: what it is shared by (value, weight, volume or quantity) totals zero. "
                "Fill it in or choose another basis."
            )
        )
    if total < 0:
        return [-part for part in allocate_units(-total, shares)]
    parts, remainders = [], []
    for share in shares:
        part, remainder = divmod(total * share, whole)
        parts.append(part)
        remainders.append(remainder)
    left = total - sum(parts)
    for position in sorted(range(len(parts)), key=lambda i: (-remainders[i], i))[:left]:
        parts[position] += 1
    return parts


def allocate(total: Decimal | int, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """This will share ``total`` out over ``weights``, in minor units of ``currency``, so that the parts add up to it.

    Raises RuleBroken when the weights total zero, one is negative, or ``total`` has a fraction of a minor unit.
    See ``allocate_units`` for the method.
    """
    return [from_units(part, currency) for part in allocate_units(to_units(total, currency), weights)]


def share_of_rest(rest: Decimal, quantity: Decimal | int, quantity_left: Decimal | int, currency: str) -> Decimal:
    """This will return what ``quantity`` takes along of ``rest``, which ``quantity_left`` (it included) still carries.

    Used where goods leave one by one: the last piece takes exactly what is left, so the residual is always nil.
    Raises RuleBroken when more leaves than is left.
    """
    quantity, quantity_left = exact(quantity), exact(quantity_left)
    if not 0 <= quantity <= quantity_left or quantity_left == 0:
        raise RuleBroken(
            _("%(quantity)s cannot leave: only %(left)s is left.") % {"quantity": quantity, "left": quantity_left},
            field="quantity",
        )
    if quantity == quantity_left:
        return exact(rest)
    return round_amount(EXACT.divide(EXACT.multiply(exact(rest), quantity), quantity_left), currency)


def _as_integers(weights: Sequence[Decimal | int]) -> list[int]:
    """The weights times one power of ten, so that proportions are computed on integers, exactly."""
    values = [exact(weight) for weight in weights]
    places = max((-min(int(value.as_tuple().exponent), 0) for value in values), default=0)
    return [int(value.scaleb(places, context=Context(prec=200))) for value in values]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency. Two currencies never mix: adding or comparing them raises CurrencyMismatch.

    Multiplying keeps every digit; ``rounded()`` is called once, where a line total is formed.
    """

    amount: Decimal
    currency: str

    def __post_init__(self):
        object.__setattr__(self, "amount", exact(self.amount))
        check_currency(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(from_units(0, currency), currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """This will add up ``amounts``, all of which must be in ``currency``; of nothing, it is zero."""
        return sum(amounts, cls.zero(currency))

    def rounded(self) -> "Money":
        return Money(round_amount(self.amount, self.currency), self.currency)

    def allocate(self, weights: Sequence[Decimal | int]) -> list["Money"]:
        return [Money(part, self.currency) for part in allocate(self.amount, weights, self.currency)]

    def at_rate(self, rate: Decimal, currency: str) -> "Money":
        """This will return the amount times ``rate`` (``currency`` for one unit of ours), with every digit kept.

        A rate that is zero or negative raises RuleBroken: money does not vanish in an exchange.
        """
        if exact(rate) <= 0:
            raise RuleBroken(
                _("An exchange rate is greater than zero; %(rate)s is not.") % {"rate": rate}, field="rate"
            )
        return Money(EXACT.multiply(self.amount, rate), currency)

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                _("%(one)s and %(other)s are in different currencies. Convert one at the rate of a stated day first.")
                % {"one": self, "other": other}
            )
        return other.amount

    def __add__(self, other):
        if not isinstance(other, Money):
            return NotImplemented
        return Money(EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other):
        if not isinstance(other, Money):
            return NotImplemented
        return Money(EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __mul__(self, factor):
        if isinstance(factor, Money):
            return NotImplemented
        return Money(EXACT.multiply(self.amount, exact(factor)), self.currency)

    __rmul__ = __mul__

    def __neg__(self):
        return Money(EXACT.minus(self.amount), self.currency)

    def __abs__(self):
        return Money(EXACT.abs(self.amount), self.currency)

    def __lt__(self, other):
        return self.amount < self._same(other) if isinstance(other, Money) else NotImplemented

    def __le__(self, other):
        return self.amount <= self._same(other) if isinstance(other, Money) else NotImplemented

    def __gt__(self, other):
        return self.amount > self._same(other) if isinstance(other, Money) else NotImplemented

    def __ge__(self, other):
        return self.amount >= self._same(other) if isinstance(other, Money) else NotImplemented

    def __str__(self):
        """“1,234.50 USD”: at least the currency's own decimals, more where the amount has them."""
        places = max(decimals(self.currency), -self.amount.as_tuple().exponent)
        return f"{self.amount:,.{places}f} {self.currency}"
