from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import ops
from core.backup import restore
from core.errors import RuleBroken


class Command(BaseCommand):
    help = "Bring a backup back into an empty database: all of it or nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, metavar="FILE", help="the tar that backup wrote")
        parser.add_argument(
            "--verify", action="store_true", help="count every row and hash every file again afterwards"
        )

    def handle(self, *args, **options) -> None:
        try:
            done = restore(
                options["archive"],
                owner_url=ops.owner_url(),
                files_dir=ops.files_dir(),
                verify=options["verify"],
            )
        except (RuleBroken, OSError) as error:
            raise CommandError(str(error)) from error
        proof = " Every row count and every hash is as in the backup." if options["verify"] else ""
        self.stdout.write(f"{done.rows:,} rows of {done.tables} tables and {done.files:,} files are back.{proof}")
        self.stdout.write(
            "Now run manage.py upgrade as the owner, in case this version is newer than the backup; then doctor."
        )
