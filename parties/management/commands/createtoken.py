from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from parties.models import Membership
from parties.services import create_token


class Command(BaseCommand):
    help = "Make an API token that acts as a person, and print it: this once, for only its fingerprint is kept."

    def add_arguments(self, parser):
        parser.add_argument("email", help="of the person as whom the token acts")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument(
            "--scope", action="append", default=[], help="a permission; repeat for several (default: all)"
        )
        parser.add_argument("--days", type=int, default=365, help="how long it works (0: until revoked; default: 365)")
        parser.add_argument("--network", action="append", default=[], help="an address or network it may come from")
        parser.add_argument("--company", help="the company's code, where the person belongs to several")

    def handle(self, *args, email, name, days, network, company, **options):
        with scope(system(COMMAND)):
            places = Membership.objects.filter(user__email__iexact=email, active=True).select_related("company")
            if company:
                places = places.filter(company__code__iexact=company)
            found = list(places.order_by("pk")[:2])
            if not found:
                raise CommandError(f"Nobody with access has the address {email}.")
            if len(found) > 1:
                raise CommandError(f"{email} belongs to several companies; say which with --company CODE.")
            actor = system(COMMAND, company_id=found[0].company_id)
            try:
                _token, secret = create_token(
                    actor=actor,
                    membership_id=found[0].pk,
                    name=name,
                    now=timezone.now(),
                    days=days or None,
                    scopes=options["scope"],
                    networks=network,
                )
            except RuleBroken as error:
                raise CommandError(str(error)) from error
        self.stdout.write(secret)
