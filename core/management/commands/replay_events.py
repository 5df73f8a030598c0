from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope


class Command(BaseCommand):
    help = "Catch up a handler that was added after events happened: owe it every document they were about, and drain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handler", help="its permanent name, such as kpis.receipts")

    def handle(self, *args, handler, **options) -> None:
        if handler not in outbox.HANDLERS:
            raise CommandError(f"There is no handler {handler}; there are {', '.join(sorted(outbox.HANDLERS))}.")
        with scope(system(COMMAND)):
            count = outbox.replay(handler)
        outbox.drain()
        self.stdout.write(f"{handler} has looked at {count} documents.")
