import sys
from decimal import Decimal, InvalidOperation

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from parties.accounts import password_link
from parties.models import Company
from parties.roles import STAFF_ROLES
from parties.services import invite_user


class Command(BaseCommand):
    help = (
        "Give a person access to a company of ours: the first administrator is made this way. A mail with the link to "
        "choose a password goes out, and the link is printed; or the password is read from standard input."
    )

    def add_arguments(self, parser):
        parser.add_argument("email", help="with which the person logs in")
        parser.add_argument("--name", required=True, help="of the person")
        parser.add_argument("--company", help="the company's code (needed when there are several)")
        parser.add_argument(
            "--role", action="append", choices=sorted(STAFF_ROLES), required=True, help="repeat for several"
        )
        parser.add_argument("--limit", default="0", help="approval limit in the company's base currency")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args, email, name, company, role, limit, password_stdin, **options):
        try:
            amount = Decimal(limit)
        except InvalidOperation as error:
            raise CommandError(f"{limit} is not an amount.") from error
        with scope(system(COMMAND)):
            companies = list(Company.objects.filter(code__iexact=company) if company else Company.objects.all()[:2])
            if len(companies) != 1:
                raise CommandError(
                    f"There is no company {company}."
                    if company
                    else "Say which company with --company CODE (createcompany makes one)."
                )
            try:
                member = invite_user(
                    actor=system(COMMAND, company_id=companies[0].pk),
                    email=email,
                    name=name,
                    roles=role,
                    approval_limit=amount,
                )
            except RuleBroken as error:
                raise CommandError(str(error)) from error
            user = member.user
            if password_stdin:
                password = sys.stdin.readline().rstrip("\r\n")
                try:
                    validate_password(password, user)
                except ValidationError as error:
                    raise CommandError(" ".join(error.messages)) from error
                user.set_password(password)
                user.save(update_fields=["password"])
        if user.has_usable_password():
            self.stdout.write(f"{user.email} can log in.")
        else:
            self.stdout.write(f"{user.email} chooses a password here: {password_link(user)}")
