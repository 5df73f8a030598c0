"""Browser tests: real Chromium against a server process on a database of its own, which no test rolls back."""

import os
import shutil

import pytest

from tests.browser import site


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items):
    if _chromium() is None:
        missing = pytest.mark.skip(reason="Chromium is missing; name it in CHROMIUM or install it")
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(missing)


@pytest.fixture(scope="session")
def live_site(worker_id):
    """A seeded site (tests/browser/seed.py) for this worker; its data is shared by the tests of a run."""
    running = site.start(f"live_iscm_{worker_id}")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    return {
        **browser_type_launch_args,
        "executable_path": _chromium(),
        "args": [*flags, "--disable-component-update", "--disable-sync"],
    }


@pytest.fixture
def person(browser, live_site):
    """``person("supplier", width=360)``: a page of somebody who is logged in."""
    contexts = []

    def open_for(role: str, *, width: int = 1280, height: int = 800, dark: bool = False, scripts: bool = True):
        context = browser.new_context(
            base_url=live_site.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            has_touch=width < 600,
        )
        context.add_cookies([live_site.cookie(role)])
        contexts.append(context)
        return context.new_page()

    yield open_for
    for context in contexts:
        context.close()
