"""What the documentation shows is run: docs/api.md against a live server, the commands of docs/operations.md by name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import Live, live

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs" / "api.md").read_text()


def snippets(text: str, *languages: str) -> list[tuple[str, str]]:
    return [
        (language, code)
        for language, code in re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)
        if language in languages
    ]


@pytest.fixture(scope="module")
def site():
    with live("web", "worker", "beat") as site:
        yield site


def _run(site: Live, code: list[str], language: str, cwd: Path) -> subprocess.CompletedProcess:
    program = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}[language]
    environment = site.environment(BASE=site.address, TOKEN=site.told["buyer"])
    done = subprocess.run(
        [*program, "\n".join(code)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done


def test_every_snippet_of_the_api_page_runs_as_it_stands(site, tmp_path):
    """Each language's snippets build on one another, as they do for a reader."""
    shell, python = (
        [code for language, code in snippets(API, "sh", "python") if language == wanted] for wanted in ("sh", "python")
    )
    assert len(shell) >= 4 and len(python) >= 3
    said = _run(site, shell, "sh", tmp_path).stdout
    assert "dempotent-" in said and '"metric":"landed-cost"' in said
    _wait_until_sealed(site)
    _run(site, python, "python", tmp_path)


def _wait_until_sealed(site: Live) -> None:
    site.manage("manage.py", "outbox", "drain")


def test_every_block_of_the_api_page_is_of_a_kind_that_is_checked():
    import json

    languages = re.findall(r"^```(\w*)$", API, re.M)
    assert set(filter(None, languages)) <= {"sh", "python", "json"}
    for _language, code in snippets(API, "json"):
        json.loads(code)


def test_every_address_on_the_api_page_exists():
    import yaml

    known = {
        re.sub(r"\{\w+\}", "X", path) for path in yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())["paths"]
    }
    known |= {"/api/v1/docs/", "/api/v1/schema/"}
    named = {re.sub(r"\$\w+|\{\w+\}", "X", path) for path in re.findall(r"/api/v1/[\w/$-]+/", API)}
    beginnings = {path[: path.rindex("/", 0, -1) + 1] for path in known}  # "/api/v1/kpis/<metric>/"
    assert named and named <= known | beginnings, named - known
