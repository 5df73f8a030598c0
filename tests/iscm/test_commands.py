"""Every command of ours explains itself, refuses in a sentence, and is what the documentation shows."""

import os
import re
import subprocess
import sys
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import BaseCommand, CommandError, call_command, get_commands, load_command_class
from django.db import connection

from tests.conftest import _owner, _with_name, clone_database, drop_database

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def command(name: str) -> BaseCommand:
    return load_command_class(get_commands()[name], name)


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", OURS)
def test_its_help_says_what_it_does_and_what_each_option_means(name):
    one = command(name)
    assert len(one.help) > 30 and one.help.rstrip().endswith("."), "a sentence"
    parser = one.create_parser("manage.py", name)
    standard = {action.dest for action in BaseCommand().create_parser("manage.py", "x")._actions}
    for action in parser._actions:
        if action.dest not in standard and not action.choices:
            assert action.help, f"{name} {action.dest} explains nothing"
    said = StringIO()
    with redirect_stdout(said), pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    assert f"usage: manage.py {name}" in said.getvalue()


def shown() -> list[tuple[str, str]]:
    """Every ``manage.py …`` (or ``dev.py manage …``) of the documentation: (page, what follows)."""
    found = []
    for page in PAGES:
        for line in re.findall(r"(?:manage\.py|dev\.py manage) ([a-z_]+[^`\n|)]*)", page.read_text()):
            found.append((page.name, line.partition("#")[0].strip().rstrip(".,;:")))
    return found


def test_what_the_documentation_shows_exists_with_the_options_it_shows():
    seen = set()
    for page, line in shown():
        name, *words = line.split()
        assert name in get_commands(), f"{page} shows {line}"
        parser = command(name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in known, f"{page} shows {line}"
        seen.add(name)
    operators = {"doctor", "outbox", "rebuild_kpis", "verify_audit", "check_integrity", "backup", "restore", "kpis"}
    assert operators | {"createtoken", "load_fx", "upgrade", "replay_events"} <= seen, (
        "each has its place in the documentation"
    )


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (
            ["outbox", "status"],
            {"DATABASE_URL": "postgres://iscm_app:hunter2@127.0.0.1:1/iscm"},
            "The database does not answer",
        ),
        (["backup", "/tmp"], {"DATABASE_OWNER_URL": ""}, "DATABASE_OWNER_URL is not set"),
        (["restore", "/nowhere.tar"], {}, "/nowhere.tar"),
        (["check"], {"SECRET_KEY": ""}, "Set SECRET_KEY to a long random value"),
        (["upgrade"], {}, "may not change tables. Run this with DATABASE_URL set to the role iscm_owner"),
        (["load_fx", "/nowhere.csv"], {}, "/nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_exit_1(arguments, variables, sentence):
    done = manage(*arguments, **variables)
    assert done.returncode == 1 and sentence in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and "hunter2" not in done.stderr + done.stdout


def test_an_empty_database_says_what_to_do_and_is_upgraded_twice_without_change(worker_id, django_db_setup):
    name = f"upgrade_{worker_id}"
    drop_database(name)
    with closing(_owner("postgres")) as owner:
        owner.cursor().execute(f'CREATE DATABASE "{name}"')
    app, owner_url = (_with_name(os.environ[role], name) for role in ("DATABASE_URL", "DATABASE_OWNER_URL"))
    empty = manage("outbox", "status", DATABASE_URL=app)
    assert (
        empty.returncode == 1
        and "Run manage.py upgrade as the owner" in empty.stderr
        and "Traceback" not in empty.stderr
    )
    clone_database(name)  # (migrating from nothing takes a minute; the template was made that way)
    before = manage("migrate", "core", "0003", DATABASE_URL=owner_url)
    assert before.returncode == 0, before.stderr
    with closing(_owner(name)) as owner, owner.cursor() as cursor:
        cursor.execute("INSERT INTO core_outgoingmail (\"to\", subject, text) VALUES ('a@b.example', 'kept', 't')")
    first = manage("upgrade", DATABASE_URL=owner_url)
    assert first.returncode == 0 and "Applying core.0004_owed_once_a_transaction... OK" in first.stdout, first.stderr
    again = manage("upgrade", DATABASE_URL=owner_url)
    assert again.returncode == 0 and "No migrations to apply" in again.stdout
    with closing(_owner(name)) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT subject FROM core_outgoingmail")
        assert cursor.fetchall() == [("kept",)], "what was there is kept"
        cursor.execute("SELECT transaction FROM core_delivery")
    drop_database(name)


@pytest.mark.django_db
def test_the_whole_history_of_the_ecb_loads_and_twice_changes_nothing():
    from tests.shared_data import shared_data

    history, out = str(shared_data("fx/eurofxref-hist.csv.gz")), StringIO()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_timeout = 0")
    call_command("load_fx", history, stdout=out, verbosity=1)
    read = re.search(r"([\d,]+) rows read, ([\d,]+) new, (\d+) changed", out.getvalue())
    assert int(read[1].replace(",", "")) > 200_000 and read[3] == "0"
    again = StringIO()
    call_command("load_fx", history, stdout=again)
    assert f"{read[1]} rows read, 0 new, 0 changed" in again.getvalue()


@pytest.mark.django_db
def test_createtoken_refuses_in_sentences(world):
    for arguments, sentence in (
        (["nobody@hp.example"], "Nobody with access has the address nobody@hp.example"),
        (["buyer@hp.example", "--scope", "sales.add_customer"], "does not hold sales.add_customer"),
        (["buyer@hp.example", "--network", "here"], "not an address or network"),
        (["buyer@hp.example", "--days", "-1"], "Between 1 and 3650 days"),
    ):
        with pytest.raises(CommandError, match=re.escape(sentence)):
            call_command("createtoken", *arguments, "--name", "x")
