"""Opening stock from a file, by the same rules as the wizard."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.importing import read_table
from core.scope import scope
from inventory.imports import OpeningStockImporter
from parties.models import Company


class Command(BaseCommand):
    help = (
        "Take opening stock over from a table (CSV or XLSX; see the template on the Stock page). Twice changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the table, CSV or XLSX")
        parser.add_argument("--company", required=True, help="The company's code")

    def handle(self, *args, **options):
        company = Company.objects.filter(code=options["company"]).first()
        if company is None:
            known = ", ".join(Company.objects.values_list("code", flat=True)) or _("none yet")
            raise CommandError(
                _("There is no company %(code)s. Known: %(known)s.") % {"code": options["company"], "known": known}
            )
        actor = system(COMMAND, company_id=company.pk, name="import_opening_stock")
        importer = OpeningStockImporter()
        try:
            with options["file"].open("rb") as file:
                table = read_table(file)
            with scope(actor):
                plan = importer.plan(table, actor)
                self._explain(plan)
                counts = importer.commit(plan, actor)
        except (RuleBroken, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("%(create)d lots taken over, %(same)d were there already.")
            % {"create": counts["create"], "same": counts["same"]}
        )

    def _explain(self, plan):
        for heading in plan.missing:
            self.stderr.write(_("The column %(column)s is missing.") % {"column": heading})
        for question in plan.questions:
            self.stderr.write(
                _("%(column)s: what does “%(example)s” mean?")
                % {"column": question.heading, "example": question.example}
            )
        for problem in plan.problems:
            self.stderr.write(
                f"{problem.row}: {problem.column}: {problem.value!r}: {problem.message} {problem.hint}".rstrip()
            )
