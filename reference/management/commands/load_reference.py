from django.core.management.base import BaseCommand

from core.actor import COMMAND, system
from core.scope import scope
from reference import facts
from reference.models import Calendar, CalendarDay, Country, Currency, Place, Unit
from reference.services import load_facts


class Command(BaseCommand):
    """Loads what the house is delivered with; safe to run at every start."""

    help = (
        "Load currencies, units, countries, working calendars and the main ports and airports. Twice changes nothing."
    )

    def handle(self, *args, verbosity=1, **options):
        actor = system(COMMAND)
        with scope(actor):
            for model, rows, key in (
                (Currency, facts.currencies(), ("pk",)),
                (Unit, facts.units(), ("pk",)),
                (Country, facts.countries(), ("pk",)),
                (Calendar, facts.calendars(), ("pk",)),
                (CalendarDay, facts.calendar_days(), ("calendar_id", "date")),
                (Place, facts.places(), ("pk",)),
            ):
                loaded = load_facts(actor=actor, model=model, rows=rows, key=key)
                if verbosity:
                    self.stdout.write(f"{model._meta.verbose_name_plural}: {loaded}")
