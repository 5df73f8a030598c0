"""What each KPI means, in words: shown by the API and the pages, so that nobody has to guess a definition."""

from dataclasses import dataclass

from kpis.rules import VERSION


@dataclass(frozen=True, slots=True)
class Definition:
    """A KPI as people may cite it; ``source`` names the standard it follows."""

    name: str
    title: str
    definition: str
    formula: str
    period: str
    source: str
    version: str = VERSION


CATALOGUE = (
    Definition(
        "on-time",
        "On time",
        "Order lines that arrived by the original commit date, over the lines that are due. A promise the supplier moved "
        "himself does not count; a line not received is late from the day after; early is on time.",
        "lines on time / (lines on time + lines late)",
        "the original commit date of the line",
        "SCOR RL.3.32 (delivery performance to commit date)",
    ),
    Definition(
        "otif",
        "On time, in full",
        "Lines that arrived by the original commit date with at least the ordered quantity, over the lines that are due.",
        "lines on time and in full / lines due",
        "the original commit date of the line",
        "common practice; windows and tolerance are parameters",
    ),
    Definition(
        "perfect-order",
        "Perfect order",
        "Orders all of whose lines are on time, complete, undamaged and rightly documented. Provisional, counting what has "
        "not failed, until every claim window is closed; a later credit note restates the period of the commit date.",
        "orders without a failed line / orders",
        "the original commit date of the order's last line",
        "SCOR RL.1.1 (perfect order fulfillment); RL.1.2 on purchase orders",
    ),
    Definition(
        "landed-cost",
        "Landed cost",
        "What received goods cost at the door: goods, freight, insurance, duty and other charges, each at its actual amount "
        "once posted, else at its estimate, over the lines whose freight is known.",
        "goods + freight + insurance + duty + other",
        "the day of the receipt or delivery",
        "largest-remainder shares of each charge, in base currency",
    ),
    Definition(
        "cash-to-cash",
        "Cash-to-cash",
        "Days from paying for goods to being paid for them. Balances are summed at the end of every day of the window; goods "
        "owned and not invoiced count as payables. Beside it stands the figure net of deposits paid and received.",
        "sum of inventory / cost of goods sold + sum of receivables / revenue - sum of payables / cost of goods sold",
        "a window of days up to the as-of day",
        "SCOR AM.1.1; payables over cost of goods sold (finance) or material purchases (SCOR)",
    ),
)
