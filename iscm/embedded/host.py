"""What both services need of the machine: an account to run as, a lock, secrets, and a look at live processes."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psutil

SOCKET_PATH_LIMIT = 100  # bytes; the system's own limit is 104 to 108
LOG_LIMIT = 10_000_000  # bytes


class EmbeddedError(Exception):
    """An embedded service cannot be started or stopped; the sentence says what to do."""


class Lock:
    """A lock on a file, given back when the process ends, however it ends."""

    def __init__(self, path: Path, *, shared: bool = False):
        self.path, self.kind = path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self.handle: int | None = None

    def acquire(self, *, wait: bool = True) -> Self | None:
        make_directory(self.path.parent)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, self.kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            return None
        self.handle = handle
        return self

    def release(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def make_directory(path: Path, *, owner: pwd.struct_passwd | None = None, mode: int = 0o755) -> Path:
    """This will create ``path`` if it is missing; a directory that exists keeps its rights."""
    if not path.is_dir():
        make_directory(path.parent)
        try:
            path.mkdir(exist_ok=True)
            path.chmod(mode)
            if owner:
                os.chown(path, owner.pw_uid, owner.pw_gid)
        except PermissionError as error:
            raise EmbeddedError(
                f"{path} cannot be made by this user ({pwd.getpwuid(os.getuid()).pw_name}). Run as the user who owns "
                f"{path.parent}, or remove that directory if its contents are not needed."
            ) from error
    return path


def secret(home: Path, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """Return the secret ``name`` of this machine; the first call makes it, readable by this user only."""
    directory = make_directory(home / "secrets", mode=0o700)
    path = directory / name
    with Lock(directory / ".lock"):
        if not path.exists() or not path.read_text().strip():
            new = directory / f".{name}.new"
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(make() + "\n")
            new.replace(path)
        return path.read_text().strip()


def service_account(data_dir: Path) -> pwd.struct_passwd | None:
    """Return the account a service runs as: None for ourselves, since PostgreSQL refuses only root."""
    if os.geteuid() != 0:
        return None
    if data_dir.exists() and data_dir.stat().st_uid != 0:
        return pwd.getpwuid(data_dir.stat().st_uid)
    for name in ("postgres", "iscm"):
        if name in (entry.pw_name for entry in pwd.getpwall()):
            return pwd.getpwnam(name)
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "iscm"]
        if subprocess.run(command, capture_output=True).returncode == 0:
            return pwd.getpwnam("iscm")
    return pwd.getpwnam("nobody")


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments that make ``subprocess`` run a program as ``account``."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def can_reach(account: pwd.struct_passwd | None, path: Path) -> bool:
    """Return whether ``account`` may pass through every directory down to ``path`` and enter or execute it."""
    if account is None:
        return True
    command = ["sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(command, cwd="/", **as_account(account)).returncode == 0


def fallback_home(home: Path) -> Path:
    """The place for data and programs when root's checkout (say under /root) is closed to the service account."""
    return make_directory(Path("/var/lib") / f"iscm-{digest(home)}")


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def wheel_directory(package: str) -> Path:
    """Return where the wheel ``package`` lies, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {package} is not installed. Run 'make setup', or set DATABASE_URL and REDIS_URL to servers "
            "of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def copy_programs(directories: Iterable[Path], target: Path) -> Path:
    """This will copy the directories side by side into ``target``, once."""
    if not target.exists():
        new = target.with_name(target.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        for directory in directories:
            if directory.exists():
                shutil.copytree(directory, new / directory.name)
        new.chmod(0o755)
        new.replace(target)
    return target


def processes_in(directory: Path, name: str) -> list[psutil.Process]:
    """Return the live processes called ``name`` whose working directory is ``directory``, oldest first."""
    found = []
    for process in psutil.process_iter(["name", "status", "create_time"]):
        try:
            named_so = (process.info["name"] or "").startswith(name) and process.info["status"] != psutil.STATUS_ZOMBIE
            if named_so and Path(process.cwd()) == directory.resolve():
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return sorted(found, key=lambda process: (process.info["create_time"], process.pid))


def process_in(directory: Path, name: str, pid: int | None) -> psutil.Process | None:
    """Return the live process ``pid`` if it really is ``name`` working in ``directory``, else None."""
    try:
        process = psutil.Process(pid or -1)
        if process.status() != psutil.STATUS_ZOMBIE and process.name().startswith(name):
            return process if Path(process.cwd()) == directory.resolve() else None
    except (psutil.Error, OSError, ValueError):
        pass
    return None


def wait_for_end(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until the processes are gone; return those that are not."""
    deadline = time.monotonic() + seconds
    alive = list(processes)
    while alive and time.monotonic() < deadline:
        alive = [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.02 if alive else 0)
    return alive


def open_log(path: Path) -> int:
    """Open a log for appending, with one older generation; children write to it as to their standard output."""
    make_directory(path.parent)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_lines(path: Path, count: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def clean_environment() -> dict[str, str]:
    """Return a small environment for the services, with nothing of PG* or of the user's locale in it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
