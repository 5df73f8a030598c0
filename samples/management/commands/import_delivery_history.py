import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from core import bulk, outbox
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from parties.models import Company, Membership, User
from samples.history import documents, rows


class Command(BaseCommand):
    help = (
        "Load the public SCMS shipment record into a company of its own, through the services; twice changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="scms.csv, as published (also .gz, TAB or CR)")
        parser.add_argument("--company", default="SCMS", help="code of the company, made when missing (base USD)")
        parser.add_argument("--member", help="e-mail of a person who may then read it in the browser")

    @bulk.no_garbage_collection()
    def handle(self, *, file: Path, company: str, member: str | None, verbosity: int, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        quiet = verbosity == 0 or not sys.stderr.isatty()
        with connection.cursor() as cursor:
            cursor.execute("SET transaction_timeout = 0")  # all of it or nothing takes longer than a request may
        try:
            with file.open("rb") as opened:
                found, report = rows.read(opened)
            with scope(system(COMMAND)):
                target, _made = Company.objects.get_or_create(
                    code=company,
                    defaults={"name": f"{company} (imported history)", "country_id": "US", "base_currency_id": "USD"},
                )
                if member:
                    self._admit(member, target)
            actor = system(COMMAND, company_id=target.pk)
            with tqdm(desc="reading", disable=quiet, bar_format="{desc}: {elapsed}") as bar:

                def progress(what: str, count: int) -> None:
                    bar.set_description_str(f"{count:,} {what}")

                with scope(actor):
                    written = documents.import_rows(actor=actor, rows=found, progress=progress)
                if written:
                    bulk.analyze()
                bar.set_description_str("bringing the KPIs up to date")
                outbox.drain()
        except RuleBroken as error:
            named = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in error.errors[:20])
            raise CommandError(f"{error}{named}") from None
        self.stdout.write(
            f"{len(found):,} rows read, {written:,} written, {len(found) - written:,} were there already."
        )
        if verbosity:
            self.stdout.write("What is odd about the data:")
            for line in report.lines():
                self.stdout.write(f"  {line}")

    def _admit(self, email: str, company: Company) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        Membership.objects.get_or_create(user=user, company=company, organisation=None, defaults={"roles": ["auditor"]})
