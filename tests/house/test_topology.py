"""The compose file's parts as plain processes: PostgreSQL and a broker over TCP, web, two workers, one clock."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import services
from tests.services import Program, wait_for

pytestmark = pytest.mark.processes

DONE = re.compile(r"workflows\.tasks\.sweep\[(\S+)\] succeeded")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What all parts are told, once the two servers run and the database is migrated."""
    folder = tmp_path_factory.mktemp("topology")
    with services.postgresql(tcp=True) as postgres, services.valkey(tcp=True) as broker:
        environment = services.environment_with(
            SECRET_KEY="for-a-topology-0123456789-abcdefghijklmnopqrstuvwxyz",
            HTTPS="1",
            SITE_URL="https://reviews.example.org",
            ALLOWED_HOSTS="reviews.example.org",
            BEHIND_PROXY="true",
            HOSTS="2",
            DATABASE_URL=postgres.url,
            BROKER_URL=broker.url,
            VAR_DIR=str(folder),
            SWEEP_EVERY="1",
            DELIVER_EVERY="1",
        )
        environment.pop("EXPECT_VENDOR", None)
        migrated = services.manage("migrate", "--noinput", environment=environment)
        assert migrated.returncode == 0, migrated.stderr
        yield environment


@pytest.fixture(scope="module")
def workers(told: dict[str, str]) -> Iterator[list[Program]]:
    folder = Path(told["VAR_DIR"])
    first = services.celery_worker(told, folder / "worker1.log", "worker1")
    second = services.celery_worker(told, folder / "worker2.log", "worker2")
    with first, second, services.celery_beat(told, folder / "beat.log"):
        yield [first, second]


def finished(workers: list[Program]) -> list[str]:
    """The ids of the sweeps that these workers have finished."""
    return [task for worker in workers for task in DONE.findall(worker.said())]


def test_the_web_is_ready_behind_a_proxy_that_speaks_https(told: dict[str, str]) -> None:
    port = services.free_port()
    with services.gunicorn(told, Path(told["VAR_DIR"]) / "web.log", port):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/health/ready", headers={"Host": "reviews.example.org"}
        )

        wait_for(lambda: status(asked) == 200, within=30, saying="readiness")


def status(asked: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return 0


def test_the_clock_rings_and_one_of_the_workers_sweeps(workers: list[Program]) -> None:
    wait_for(lambda: len(finished(workers)) >= 3, within=60, saying="three sweeps")

    # Each was done once: two workers share one bell.
    assert len(finished(workers)) == len(set(finished(workers)))


def test_the_other_worker_goes_on_when_one_is_killed(workers: list[Program]) -> None:
    wait_for(lambda: len(finished(workers)) >= 1, within=60, saying="a sweep")

    workers[0].kill()

    before = len(finished(workers[1:]))
    wait_for(lambda: len(finished(workers[1:])) > before + 1, within=60, saying="sweeps of the other worker")
