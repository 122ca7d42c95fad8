"""The parts that `make run` watches over: each a program that is started, started again when it dies, and stopped."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


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
