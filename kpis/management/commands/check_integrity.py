from django.core.management.base import BaseCommand
from django.db import connection

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope
from kpis.integrity import find_faults


class Command(BaseCommand):
    help = "Check what must always be true across orders, stock, ledger and KPIs. Exits 1 and names the ids at which it is not."

    def handle(self, *args, **options) -> None:
        with scope(system(COMMAND)), connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_timeout = 0")
            found = list(find_faults(handlers=[outbox.SEALER, *outbox.HANDLERS]))
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise SystemExit(1)
        self.stdout.write(
            "Nothing found: threads, sums, balances and roll-ups agree, and no row names what is not there."
        )
