import json

from django.core.management.base import BaseCommand, CommandParser

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope


class Command(BaseCommand):
    help = (
        "What is owed to the handlers of events: show it (status; exits 1 when a delivery has failed), work it off now "
        "(drain), or try at once what failed (retry)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("status", "drain", "retry"), help="what to do")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args, action, **options) -> None:
        found: dict = {}
        if action == "retry":
            with scope(system(COMMAND)):
                found["made_due"] = outbox.retry()
        if action in ("drain", "retry"):
            found["done"] = outbox.drain()
        with scope(system(COMMAND)):
            found["owed"] = outbox.owed()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self._tell(found)
        if action == "status" and any(row["failed"] for row in found["owed"]):
            raise SystemExit(1)

    def _tell(self, found: dict) -> None:
        if "made_due" in found:
            self.stdout.write(f"{found['made_due']} deliveries that were waiting are due now.")
        if "done" in found:
            self.stdout.write(f"{found['done']} deliveries done.")
        for row in found["owed"]:
            self.stdout.write(f"{row['handler']}: {row['owed']} owed, the oldest for {row['oldest_s']:.0f} s")
            if row["failed"]:
                error = (row["last_error"].strip().splitlines() or ["no message"])[0]
                self.stdout.write(f"  {row['failed']} failed and wait to be tried again: {error}")
        if not found["owed"]:
            self.stdout.write("Nothing is owed.")
