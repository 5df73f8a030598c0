from unicodedata import east_asian_width

from django.core.management.base import BaseCommand

from core.actor import COMMAND, system
from core.scope import scope
from parties.models import User
from samples.simulator.facts import LOGINS, PASSWORD


class Command(BaseCommand):
    help = "Print who may log in to the sample world, and as what."

    def handle(self, **options):
        with scope(system(COMMAND)):
            known = set(User.objects.filter(email__in=[row[0] for row in LOGINS]).values_list("email", flat=True))
        if not known:
            self.stdout.write("There is no sample world here; manage.py load_sample_data makes it.")
            return
        wide = max(len(row[0]) for row in LOGINS)
        for email, name, _where, _roles, _limit, purpose in LOGINS:
            if email in known:
                self.stdout.write(f"  {email:<{wide}}  {name}{' ' * (18 - _width(name))}  {purpose}")
        self.stdout.write(f"  password of all of them: {PASSWORD}")


def _width(text: str) -> int:
    """How many columns of a terminal it takes: Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
