from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection


class Command(BaseCommand):
    help = "Bring the database up to this version: run as the owner, before web and worker start. Safe to repeat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-input", action="store_true", help="accepted for symmetry with migrate; it never asks")

    def handle(self, *args, **options) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_user, has_schema_privilege('public', 'CREATE'), "
                "EXISTS (SELECT FROM pg_roles WHERE rolname = 'iscm_staff')"
            )
            role, may_create, has_roles = cursor.fetchone()
        if not may_create:
            raise CommandError(
                f"The database role {role} may not change tables. Run this with DATABASE_URL set to the role iscm_owner "
                "(the value of DATABASE_OWNER_URL)."
            )
        if not has_roles:
            raise CommandError("The database roles are missing. Run docker/roles.sql as a superuser first.")
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=options["verbosity"])
