"""Run in the chaos run's environment: one small company; prints what its clients need as JSON."""

import json
import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iscm.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from core.actor import system  # noqa: E402
from core.scope import scope  # noqa: E402
from tests.factories import make_world  # noqa: E402

with scope(system()):
    world = make_world()
    told = {
        "buyer": world.token("buyer"),
        "supplier": world.token("supplier"),
        "supplier_id": world.supplier.pk,
        "product_id": world.mug.pk,
        "today": timezone.localdate().isoformat(),
        "needed": (timezone.localdate() + timedelta(days=60)).isoformat(),
    }
print(json.dumps(told))  # noqa: T201
