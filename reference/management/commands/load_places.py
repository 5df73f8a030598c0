import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope
from reference.files import read_dicts
from reference.models import Country, Place, PlaceKind
from reference.services import load_facts

_GRID = Decimal("0.00001")  # a metre
_UNLOCODE, _IATA = re.compile(r"[A-Z]{2}[A-Z2-9]{3}"), re.compile(r"[A-Z]{3}")


def _place(
    row: dict, kind: str, code: str, country: str, latitude: str, longitude: str, source: str, timezone: str = ""
) -> dict:
    return {
        "code": code,
        "unlocode": code if kind == PlaceKind.PORT else "",
        "kind": kind,
        "name": row["name"][:120],
        "country_id": country,
        "latitude": Decimal(latitude).quantize(_GRID),
        "longitude": Decimal(longitude).quantize(_GRID),
        "timezone": timezone,
        "source": source,
    }


def searoute(row: dict) -> dict | None:
    if not _UNLOCODE.fullmatch(row["unlocode"]):
        return None
    return _place(row, PlaceKind.PORT, row["unlocode"], row["unlocode"][:2], row["lat"], row["lon"], "searoute")


def world_port_index(row: dict) -> dict | None:
    if not _UNLOCODE.fullmatch(row["unlocode"]):
        return None
    return _place(row, PlaceKind.PORT, row["unlocode"], row["country_code"], row["latitude"], row["longitude"], "WPI")


def airport(row: dict) -> dict | None:
    if not _IATA.fullmatch(row["iata"]):
        return None
    return _place(
        row, PlaceKind.AIRPORT, row["iata"], row["country"], row["lat"], row["lon"], "airportsdata", timezone=row["tz"]
    )


# The later file wins: where both port lists know a port, the World Port Index is the surveyed one.
FILES: tuple[tuple[str, Callable[[dict], dict | None]], ...] = (
    ("ports_searoute.csv", searoute),
    ("ports_wpi.csv", world_port_index),
    ("airports.csv.gz", airport),
)


class Command(BaseCommand):
    """Places that load_reference typed in stay as they are; a file that is not there is skipped with a word."""

    help = "Load ports (ports_searoute.csv, ports_wpi.csv) and airports (airports.csv.gz). Twice changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where these files lie")

    def handle(self, *args, folder, verbosity=1, **options):
        actor = system(COMMAND)
        present = [(folder / name, parse) for name, parse in FILES if (folder / name).exists()]
        for name, _parse in FILES:
            if not (folder / name).exists():
                self.stderr.write(f"{name} is not in {folder}")
        if not present:
            raise CommandError(f"There is nothing to load in {folder}.")
        try:
            with scope(actor):
                countries = set(Country.objects.values_list("code", flat=True))
                if not countries:
                    raise CommandError("There are no countries yet: run load_reference first.")
                typed = set(Place.objects.filter(source="typed").values_list("code", flat=True))
                places: dict[str, dict] = {}
                for path, parse in present:
                    seen = set()
                    for row in tqdm(
                        list(read_dicts(path)), unit=" rows", desc=path.name, disable=None if verbosity else True
                    ):
                        place = parse(row)
                        if place is None or place["code"] in typed or place["country_id"] not in countries:
                            continue
                        if (
                            place["code"] not in seen
                        ):  # a code that stands twice in one file: the first is the main harbour
                            seen.add(place["code"])
                            places[place["code"]] = place
                loaded = load_facts(actor=actor, model=Place, rows=list(places.values()))
        except RuleBroken as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(str(loaded))
