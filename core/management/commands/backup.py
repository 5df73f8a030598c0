import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core import ops
from core.backup import backup
from core.errors import RuleBroken


class Command(BaseCommand):
    help = "Write the database and the uploaded files, with a manifest that proves both, into one tar."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="where the tar is written; created if missing")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args, **options) -> None:
        try:
            made = backup(
                options["directory"],
                owner_url=ops.owner_url(),
                files_dir=ops.files_dir(),
                now=timezone.now(),
            )
        except (RuleBroken, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            facts = {
                "path": str(made.path),
                "tables": made.tables,
                "rows": made.rows,
                "files": made.files,
                "bytes": made.bytes,
            }
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(
                f"{made.path}: {made.rows:,} rows of {made.tables} tables, {made.files:,} files, {made.bytes:,} bytes."
            )
