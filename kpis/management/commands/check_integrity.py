from django.core.management.base import BaseCommand
from django.db import connection

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope
from kpis.integrity import CHECKS, find_faults


class Command(BaseCommand):
    """Exits 1 when anything is found."""

    help = "Check what must always be true across orders, stock, ledger and KPIs; name the ids at which it is not."

    def handle(self, *args, **options) -> None:
        with scope(system(COMMAND)), connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_timeout = 0")
            found = list(find_faults(handlers=[outbox.SEALER, *outbox.HANDLERS]))
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise SystemExit(1)
        self.stdout.write(f"{len(CHECKS)} checks, nothing found: threads, sums, balances and roll-ups agree.")
