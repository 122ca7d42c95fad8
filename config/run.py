"""Everything on one machine: a broker, the web, a worker and a clock, watched and started again. `make run`."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.machine import (
    CannotStart,
    broker_command,
    check_port,
    check_python,
    find_broker,
    hold,
    make_socket_folder,
    prepare_folder,
    put_old_logs_aside,
)
from config.parts import BASE_DIR, Part, Stopped, listen_for_stop, pause, say, stop

STOP_WITHIN = 4.0
"""Seconds between asking the children to end and ending them."""
READY_WITHIN = 120.0


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
