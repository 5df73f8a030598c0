"""Loaded before pytest-django reads the settings: starts, or finds, the test cluster and says where it is."""

import os

os.environ.setdefault("API_RATE_PER_MINUTE", "0")  # tests ask faster than any client; those of the limit set one
if "DATABASE_OWNER_URL" not in os.environ:
    from iscm.embedded import test_environment

    os.environ.update(test_environment())
