"""A backup is one tar: the database as of one moment, the uploaded files, and a manifest that can prove both.

    iscm-20261122T101500Z.tar
        database.dump    pg_dump's custom format, from one snapshot
        files/…          every uploaded file; those added while the backup ran may be in it too
        manifest.json    SHA-256 of all of them, rows per table in that same snapshot, migrations applied

It appears under its name only when it is whole. Restoring works into an empty database, in one transaction.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

import environ
import psycopg2
from psycopg2 import sql

from core.errors import RuleBroken
from core.ops import postgres_program

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database.dump", "files/"
PARTIAL = ".iscm-backup.partial"
FORGETTABLE = ("core_cache", "django_session")  # rate limits and logged-in browsers: a restored system starts without
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds, or a restore brought back."""

    path: Path
    tables: int
    rows: int
    files: int
    bytes: int


def backup(directory: Path, *, owner_url: str, files_dir: Path, now: datetime) -> Summary:
    """This will write one backup into ``directory``, which it creates if need be. Raises RuleBroken."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"iscm-{now:%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise RuleBroken(f"{target} exists already. Wait a second, or choose another directory.")
    with _alone(directory):
        for left_over in directory.glob(f"{PARTIAL}*"):
            left_over.unlink()
        dump, partial = directory / f"{PARTIAL}.dump", directory / f"{PARTIAL}.tar"
        try:
            manifest: dict[str, Any] = {"format": FORMAT, "made_at": now.isoformat(), "files": {}}
            manifest.update(_dump(owner_url, dump))
            with open(partial, "xb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
                manifest["database"] = _add(tar, DATABASE, dump)
                for path in _files_in(files_dir):
                    name = path.relative_to(files_dir).as_posix()
                    manifest["files"][name] = _add(tar, FILES + name, path)
                _add_text(tar, MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True))
                tar.close()
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(target)
            _sync(directory)
        finally:
            dump.unlink(missing_ok=True)
            partial.unlink(missing_ok=True)
    return _summary(target, manifest)


def restore(archive: Path, *, owner_url: str, files_dir: Path, verify: bool = False) -> Summary:
    """This will bring back a backup into an empty database, or nothing of it.

    Every hash is checked before anything is written. ``verify`` counts the rows and hashes the files again afterwards,
    and raises RuleBroken naming the first that differs.
    """
    with _opened(archive) as tar:
        manifest = _manifest(tar)
        _check_hashes(tar, manifest)
        if tables := _tables(owner_url):
            raise RuleBroken(
                f"The database is not empty ({len(tables)} tables, {tables[0]} among them). Restore into a new one: "
                "docs/operations.md says how."
            )
        _refuse_other_files(files_dir, manifest)
        for name in manifest["files"]:  # first, since what is there already and right is simply kept
            _extract(tar, FILES + name, files_dir / PurePosixPath(name))
        arguments = [
            "--single-transaction",
            "--exit-on-error",
            "--no-password",
            "--dbname",
            environ.Env.db_url_config(owner_url)["NAME"],
        ]
        with _member(tar, DATABASE) as dump:
            _run("pg_restore", arguments, owner_url, send=dump)
    if verify:
        verify_restored(manifest, owner_url=owner_url, files_dir=files_dir)
    return _summary(archive, manifest)


def verify_restored(manifest: dict[str, Any], *, owner_url: str, files_dir: Path) -> None:
    """This will raise RuleBroken if a table has other rows, or a file other contents, than the manifest says."""
    connection = psycopg2.connect(owner_url)
    try:
        with connection.cursor() as cursor:
            found = _count_rows(cursor)
    finally:
        connection.close()
    for table, rows in manifest["rows"].items():
        if found.get(table) != rows:
            raise RuleBroken(
                f"The table {table} has {found.get(table, 'no')} rows instead of {rows}. Do not use this restore."
            )
    for name, fact in manifest["files"].items():
        path = files_dir / PurePosixPath(name)
        if not path.exists() or _hash_file(path) != fact["sha256"]:
            raise RuleBroken(f"The file {name} is not what was backed up. Do not use this restore.")


# The database ---------------------------------------------------------------------------------------------------------


def _dump(owner_url: str, target: Path) -> dict[str, Any]:
    """This will dump one snapshot and count its rows in that same snapshot."""
    connection = psycopg2.connect(owner_url)
    try:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            skip = [f"--exclude-table-data=public.{table}" for table in FORGETTABLE]
            arguments = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}", "--no-password", *skip]
            _run("pg_dump", arguments, owner_url)
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
            cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            migrations = [row[0] for row in cursor.fetchall()]
            return {"rows": _count_rows(cursor), "server": version, "migrations": migrations}
    finally:
        connection.close()


def _tables(owner_url: str) -> list[str]:
    connection = psycopg2.connect(owner_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            return [row[0] for row in cursor.fetchall()]
    finally:
        connection.close()


def _count_rows(cursor: Any) -> dict[str, int]:
    cursor.execute(TABLES)
    counts = {}
    for (table,) in cursor.fetchall():
        if table not in FORGETTABLE:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table)))
            counts[table] = cursor.fetchone()[0]
    return counts


def _run(program: str, arguments: list[str], owner_url: str, *, send: IO[bytes] | None = None) -> None:
    """This will run pg_dump or pg_restore; the address goes by the environment, where ps does not show the password.

    ``send`` becomes the program's input, piece by piece: if we are killed it ends early, and nothing is committed.
    """
    settings = environ.Env.db_url_config(owner_url)
    place = settings.get("OPTIONS", {})
    variables = {
        "PGHOST": settings["HOST"] or place.get("host"),
        "PGPORT": settings["PORT"] or place.get("port"),
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
        "PGSSLMODE": place.get("sslmode"),
        "PGSSLROOTCERT": place.get("sslrootcert"),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment.update({name: str(value) for name, value in variables.items() if value})
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [postgres_program(program), *arguments],
            env=environment,
            stdin=subprocess.PIPE if send else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        if send and process.stdin:
            with contextlib.suppress(BrokenPipeError), process.stdin:  # it says itself why it stopped reading
                while part := send.read(1 << 20):
                    process.stdin.write(part)
        if process.wait():
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
            raise RuleBroken(f"{program} failed: {said[-2000:] or f'status {process.returncode}'}")


# The archive ----------------------------------------------------------------------------------------------------------


class _Hashing:
    """A reader that hashes what passes through it."""

    def __init__(self, stream: IO[bytes]):
        self.stream, self.hash, self.size = stream, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        part = self.stream.read(size)
        self.hash.update(part)
        self.size += len(part)
        return part


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        info = tar.gettarinfo(arcname=name, fileobj=file)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        reader = _Hashing(file)
        tar.addfile(info, reader)  # type: ignore[arg-type]  # it only ever reads
    return {"sha256": reader.hash.hexdigest(), "bytes": reader.size}


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text.encode()), 0o600
    tar.addfile(info, BytesIO(text.encode()))


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, "r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise RuleBroken(f"There is no file {archive}.") from error
    except (tarfile.TarError, EOFError) as error:
        raise RuleBroken(f"{archive} is not a whole backup ({error}). Take another.") from error


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        manifest = json.loads(_member(tar, MANIFEST).read())
    except (ValueError, RuleBroken) as error:
        raise RuleBroken(
            f"{_name(tar)} has no readable manifest, so it is not a whole backup of ISCM. Take another."
        ) from error
    if manifest.get("format") != FORMAT:
        raise RuleBroken(
            f"{_name(tar)} was made by another version of ISCM (format {manifest.get('format')}). "
            "Restore it with that one."
        )
    for name in manifest["files"]:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise RuleBroken(
                f"{_name(tar)} names a file outside its place ({name}). It was tampered with; do not use it."
            )
    return manifest


def _name(tar: tarfile.TarFile) -> str:
    return Path(os.fsdecode(tar.name or "")).name


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        info = tar.getmember(name)
        stream = tar.extractfile(info) if info.isreg() else None
    except KeyError:
        stream = None
    if stream is None:
        raise RuleBroken(f"{_name(tar)} lacks {name}. It is not a whole backup; take another.")
    return stream


def _check_hashes(tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    wanted = {DATABASE: manifest["database"], **{FILES + name: fact for name, fact in manifest["files"].items()}}
    for name, fact in wanted.items():
        if _hash(_member(tar, name).read) != fact["sha256"]:
            raise RuleBroken(f"{name} in {_name(tar)} is not what was backed up: the archive is damaged. Take another.")


def _extract(tar: tarfile.TarFile, name: str, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.restoring")
    with open(new, "wb") as file, _member(tar, name) as stream:
        while part := stream.read(1 << 20):
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)


def _refuse_other_files(files_dir: Path, manifest: dict[str, Any]) -> None:
    for path in _files_in(files_dir):
        name = path.relative_to(files_dir).as_posix()
        fact = manifest["files"].get(name)
        if fact and _hash_file(path) != fact["sha256"]:
            raise RuleBroken(
                f"{path} has other contents than in the backup. Move the files directory away, then restore again."
            )


# Small help -----------------------------------------------------------------------------------------------------------


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    with open(directory / ".iscm-backup.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RuleBroken(f"Another backup is being written to {directory}. Wait until it is done.") from error
        yield


def _files_in(directory: Path) -> list[Path]:
    return sorted(
        p for p in directory.rglob("*") if p.is_file() and not p.is_symlink() and not p.name.endswith(".restoring")
    )


def _hash(read: Callable[[int], bytes]) -> str:
    digest = hashlib.sha256()
    while part := read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _hash_file(path: Path) -> str:
    with open(path, "rb") as file:
        return _hash(file.read)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _summary(path: Path, manifest: dict[str, Any]) -> Summary:
    rows = manifest["rows"]
    return Summary(path, len(rows), sum(rows.values()), len(manifest["files"]), path.stat().st_size)
