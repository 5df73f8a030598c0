from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from reference.files import read_ecb
from reference.services import load_exchange_rates


class Command(BaseCommand):
    help = "Load the ECB's reference rates (eurofxref-hist as .csv, .csv.gz or .zip). Twice changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="eurofxref-hist as the ECB publishes it")
        parser.add_argument("--source", default="ECB", help="who published the file (default: ECB)")

    def handle(self, *args, file, source, verbosity=1, **options):
        actor = system(COMMAND)
        try:
            quotations = read_ecb(file)
            with scope(actor), tqdm(total=len(quotations), unit=" rates", disable=None if verbosity else True) as bar:
                loaded = load_exchange_rates(actor=actor, quotations=quotations, source=source, progress=bar.update)
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(str(loaded))
