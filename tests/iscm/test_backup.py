"""A backup that was never restored is a hope: every test here ends in a restore, or in a refusal."""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from core import backup as backups
from core import outbox
from core.actor import system
from core.errors import RuleBroken
from core.scope import scope
from tests.conftest import _owner, _with_name, drop_database
from tests.core.chain import own_database
from tests.factories import make_world

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def names(worker_id, django_db_setup, django_db_blocker):
    """A filled database to back up, and the name of one to restore into; both gone afterwards."""
    source, target = f"iscm_saved_{worker_id}", f"iscm_restored_{worker_id}"
    with django_db_blocker.unblock(), own_database(source), scope(system()):
        make_world().sent_order()
        outbox.drain()
    with closing(_owner(source)) as owner:
        owner.cursor().execute(
            "CREATE TABLE sample (id bigserial PRIMARY KEY, name text, amount numeric(18,4));"
            "INSERT INTO sample (name, amount) SELECT 'Größe 供应 ' || n, n * 1.0001 FROM generate_series(1, 5000) n;"
            "INSERT INTO django_session VALUES ('k', 'somebody is logged in', now())"
        )
    yield source, target
    for name in (source, target):
        drop_database(name)


@pytest.fixture
def source(names) -> str:
    return _with_name(os.environ["DATABASE_OWNER_URL"], names[0])


@pytest.fixture
def target(names) -> str:
    """The address of an empty database."""
    drop_database(names[1])
    with closing(_owner("postgres")) as owner:
        owner.cursor().execute(f'CREATE DATABASE "{names[1]}"')
    return _with_name(os.environ["DATABASE_OWNER_URL"], names[1])


@pytest.fixture
def files(tmp_path) -> Path:
    directory = tmp_path / "files"
    (directory / "2026" / "11").mkdir(parents=True)
    (directory / "2026" / "11" / "发票 1.pdf").write_bytes(random.Random(1).randbytes(300_000))
    (directory / "empty.txt").write_bytes(b"")
    return directory


@pytest.fixture
def archive(source, files, tmp_path) -> Path:
    return backups.backup(tmp_path / "backups", owner_url=source, files_dir=files, now=NOW).path


def query(url: str, sql: str):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def tables(url: str) -> int:
    return query(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")[0][0]


def test_what_is_restored_is_what_was_saved(archive, source, target, files, tmp_path):
    done = backups.restore(archive, owner_url=target, files_dir=tmp_path / "back", verify=True)

    assert archive.name == "iscm-20261122T101500Z.tar" and done.files == 2 and done.rows > 5000
    total = "SELECT count(*), sum(amount), max(name), (SELECT count(*) FROM django_migrations) FROM sample"
    assert query(target, total) == query(source, total)
    for path in ("2026/11/发票 1.pdf", "empty.txt"):
        assert (tmp_path / "back" / path).read_bytes() == (files / path).read_bytes()
    assert query(target, "SELECT count(*) FROM django_session") == [(0,)], "nobody is logged in to a restored system"
    rights = (
        "SELECT has_table_privilege('iscm_app', 'core_event', 'INSERT'), "
        "(SELECT count(*) FROM pg_class WHERE relrowsecurity), (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)"
    )
    assert query(target, rights) == query(source, rights)
    assert [path.name for path in archive.parent.iterdir() if not path.name.endswith(".lock")] == [archive.name]


def test_a_database_that_is_not_empty_is_left_alone(archive, target, files):
    with closing(psycopg2.connect(target)) as connection:
        connection.cursor().execute("CREATE TABLE mine (id int)")
        connection.commit()
    with pytest.raises(RuleBroken, match="not empty"):
        backups.restore(archive, owner_url=target, files_dir=files)
    assert tables(target) == 1


def test_a_damaged_archive_is_refused_before_anything_is_written(archive, target, tmp_path):
    with tarfile.open(archive) as tar:
        places = {member.name: member.offset_data + member.size // 2 for member in tar if member.size}
    for place in places.values():
        damaged = tmp_path / "damaged.tar"
        content = bytearray(archive.read_bytes())
        content[place] ^= 0xFF
        damaged.write_bytes(content)
        with pytest.raises(RuleBroken):
            backups.restore(damaged, owner_url=target, files_dir=tmp_path / "back")
    assert tables(target) == 0 and not (tmp_path / "back").exists()


def test_an_archive_cut_short_is_refused(archive, target, tmp_path):
    size = archive.stat().st_size
    for length in (0, 100, size // 2, size - 20_000):
        short = tmp_path / "short.tar"
        short.write_bytes(archive.read_bytes()[:length])
        with pytest.raises(RuleBroken):
            backups.restore(short, owner_url=target, files_dir=tmp_path / "back")
    assert tables(target) == 0


def test_a_file_that_would_land_elsewhere_is_refused(archive, target, tmp_path):
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        dump = tar.extractfile("database.dump").read()
    manifest["files"] = {"../outside.txt": {"sha256": "0" * 64, "bytes": 1}}
    forged = tmp_path / "forged.tar"
    with tarfile.open(forged, "w") as tar:
        for name, content in (("database.dump", dump), ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    with pytest.raises(RuleBroken, match="outside its place"):
        backups.restore(forged, owner_url=target, files_dir=tmp_path / "back")


def test_other_contents_under_the_same_name_are_not_overwritten(archive, target, tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "empty.txt").write_text("newer")
    with pytest.raises(RuleBroken, match="other contents"):
        backups.restore(archive, owner_url=target, files_dir=tmp_path / "back")
    assert (tmp_path / "back" / "empty.txt").read_text() == "newer" and tables(target) == 0


def test_verifying_notices_one_row_too_few(archive, target, files):
    backups.restore(archive, owner_url=target, files_dir=files)
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    backups.verify_restored(manifest, owner_url=target, files_dir=files)
    with closing(psycopg2.connect(target)) as connection:
        connection.cursor().execute("DELETE FROM sample WHERE id = 1")
        connection.commit()
    with pytest.raises(RuleBroken, match="The table sample has 4999 rows instead of 5000"):
        backups.verify_restored(manifest, owner_url=target, files_dir=files)


def test_two_backups_at_once_do_not_mix(source, files, tmp_path):
    with backups._alone(_made(tmp_path / "backups")), pytest.raises(RuleBroken, match="Another backup"):
        backups.backup(tmp_path / "backups", owner_url=source, files_dir=files, now=NOW)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _command(url: str, var: Path, *arguments: str) -> subprocess.Popen:
    environment = {**os.environ, "DATABASE_OWNER_URL": url, "ISCM_VAR_DIR": str(var)}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.chaos
def test_a_backup_killed_at_any_moment_leaves_no_half_file_and_the_next_one_is_whole(source, target, files, tmp_path):
    directory, chance = tmp_path / "backups", random.Random(7)
    for _ in range(3):
        program = _command(source, tmp_path, "backup", str(directory))
        time.sleep(chance.uniform(0.6, 1.3))
        program.kill()
        program.wait()
    for archive in directory.glob("*.tar") if directory.exists() else ():
        with tarfile.open(archive) as tar:
            backups._check_hashes(tar, backups._manifest(tar))
    program = _command(source, tmp_path, "backup", str(directory), "--json")
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 0, output
    assert not list(directory.glob(f"{backups.PARTIAL}*"))
    done = backups.restore(Path(json.loads(output)["path"]), owner_url=target, files_dir=tmp_path / "back", verify=True)
    assert done.files == 2


@pytest.mark.chaos
def test_a_restore_killed_at_any_moment_has_done_nothing_or_can_be_repeated(archive, target, tmp_path):
    chance = random.Random(7)
    for _ in range(3):
        program = _command(target, tmp_path / "elsewhere", "restore", str(archive))
        time.sleep(chance.uniform(0.5, 1.1))
        program.kill()
        program.wait()
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while query(target, others) != [(0,)]:  # the session of an orphaned pg_restore ends a moment later
        time.sleep(0.05)
    if tables(target):  # one of them was quick enough to finish
        assert query(target, "SELECT count(*) FROM sample") == [(5000,)]
        return
    program = _command(target, tmp_path / "elsewhere", "restore", str(archive), "--verify")
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 0 and "Every row count and every hash is as in the backup." in output, output


def test_without_the_owner_the_command_says_what_is_missing(tmp_path):
    program = _command("", tmp_path, "backup", str(tmp_path))
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 1 and "DATABASE_OWNER_URL is not set" in output


def test_the_password_does_not_show_in_the_list_of_processes(monkeypatch, source, files, tmp_path):
    spied = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: spied.append(command) or popen(command, **more))
    backups.backup(tmp_path / "backups", owner_url=source, files_dir=files, now=NOW)
    password = source.split(":")[2].split("@")[0]
    assert spied and password not in json.dumps(spied)
    shutil.rmtree(tmp_path / "backups")


def test_a_restored_system_proves_itself(names, archive, source, target, tmp_path):
    """What an operator runs afterwards: the chain of events, the threads and sums, the KPIs."""
    backups.restore(archive, owner_url=target, files_dir=tmp_path / "back", verify=True)
    url = _with_name(os.environ["DATABASE_URL"], names[1])
    for arguments, said in (
        (["verify_audit"], "2 events are as they were sealed"),
        (["check_integrity"], "Nothing found"),
        (["rebuild_kpis", "--verify"], "what the documents say"),
    ):
        program = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "ISCM_VAR_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert program.returncode == 0 and said in program.stdout, program.stdout + program.stderr
