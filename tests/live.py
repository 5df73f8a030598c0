"""ISCM as it runs in production, for tests that need real processes: its own PostgreSQL, Valkey, gunicorn, worker, beat."""

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.proofs.test_chaos import Site


class Live(Site):
    """A site with the real settings; ``variables`` change them."""

    def __init__(self, home: Path, **variables: str):
        super().__init__(home)
        self.variables = variables
        self.told: dict = {}  # tokens and ids of the world in it (tests/proofs/chaos_world.py)

    def environment(self, **more: str) -> dict[str, str]:
        given = {"DJANGO_SETTINGS_MODULE": "iscm.settings", "SITE_URL": self.address, **self.variables, **more}
        found = super().environment(**given)
        found.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # of the tests themselves
        return found

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict]:
        """Status, body and headers of one request; the token of the buyer where ``Authorization`` is not given."""
        request = urllib.request.Request(
            self.address + path, headers={"Authorization": f"Bearer {self.told['buyer']}", **headers}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def ready(self) -> dict:
        return json.loads(self.get("/readyz")[1])


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@contextmanager
def live(*programs: str, **variables: str) -> Iterator[Live]:
    """A site with one small world in it, on which ``programs`` run (web, worker, beat); gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="iscm-live-"))
    home.chmod(0o755)
    site = Live(home, **variables)
    try:
        site.told = site.prepare()
        site.start(*programs)
        if "web" in programs:
            site.wait_until_served()
        yield site
    finally:
        site.stop()
        shutil.rmtree(home, ignore_errors=True)
