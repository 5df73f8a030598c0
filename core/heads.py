"""Heads of the event chain, written down outside the database: what tells a chain that was rewritten as a whole.

One line a day, in a file beside the uploaded files and, where AUDIT_MAIL_TO names somebody, in a mail: whoever can
change the database cannot change those as well. ``verify_audit`` reads the file by itself; a head from a mail is given
to it with ``--head``.

    2026-11-22T03:40:00Z 18213:6f1c…
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from core import mail, seal
from core.errors import RuleBroken


def path() -> Path:
    """Where the heads are written down."""
    return settings.VAR_DIR / "audit" / "heads.txt"


def write_daily(now: datetime) -> str:
    """This will write down the head as it is now, unless that was done this day or nothing is sealed yet.

    Returns it as POSITION:HASH, or "". The mail leaves through the outbox, so it is sent if the caller commits.
    """
    position, link = seal.head()
    day = f"{now:%Y-%m-%d}"
    if not position or _last_day() >= day:
        return ""
    head = f"{position}:{link.hex()}"
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place, "a") as file:
        file.write(f"{now:%Y-%m-%dT%H:%M:%SZ} {head}\n")
        file.flush()
        os.fsync(file.fileno())
    for to in settings.AUDIT_MAIL_TO:
        mail.queue(
            to=to,
            subject=f"Head of ISCM's event chain on {day}",
            text=f"Keep this mail. It proves that no event up to now is changed later:\n\n"
            f"manage.py verify_audit --head {head}\n",
        )
    return head


def known(file: Path | None, given: Iterable[str]) -> dict[int, bytes]:
    """The heads by position: those in ``file``, and those ``given`` as POSITION:HASH.

    Raises RuleBroken for what is no head, and for two different ones of one position: the chain was rewritten between them.
    """
    heads: dict[int, bytes] = {}
    for text, source in [*_lines(file), *((text, "--head") for text in given)]:
        position, link = _parsed(text, source)
        if heads.setdefault(position, link) != link:
            raise RuleBroken(f"Two heads of position {position} were written down: the chain was rewritten in between.")
    return heads


def _lines(file: Path | None) -> list[tuple[str, str]]:
    if file is None:
        return []
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RuleBroken(f"{file} cannot be read ({getattr(error, 'strerror', '') or 'no text'}).") from error
    return [(line.split()[-1], str(file)) for line in lines if line.strip()]


def _parsed(text: str, source: str) -> tuple[int, bytes]:
    position, _, link = text.partition(":")
    try:
        found = int(position), bytes.fromhex(link)
    except ValueError:
        found = 0, b""
    if found[0] < 1 or len(found[1]) != 32:
        raise RuleBroken(f"{text} in {source} is no head. Write it as POSITION:HASH, the hash in hexadecimal.")
    return found


def _last_day() -> str:
    try:
        return path().read_text().splitlines()[-1][:10]
    except (OSError, IndexError):
        return ""
