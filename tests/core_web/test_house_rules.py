"""Rules every template keeps: no inline code (the policy would stop it), no strangers' hosts, icons that exist."""

import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from core.web import icons
from core.web.static import FILES, ICONS, ICONS_SVG, NODE_MODULES, NodeModulesFinder

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = re.compile(
    r"\sstyle\s*=|\son(click|change|load|input|submit|error)\s*=|hx-on|javascript:|<style|<script(?![^>]*\s(src|nonce|type)=)",
    re.I,
)
STRANGERS = re.compile(r"""(src|href|action|url)\s*[=(]\s*["']?(https?:)?//""", re.I)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(settings.BASE_DIR).as_posix())
def test_no_inline_code_and_no_other_hosts(path):
    page = path.read_text(encoding="utf-8")
    assert not INLINE.search(page) and not STRANGERS.search(page)


def test_every_icon_in_use_exists():
    assert icons.missing(NODE_MODULES / ICONS) == []


def test_of_node_modules_only_the_named_files_are_served():
    assert {name for name, _storage in NodeModulesFinder().list(None)} == {*FILES, ICONS_SVG}
    assert finders.find("vendor/tabler.min.css")
    for other in ("@tabler/core/package.json", "vendor/../package.json", "vendor/", "../package.json", "package.json"):
        assert NodeModulesFinder().find(other) is None
