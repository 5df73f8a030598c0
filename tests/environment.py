"""Loaded before pytest-django reads the settings: starts, or finds, the test cluster and says where it is."""

import os

if "DATABASE_OWNER_URL" not in os.environ:
    from iscm.embedded import test_environment

    os.environ.update(test_environment())
