from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from tqdm import tqdm

from core.actor import COMMAND, system
from core.scope import scope
from kpis import services
from kpis.management.commands.kpis import named_company
from parties.models import Company


class Command(BaseCommand):
    help = (
        "Compute every KPI fact and roll-up again from the documents. With --verify it only compares, and exits 1 naming "
        "the keys at which what is stored differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", help="the code of one company; all of them where none is named")
        parser.add_argument("--verify", action="store_true", help="compare and write nothing")

    def handle(self, *args, company, verify, verbosity=1, **options) -> None:
        companies = [named_company(company)] if company else list(Company.objects.order_by("code"))
        found: list[str] = []
        for one in companies:
            with (
                scope(system(COMMAND)),
                tqdm(unit=" documents", desc=one.code, disable=None if verbosity else True) as bar,
            ):
                work = services.find_differences if verify else services.rebuild
                found += work(company_id=one.pk, now=timezone.now(), progress=bar.update) or []
            if verbosity and not verify:
                self.stdout.write(f"{one.code}: rebuilt.")
        for difference in found:
            self.stderr.write(difference)
        if found:
            self.stderr.write("Stored KPIs differ from the documents. Drain the outbox, then run rebuild_kpis.")
            raise SystemExit(1)
        if verbosity and verify:
            self.stdout.write("Every stored fact and roll-up is what the documents say.")
