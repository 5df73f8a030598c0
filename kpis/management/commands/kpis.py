import json
from datetime import date
from decimal import Decimal

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from kpis.cash_to_cash import BALANCES, VARIANTS
from kpis.rules import BASES, Rule
from kpis.selectors import DIMENSIONS, METRICS, SIDES, Query, metric_rows
from parties.models import Company

ASKED = ("by", "first", "last", "as_of", "side", "window", "variant", "balance")


def named_company(code: str | None) -> Company:
    """The company of this code; the only one where none is named. Raises CommandError."""
    companies = list(Company.objects.order_by("code"))
    if code is None and len(companies) == 1:
        return companies[0]
    found = next((c for c in companies if c.code == code), None)
    if found is None:
        known = ", ".join(c.code for c in companies) or "none yet"
        raise CommandError(f"Name a company with --company (there are: {known}).")
    return found


class Command(BaseCommand):
    help = "Show a KPI, in total or by a dimension; percentages and days are exact, rounded half up to four decimals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("metric", choices=METRICS, help="which KPI; docs/control-tower.md says what each means")
        parser.add_argument("--company", help="the company's code; may be left out where there is only one")
        parser.add_argument("--by", choices=DIMENSIONS, default="", help="shipment and order count wholes")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day of the period (ISO)")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day of the period (ISO)")
        parser.add_argument("--as-of", type=date.fromisoformat, help="as it stood at the end of this day")
        parser.add_argument("--side", choices=SIDES, default="all", help="what was bought, sold, or both (default)")
        parser.add_argument("--window", type=int, default=365, help="days of cash-to-cash (default 365)")
        parser.add_argument("--variant", choices=VARIANTS, default="finance", help="denominator of days payable")
        parser.add_argument(
            "--balance", choices=BALANCES, default="daily", help="balances of cash-to-cash (default: of every day)"
        )
        parser.add_argument("--early-days", type=int, help="how many days too early is still on time (default: any)")
        parser.add_argument("--late-days", type=int, default=0, help="days of grace (default 0)")
        parser.add_argument(
            "--tolerance", type=Decimal, default=Decimal(0), help="share of the quantity (0.05 is 5 %%)"
        )
        parser.add_argument("--basis", choices=BASES, default="committed", help="the date that counts")
        parser.add_argument("--json", action="store_true", help="print the rows as JSON")

    def handle(self, *args, metric, company, **options) -> None:
        try:
            with scope(system(COMMAND)):
                query = Query(
                    company_id=named_company(company).pk,
                    rule=Rule(options["early_days"], options["late_days"], options["tolerance"], options["basis"]),
                    **{name: options[name] for name in ASKED},
                )
                rows = metric_rows(metric, query)
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = {"metric": metric, "by": query.by or None, "from": query.first, "to": query.last, "rows": rows}
            self.stdout.write(json.dumps(answer, default=str, indent=1, ensure_ascii=False))
        else:
            self._table(rows)

    def _table(self, rows: list[dict]) -> None:
        if not rows:
            self.stdout.write("Nothing in this period.")
            return
        heads = list(rows[0])
        cells = [heads, *([_shown(row.get(head)) for head in heads] for row in rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
        for line in cells:
            first, *rest = (
                text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths, strict=True))
            )
            self.stdout.write("  ".join([first, *rest]).rstrip())


def _shown(value) -> str:
    return "n/a" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
