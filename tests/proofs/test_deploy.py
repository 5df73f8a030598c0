"""Production's settings: no warning of ``check --deploy``, and no start with a sample secret."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

NOT_IN_PRODUCTION = {"DEBUG", "HTTPS", "SECRET_KEY", "DJANGO_ALLOW_ASYNC_UNSAFE"}
ROOT = Path(__file__).resolve().parents[2]


def _manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_IN_PRODUCTION}
    environment = {**kept, "DEBUG": "0", "ALLOWED_HOSTS": "iscm.example", "WHITENOISE_USE_FINDERS": "1", **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_production_settings_pass_the_deployment_check():
    done = _manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=secrets.token_urlsafe(50))
    assert done.returncode == 0, done.stderr


def test_a_sample_secret_or_none_is_refused():
    for given in ("", "sample-not-for-production-" + "x" * 40):
        done = _manage("check", SECRET_KEY=given)
        assert done.returncode != 0 and "SECRET_KEY" in done.stderr, given
