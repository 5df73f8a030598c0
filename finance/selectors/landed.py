"""What goods of a shipment or receipt cost, step by step from the supplier's price to our door."""

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _

from core.web.charts import Chart, Series
from finance.models import ChargeShare
from inventory.models import Component
from logistics.models import ReceiptLine

ZERO = Decimal(0)


def _receipt_lines(kind: str, document):
    rows = ReceiptLine.objects.filter(receipt__cancelled_at=None).select_related("order_line", "receipt")
    rows = rows.filter(receipt__shipment=document) if kind == "shipment" else rows.filter(receipt=document)
    return list(rows.order_by("receipt_id", "pk"))


def landed_lines(kind: str, document) -> list[dict]:
    """Each received line: goods, its charges by component, and what a unit costs at our door (base currency)."""
    lines = _receipt_lines(kind, document)
    parts: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    open_parts: set[int] = set()
    shares = ChargeShare.objects.filter(receipt_line__in=lines)
    for line, component, estimate, actual in shares.values_list(
        "receipt_line_id", "charge__component", "estimate", "actual"
    ):
        parts[line][component] += (estimate or ZERO) if actual is None else actual
        if actual is None:
            open_parts.add(line)
    found = []
    for line in lines:
        quantity = line.accepted_quantity + line.rejected_quantity
        own = parts[line.pk]
        total = line.goods_cost + sum(own.values(), ZERO)
        found.append(
            {
                "line": line,
                "quantity": quantity,
                "goods": line.goods_cost,
                "freight": own["freight"],
                "insurance": own["insurance"],
                "duty": own["duty"],
                "other": own["other"],
                "total": total,
                "unit": (total / quantity).quantize(Decimal("0.0001")) if quantity else None,
                "estimated": line.pk in open_parts,
            }
        )
    return found


def ladder(kind: str, document, base: str) -> Chart | None:
    """The steps from the goods' price to the landed cost, for all that was received; None before anything is."""
    rows = landed_lines(kind, document) if kind != "delivery" else []
    steps = [(component, sum((row[component.value] for row in rows), ZERO)) for component in Component]
    steps = [(component, amount) for component, amount in steps if amount]
    if len(steps) < 2:
        return None
    return Chart(
        kind="ladder",
        title=_("Landed cost of %(document)s") % {"document": document},
        unit=base,
        categories=[str(component.label) for component, _amount in steps],
        keys=["fees" if component == Component.OTHER else component.value for component, _amount in steps],
        series=[Series("goods", _("Cost"), [amount for _component, amount in steps])],
        category_heading=_("Component"),
        total=_("Landed"),
    )
