from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import seal
from core.actor import COMMAND, system
from core.scope import scope


class Command(BaseCommand):
    """Exits 1 and names the first bad row when the chain does not hold."""

    help = "Compute the hash chain of all events again, and compare it with heads that were written down before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="a head that this command printed before; without one, a chain rewritten as a whole goes unnoticed",
        )

    def handle(self, *args, head, **options) -> None:
        try:
            anchors = {int(position): bytes.fromhex(text) for position, _, text in (one.partition(":") for one in head)}
        except ValueError as error:
            raise CommandError("Write a head as POSITION:HASH, the hash in hexadecimal.") from error
        with scope(system(COMMAND)):
            found = seal.verify(anchors=anchors)
        if found.problem:
            self.stderr.write(found.problem)
            raise SystemExit(1)
        self.stdout.write(f"{found.position} events are as they were sealed. Head: {found.position}:{found.hash.hex()}")
