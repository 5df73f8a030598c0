"""The settings of the chaos run: production's, plus the naive way of counting that the run is proven with."""

from iscm.settings import *  # noqa: F403
from iscm.settings import MIDDLEWARE as _MIDDLEWARE

MIDDLEWARE = ["tests.proofs.naive.Naive", *_MIDDLEWARE]
CELERY_IMPORTS = ["tests.proofs.naive"]
