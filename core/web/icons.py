"""The icons in use, as one SVG sprite made from the @tabler/icons package at set-up (never copied into the repository).

Those that templates name (``{% icon "ship" %}``) and those given to ``nav.register`` are found by themselves; code that
hands other names to a template says ``icons.use(name)``, unless they stand in the list below.
"""

import hashlib
import os
import re
from pathlib import Path

from django.conf import settings

_OFTEN = """
    adjustments alert-circle alert-triangle anchor archive arrow-back-up arrow-down arrow-left arrow-right
    arrow-up arrows-sort ban barcode bell book box building building-bank building-factory-2 building-warehouse
    calculator calendar camera certificate chart-bar chart-line check checkbox checklist chevron-down
    chevron-left chevron-right chevron-up circle-check circle-dashed circle-x clipboard-check clipboard-list
    clock coin coins copy credit-card current-location dots dots-vertical download edit exclamation-circle
    external-link eye file file-check file-dollar file-export file-import file-invoice file-spreadsheet
    file-text filter flag forklift gauge gavel hash help history home inbox info-circle key language
    layout-dashboard layout-sidebar-left-collapse leaf link list list-check lock login logout mail map-pin
    menu-2 message moon notes package package-import packages paperclip pencil phone plane player-play plus
    printer progress radar-2 receipt receipt-tax refresh report report-analytics route ruler-measure scale scan
    search send settings shield shield-check ship shopping-cart sitemap star sun table tag target-arrow timeline
    tool transfer trash trending-down trending-up truck truck-delivery truck-return upload user user-circle
    users wallet world x zoom-check
"""
ICONS = set(_OFTEN.split())


def use(name: str) -> str:
    """This will add ``name`` to the sprite (nav and "new" entries call it)."""
    if name:
        ICONS.add(name)
    return name


def _wanted() -> list[str]:
    """ICONS and every name that a template writes out."""
    named = re.compile(r"""{%\s*icon\s+["']([a-z0-9-]+)["']""")
    pages = [
        *Path(settings.BASE_DIR).glob("templates/**/*.html"),
        *Path(settings.BASE_DIR).glob("*/templates/**/*.html"),
    ]
    found = {name for page in pages for name in named.findall(page.read_text(encoding="utf-8"))}
    return sorted(ICONS | found)


def missing(source: Path) -> list[str]:
    """Names in use that the package does not have (a system check reports them)."""
    return [name for name in _wanted() if not (source / f"{name}.svg").is_file()]


def sprite(source: Path, target: Path) -> Path:
    """This will write the sprite to ``target`` unless the one there holds the same icons; returns ``target``.

    ``source`` is the package's ``icons/outline`` folder.
    """
    names = [name for name in _wanted() if (source / f"{name}.svg").is_file()]
    stamp = hashlib.sha256("\n".join([*names, str(source.stat().st_mtime_ns)]).encode()).hexdigest()[:16]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" data-icons="{stamp}">'
    if target.exists():
        with target.open(encoding="utf-8") as file:
            if file.read(len(head)) == head:
                return target
    symbols = []
    for name in names:
        drawing = (source / f"{name}.svg").read_text(encoding="utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        if inner is None:
            raise ValueError(f"{name}.svg is no drawing.")
        paths = re.sub(r'<path stroke="none"[^>]*/>|\s+(?=<)|(?<=>)\s+', "", inner[1])
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}")  # two processes may do this at once
    fresh.write_text(head + "".join(symbols) + "</svg>", encoding="utf-8")
    fresh.replace(target)
    return target
