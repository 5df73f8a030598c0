"""What doors are given, turned into what services take: packed quantities become stock units, once, here."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from core.actor import Actor
from core.errors import RuleBroken
from core.money import EXACT, line_total
from inventory.selectors import Converter
from sales.services import LineInput, OrderInput
from sales.services.orders import raise_errors

SIX_PLACES = Decimal("0.000001")


class OrderReader:
    """Orders as plain data (the API's names) in, OrderInput out; the units of all of them are looked up once."""

    def __init__(
        self, actor: Actor, rows: Sequence[dict], *, pointer: Callable[[int], str] = lambda index: f"/{index}"
    ):
        self.rows, self.pointer = rows, pointer
        self.converter = Converter.for_products(actor, {line["product"] for row in rows for line in row["lines"]})

    def orders(self) -> list[OrderInput]:
        """Raises RuleBroken naming every line whose unit does not fit its product."""
        errors: list[dict] = []
        found = []
        for index, row in enumerate(self.rows):
            lines = []
            for number, line in enumerate(row["lines"]):
                try:
                    lines.append(self._line(line, (row.get("currency") or "").upper()))
                except RuleBroken as refusal:
                    field = "unit" if refusal.errors and refusal.errors[0]["pointer"] == "/unit" else "quantity"
                    errors.append({"pointer": f"{self.pointer(index)}/lines/{number}/{field}", "detail": str(refusal)})
            found.append(self._order(row, lines))
        raise_errors(errors)
        return found

    def _line(self, line: dict, currency: str) -> LineInput:
        """A carton of 12 at 65 is 12 pieces at 5.416667, and still 65 in all (X11)."""
        unit = line.get("unit") or ""
        quantity, price, amount = line["quantity"], line["unit_price"], None
        factor = self.converter.factor(line["product"], unit)
        if factor != 1:
            quantity = self.converter.quantity(line["product"], quantity, unit)
            amount = line_total(line["quantity"], price, currency) if _known(currency) else None
            price = EXACT.divide(price, factor).quantize(SIX_PLACES)
        return LineInput(
            product_id=line["product"],
            quantity=quantity,
            unit_price=price,
            promised_date=line.get("promised_date"),
            description=line.get("description") or "",
            amount=amount,
        )

    def _order(self, row: dict, lines: list[LineInput]) -> OrderInput:
        return OrderInput(
            customer_id=row["customer"],
            warehouse_id=row["warehouse"],
            order_date=row["order_date"],
            currency=(row.get("currency") or "").upper(),
            lines=lines,
            customer_reference=row.get("customer_reference") or "",
            ship_to_country=(row.get("ship_to_country") or "").upper() or None,
            incoterm=(row.get("incoterm") or "").upper(),
            mode=row.get("mode") or "",
            payment_term_id=row.get("payment_term"),
            sample=row.get("sample") or False,
            remarks=row.get("remarks") or "",
            number=row.get("number") or "",
        )


def _known(currency: str) -> bool:
    """Whether it looks like a currency; if not, the service says so in its own words."""
    return len(currency) == 3 and currency.isascii() and currency.isalpha()
