"""Other people's front-end files, served from node_modules: the few that pages use, by name, as they were published."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import Error as CheckError
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage

from core.web import icons

NODE_MODULES = Path(settings.BASE_DIR) / "node_modules"
ICONS_SVG = "vendor/icons.svg"
ICONS = "@tabler/icons/icons/outline"

# address below /static/ → file in node_modules
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",  # named in the file above
    "vendor/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}


def source(name: str) -> Path | None:
    """The file behind an address, or None where there is none (also before ``npm ci`` has run)."""
    if name == ICONS_SVG:
        drawings = NODE_MODULES / ICONS
        return icons.sprite(drawings, Path(settings.VAR_DIR) / "static/icons.svg") if drawings.is_dir() else None
    if name in FILES and (path := NODE_MODULES / FILES[name]).is_file():
        return path
    return None


class _MappedStorage(FileSystemStorage):
    def path(self, name: str) -> str:
        return str(source(name))


class NodeModulesFinder(BaseFinder):
    """A staticfiles finder for FILES and the icon sprite, and nothing else of node_modules."""

    def __init__(self, app_names=None, *args, **kwargs):
        self.storage = _MappedStorage(location=str(NODE_MODULES))
        self.storage.prefix = ""

    def find(self, path, find_all=False, **kwargs):
        found = source(path.replace("\\", "/"))
        if find_all:
            return [str(found)] if found else []
        return str(found) if found else None

    def list(self, ignore_patterns):
        for name in [*FILES, ICONS_SVG]:
            if source(name):
                yield name, self.storage

    def check(self, **kwargs):
        if not NODE_MODULES.is_dir():
            return [CheckWarning("Front-end files are missing.", hint="Run npm ci --ignore-scripts.", id="core.W001")]
        unknown = icons.missing(NODE_MODULES / ICONS)
        if unknown:
            told = f"There is no such icon: {', '.join(unknown)}."
            return [CheckError(told, hint="See the icons of Tabler.", id="core.E001")]
        return []
