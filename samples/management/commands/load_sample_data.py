import sys

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from core import bulk
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from kpis.services import rebuild
from parties.models import Company
from samples.simulator.facts import COMPANY
from samples.simulator.play import play, play_years

MOST, MOST_PLAYED, LEAST_PLAYED = 1_000_000, 5000, 3
PLAYED_OF_MORE = 300


class Command(BaseCommand):
    help = (
        "Make the sample company Harbor & Pine from a seed: its last 400 days are played through the services. Above "
        f"{MOST_PLAYED:,} orders, years before that are written as copies of played ones, and the KPIs are rebuilt."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--orders",
            type=int,
            default=60,
            help="purchase orders of history (default 60); some ten more are under way",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day give the same world")
        parser.add_argument(
            "--played",
            type=int,
            help=f"how many of them are played (default: all up to {MOST_PLAYED:,}, else {PLAYED_OF_MORE})",
        )

    def handle(self, *, orders: int, seed: int, played: int | None, verbosity: int, **options):
        played = played if played is not None else (orders if orders <= MOST_PLAYED else PLAYED_OF_MORE)
        enough = 1 if played == orders else LEAST_PLAYED
        if not 1 <= orders <= MOST or not enough <= played <= min(orders, MOST_PLAYED):
            raise CommandError(
                f"Ask for 1 to {MOST:,} purchase orders, of which {LEAST_PLAYED} to {MOST_PLAYED:,} (or all) are played."
            )
        with scope(system(COMMAND)):
            if Company.objects.filter(code=COMPANY["code"]).exists():
                self.stdout.write("The sample company is there already; nothing was changed.")
                return
        with connection.cursor() as cursor:
            cursor.execute("SET transaction_timeout = 0")
        with tqdm(
            total=100, disable=verbosity == 0, file=sys.stderr, bar_format="{desc} {bar} {n:.0f} % {elapsed}"
        ) as bar:

            def tell(share: float) -> None:
                bar.set_description_str("playing" if share < 1 else "copying")
                bar.update(100 * (share if share < 1 else share - 1) - bar.n)

            try:
                if played == orders:
                    play(today=timezone.localdate(), orders=orders, seed=seed, tell=tell)
                else:
                    world = play_years(today=timezone.localdate(), orders=orders, played=played, seed=seed, tell=tell)
                    bar.set_description_str("rebuilding the KPIs of")
                    with scope(system(COMMAND)):
                        bulk.analyze()
                        rebuild(company_id=world.company.pk, now=timezone.now())
            except RuleBroken as error:
                named = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in error.errors[:20])
                raise CommandError(f"{error}{named}") from error
            bar.update(100 - bar.n)
