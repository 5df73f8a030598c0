from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from ledger.services import open_year
from parties.services import create_company


class Command(BaseCommand):
    help = "Set up a company of ours, with the periods of this year and the next. Its base currency stays for ever."

    def add_arguments(self, parser):
        parser.add_argument("code", help="short, e.g. HP")
        parser.add_argument("name", help="as it stands on documents")
        parser.add_argument("--country", required=True, help="two letters, e.g. NL")
        parser.add_argument("--currency", required=True, help="the base currency, e.g. EUR")
        parser.add_argument("--time-zone", default="UTC", help="e.g. Europe/Amsterdam")

    def handle(self, *args, code, name, country, currency, time_zone, **options):
        actor = system(COMMAND)
        try:
            with scope(actor):
                company = create_company(
                    actor=actor,
                    code=code,
                    name=name,
                    country=country.upper(),
                    base_currency=currency.upper(),
                    time_zone=time_zone,
                )
                year = timezone.localdate().year
                for one in (year, year + 1):
                    open_year(company_id=company.pk, year=one)
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{company.name} is set up. Next: createuser EMAIL --name … --company {company.code} --role admin"
        )
