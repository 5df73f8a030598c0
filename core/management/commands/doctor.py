import json

from django.core.management.base import BaseCommand, CommandParser

from core.doctor import examine


class Command(BaseCommand):
    help = (
        "Look at everything an operator must have right, and say what to do about each problem. Exits 1 when something "
        "must be mended; warnings alone exit 0."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a list of findings as JSON")

    def handle(self, *args, **options) -> None:
        findings = examine()
        if options["json"]:
            self.stdout.write(json.dumps([finding.as_dict() for finding in findings], indent=1))
        else:
            for finding in findings:
                mark = "ok     " if not finding.problem else "WARNING" if finding.warning else "PROBLEM"
                self.stdout.write(f"{mark} {finding.check}{': ' + finding.problem if finding.problem else ''}")
        problems = sum(1 for finding in findings if finding.problem and not finding.warning)
        if problems:
            self.stderr.write(f"{problems} problem{'s' if problems > 1 else ''} to mend.")
            raise SystemExit(1)
