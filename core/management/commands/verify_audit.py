from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from core import heads, seal
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope


class Command(BaseCommand):
    help = (
        "Compute the hash chain of all events again and compare it with the heads that were written down day by day. "
        "Exits 1 and names the first event that is not what was sealed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="a head from a mail, or one that this command printed before; may be repeated",
        )
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="a file of heads (default: var/audit/heads.txt, if there)"
        )

    def handle(self, *args, head: list[str], **options) -> None:
        file: Path | None = options["heads"] or (heads.path() if heads.path().exists() else None)
        try:
            known = heads.known(file, head)
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        with scope(system(COMMAND)), connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_timeout = 0")  # as long as there are events
            found = seal.verify(heads=known)
        if found.problem:
            raise CommandError(found.problem)
        compared = f"{len(known)} heads written down before agree." if known else "No head was written down before."
        self.stdout.write(f"{found.position} events are as they were sealed. {compared}")
        self.stdout.write(f"Head: {found.position}:{found.hash.hex()}")
