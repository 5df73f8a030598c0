"""What the web server serves. It refuses to start with a database role that row-level security does not bind."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iscm.settings")

application = get_wsgi_application()

from iscm.health import refuse_powerful_role  # noqa: E402  (needs the settings)

refuse_powerful_role()
