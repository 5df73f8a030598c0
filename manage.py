#!/usr/bin/env python
"""Django's command line for ISCM."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iscm.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        _apps = settings.INSTALLED_APPS  # what is missing in the environment is said before a command stumbles over it
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(f"The database does not answer as it should. Check DATABASE_URL and that it runs.\n{error}".strip())
    except ProgrammingError as error:
        if getattr(error.__cause__, "pgcode", "") != "42P01":  # undefined table
            raise
        sys.exit("The database is empty or older than this version. Run manage.py upgrade as the owner of the tables.")


if __name__ == "__main__":
    main()
