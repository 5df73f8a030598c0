"""Loading what the world publishes: twice is the same as once, and a broken file changes nothing."""

import gzip
import io
import zipfile
from datetime import date
from decimal import Decimal as D

import pytest
from django.core.management import CommandError, call_command

from core.actor import Actor, system
from core.errors import NotAllowed
from core.money import decimals
from reference import exchange, facts, services
from reference.models import Calendar, CalendarDay, Country, Currency, ExchangeRate, Place, Unit
from tests.shared_data import shared_data

pytestmark = pytest.mark.django_db

ECB = """Date,USD,JPY,TRL,CNY,
2026-10-30,1.1172,175.68,N/A,7.4326,
2026-10-29,1.1180,175.10,N/A,,
2004-12-30,1.3604,139.80,1883200,N/A,
"""


def run(*args) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=out)
    return out.getvalue()


def write(path, text=ECB):
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("eurofxref-hist.csv", text)
    else:
        path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", ["rates.csv", "rates.csv.gz", "rates.zip"])
def test_load_fx_reads_a_file_and_twice_changes_nothing(tmp_path, name):
    file = write(tmp_path / name)
    assert "8 rows read, 8 new, 0 changed" in run("load_fx", file)
    assert "8 rows read, 0 new, 0 changed" in run("load_fx", file)
    assert exchange.rate("EUR", "TRL", date(2004, 12, 31)) == D(1883200)


def test_load_fx_takes_over_a_correction_and_leaves_typed_rates_alone(tmp_path):
    finance = Actor(name="Fenna", channel="browser", permissions=frozenset({"reference.add_exchangerate"}))
    typed = services.set_exchange_rate(actor=finance, base="EUR", quote="USD", on=date(2026, 10, 30), rate=D("1.1"))
    run("load_fx", write(tmp_path / "rates.csv"))
    corrected = write(tmp_path / "new.csv", ECB.replace("1.1172", "1.1173"))
    assert "8 rows read, 0 new, 1 changed" in run("load_fx", corrected)
    assert ExchangeRate.objects.get(source="ECB", quote="USD", date=date(2026, 10, 30)).rate == D("1.1173")
    typed.refresh_from_db()
    assert typed.rate == D("1.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Day,USD\n2026-10-30,1.1\n", "not a rate history"),
        ("", "not a rate history"),
        ("Date,USD\n30.10.2026,1.1\n", "line 2"),
        ("Date,USD\n2026-10-30,1.1\n2026-10-29,one\n", "line 3"),
        ("Date,USD\n2026-10-30,0\n", "not a rate"),
        ("Date,USD\n2026-10-30,-1.1\n", "not a rate"),
        ("Date,USD\n2026-10-30,NaN\n", "not a number"),
        ("Date,XYZ\n2026-10-30,1.1\n", "XYZ is not among the currencies"),
        ("Date,USD\n2026-10-30,1.1\n2026-10-30,1.2\n", "USD has two rates"),
    ],
)
def test_a_broken_file_is_refused_and_changes_nothing(tmp_path, text, said):
    good = "Date,USD\n2026-10-30,1.1\n"
    with pytest.raises(CommandError, match=said):
        run("load_fx", write(tmp_path / "rates.csv", text))
    assert not ExchangeRate.objects.exists()
    assert "1 new" in run("load_fx", write(tmp_path / "good.csv", good))


def test_a_file_that_is_no_archive_or_not_there_is_refused(tmp_path):
    for name in ("rates.zip", "rates.csv.gz"):
        (tmp_path / name).write_bytes(b"Date,USD\n2026-10-30,1.1\n")
        with pytest.raises(CommandError, match="cannot be read"):
            run("load_fx", str(tmp_path / name))
    with pytest.raises(CommandError, match="cannot be read"):
        run("load_fx", str(tmp_path / "nowhere.csv"))


def test_loading_needs_the_permission():
    nobody = Actor(name="Bram", channel="browser")
    with pytest.raises(NotAllowed):
        services.load_exchange_rates(actor=nobody, quotations=[], source="ECB")
    with pytest.raises(NotAllowed):
        services.load_facts(actor=nobody, model=Unit, rows=[])


def test_load_reference_twice_changes_nothing():
    run("load_reference")
    assert run("load_reference").count("0 new, 0 changed") == 6


def test_load_reference_puts_a_fact_right_and_deletes_nothing():
    run("load_reference")
    Country.objects.filter(code="NL").update(eu=False)
    Unit.objects.create(code="barrel", name="barrel", dimension="volume", factor=D("0.158987294928"))
    assert "countries: 249 rows read, 0 new, 1 changed" in run("load_reference")
    assert Country.objects.get(code="NL").eu
    assert Unit.objects.filter(code="barrel").exists()


def test_the_facts_are_whole_and_agree_with_each_other():
    assert len(facts.countries()) == 249
    assert sum(row["eu"] for row in facts.countries()) == 27
    assert all(
        row["name"] and row["name_zh"]
        for rows in (facts.countries(), facts.currencies(), facts.places())
        for row in rows
    )
    for row in facts.currencies():
        assert row["decimals"] == decimals(row["code"]), row["code"]
    codes = {row["code"]: row for row in facts.places()}
    wanted = "CNNGB CNSHA CNYTN CNSHK NLRTM DEHAM USLAX USLGB USNYC USCHI VNSGN INMAA SGSIN PVG SZX AMS LAX ORD JFK HKG"
    assert set(wanted.split()) <= codes.keys()
    assert len(codes) >= 60


def test_countries_agree_with_the_published_list():
    import csv

    with open(shared_data("places/country-codes.csv"), newline="", encoding="utf-8") as file:
        rows = {row["ISO3166-1-Alpha-2"]: row for row in csv.DictReader(file)}
    ours = {row["code"]: row for row in facts.countries()}
    assert ours.keys() == rows.keys()
    places = {}
    for code, row in rows.items():
        assert (ours[code]["alpha3"], ours[code]["numeric"]) == (
            row["ISO3166-1-Alpha-3"],
            row["ISO3166-1-numeric"].zfill(3),
        )
        published = row["ISO4217-currency_alphabetic_code"].split(",")
        if published != [""]:
            assert ours[code]["currency_id"] in published, code
        places |= dict(zip(published, row["ISO4217-currency_minor_unit"].split(","), strict=True))
    for currency, minor in places.items():
        if currency:
            assert decimals(currency) == int(minor), currency


def test_load_places_adds_ports_and_airports_and_keeps_the_typed_ones():
    folder = shared_data("places/ports_wpi.csv").parent
    run("load_reference")
    rotterdam = Place.objects.get(code="NLRTM")
    assert " 0 changed" in run("load_places", str(folder))
    assert "rows read, 0 new, 0 changed" in run("load_places", str(folder))
    assert Place.objects.ports().count() > 3500
    assert Place.objects.airports().count() > 7000
    rotterdam.refresh_from_db()
    assert (rotterdam.main, rotterdam.source) == (True, "typed")


def test_load_places_says_when_there_is_nothing(tmp_path):
    with pytest.raises(CommandError, match="nothing to load"):
        run("load_places", str(tmp_path))


def test_load_reference_fills_an_empty_database():
    for model in (Place, CalendarDay, Calendar, Country, Currency, Unit):
        model.objects.all().delete()
    run("load_reference", "--verbosity", "0")
    assert Currency.objects.active().count() > 150
    assert services.load_facts(actor=system(), model=Unit, rows=facts.units()).new == 0
