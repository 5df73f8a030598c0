import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from tqdm import tqdm

from core import bulk, outbox
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from parties.models import Company, Membership, User
from reference.models import Country
from samples.history import documents, rows

Write = Callable[[documents.History, documents.Progress], None]


class Command(BaseCommand):
    help = (
        "Load the public SCMS shipment record into a company of its own, through the services; twice changes nothing. "
        "What was bought and what left the warehouse are two transactions, each whole or not at all; after a failure run "
        "it again: it writes what is not there yet."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="scms.csv, as published (also .gz, TAB or CR)")
        parser.add_argument("--company", default="SCMS", help="code of the company, made when missing (base USD)")
        parser.add_argument("--member", help="e-mail of a person who may then read it in the browser")
        parser.add_argument(
            "--processes", type=int, choices=(1, 2), default=2, help="2 writes both halves at once (default), 1 in turn"
        )

    @bulk.no_garbage_collection()
    def handle(self, *, file: Path, company: str, member: str | None, processes: int, verbosity: int, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with file.open("rb") as opened:
                found, report = rows.read(opened)
            history = self._prepare(found, company, member)
            self._write(history, processes, quiet=verbosity == 0 or not sys.stderr.isatty())
        except BrokenProcessPool:
            raise CommandError("A process was killed. Run this again: it writes what is not there yet.") from None
        except RuleBroken as error:
            named = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in error.errors[:20])
            raise CommandError(f"{error}{named}") from None
        written = len(history.bought) + len(history.sold)
        self.stdout.write(
            f"{len(found):,} rows read, {written:,} written, {len(found) - written:,} were there already."
        )
        if verbosity:
            self.stdout.write("What is odd about the data:")
            for line in report.lines():
                self.stdout.write(f"  {line}")

    def _prepare(self, found: list[rows.Row], code: str, member: str | None) -> documents.History:
        with scope(system(COMMAND)):
            if not Country.objects.exists():
                raise CommandError("There are no countries and currencies yet: run load_reference first.")
            company, _made = Company.objects.get_or_create(
                code=code,
                defaults={"name": f"{code} (imported history)", "country_id": "US", "base_currency_id": "USD"},
            )
            if member:
                self._admit(member, company)
            actor = system(COMMAND, company_id=company.pk)
            with scope(actor):
                return documents.prepare(actor=actor, rows=found)

    def _write(self, history: documents.History, processes: int, *, quiet: bool) -> None:
        """Each half in a process of its own: one brings its KPIs up to date while the other still writes."""
        halves = [
            write
            for write, own in ((documents.import_bought, history.bought), (documents.import_sold, history.sold))
            if own
        ]
        if processes == 1:
            for write in halves:
                write_half(write, history, 0, quiet)
        elif halves:
            with ProcessPoolExecutor(processes, get_context("fork"), inherit, (history,)) as pool:
                writing = [pool.submit(write_inherited, write, n, quiet) for n, write in enumerate(halves)]
                for half in as_completed(writing):
                    half.result()
                    for _process in range(processes):
                        pool.submit(outbox.drain)
        with tqdm(desc="bringing the KPIs up to date", disable=quiet, bar_format="{desc}: {elapsed}"):
            outbox.drain()  # what is left, and what went wrong on the way

    def _admit(self, email: str, company: Company) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no user {email}.")
        Membership.objects.get_or_create(user=user, company=company, organisation=None, defaults={"roles": ["auditor"]})


_inherited: documents.History  # by a child, as it was when it was forked: sent to it, it would be packed and unpacked


def inherit(history: documents.History) -> None:
    """A child keeps the history and forgets the connections of its parent, whose sockets it would share.

    Forgotten, not closed: closing would end the parent's. And not closed by the parent before it forks: where an event
    loop runs, Django keeps connections for the loop besides those without it, and the child, without the loop, gets these.
    """
    global _inherited
    _inherited = history
    for one in connections.all(initialized_only=True):
        del connections[one.alias]


def write_inherited(write: Write, line: int, quiet: bool) -> None:
    write_half(write, _inherited, line, quiet)


def write_half(write: Write, history: documents.History, line: int, quiet: bool) -> None:
    """One half in one transaction; ``line``: where its progress stands on the screen."""
    with connection.cursor() as cursor:
        cursor.execute("SET transaction_timeout = 0")  # all of it or nothing takes longer than a request may
        cursor.execute("SET default_statistics_target = 20")  # what planning lacks is sizes: a small sample tells them
    with tqdm(desc="reading", disable=quiet, bar_format="{desc}: {elapsed}", position=line) as bar:
        with scope(history.actor):
            write(history, lambda what, count: bar.set_description_str(f"{count:,} {what}"))
        bulk.analyze()
