import sys

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from parties.models import Company
from samples.simulator.facts import COMPANY
from samples.simulator.play import play


class Command(BaseCommand):
    help = "Make the sample company Harbor & Pine and play its last 400 days through the services, from a seed."

    def add_arguments(self, parser):
        parser.add_argument(
            "--orders",
            type=int,
            default=60,
            help="purchase orders of history (default 60, at most 5,000); some ten more are under way",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day give the same world")

    def handle(self, *, orders: int, seed: int, verbosity: int, **options):
        if not 1 <= orders <= 5000:
            raise CommandError("Play between 1 and 5,000 purchase orders.")
        with scope(system(COMMAND)):
            if Company.objects.filter(code=COMPANY["code"]).exists():
                self.stdout.write("The sample company is there already; nothing was changed.")
                return
        with connection.cursor() as cursor:
            cursor.execute("SET transaction_timeout = 0")
        with tqdm(
            total=100,
            desc="playing 400 days",
            disable=verbosity == 0,
            file=sys.stderr,
            bar_format="{desc} {bar} {n:.0f} %",
        ) as bar:
            try:
                play(
                    today=timezone.localdate(),
                    orders=orders,
                    seed=seed,
                    tell=lambda share: bar.update(100 * share - bar.n),
                )
            except RuleBroken as error:
                named = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in error.errors[:20])
                raise CommandError(f"{error}{named}") from error
            bar.update(100 - bar.n)
