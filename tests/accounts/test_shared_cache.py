"""The cache that all processes share, in the broker and as a table: JSON and nothing that runs, kept until its time."""

import base64
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import RequestFactory

from accounts.services import limits
from accounts.shared_cache import AT_A_TIME, TableCache, forget_expired
from config.cache import SharedCache, shared_cache_url

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["broker", "table"])
def cache(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The cache of the product, in each of its places."""
    if request.param == "table":
        yield caches["database"]
        return
    broker = request.getfixturevalue("valkey")
    found = SharedCache(shared_cache_url(broker.url), {"KEY_PREFIX": request.node.name})
    yield found
    found.clear()


def rows() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM shared_cache ORDER BY cache_key")
        return list(cursor.fetchall())


class Bomb:
    """What runs as soon as it is read as Python's own object."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize(
    "value", [0, 7, -1, True, False, 1.5, "7", "ä\x00", [1.5, 2], {"a": [None, True]}, []]
)
def test_what_is_put_in_comes_out_as_the_same_kind(cache: Any, value: Any) -> None:
    cache.set("x", value, 60)

    found = cache.get("x", "nothing")
    assert (found, type(found)) == (value, type(value))
    assert cache.get("y", "nothing") == "nothing"


def test_a_whole_number_can_be_counted_up(cache: Any) -> None:
    cache.set("x", 41, 60)

    assert (cache.incr("x"), cache.get("x")) == (42, 42)


def test_only_the_first_is_added_and_what_is_deleted_is_gone(cache: Any) -> None:
    assert [cache.add("x", n, 60) for n in (1, 2)] == [True, False]
    assert (cache.get("x"), cache.delete("x"), cache.delete("x")) == (1, True, False)
    assert (cache.get("x"), cache.add("x", 3, 60), cache.get("x")) == (None, True, 3)


def test_nothing_else_than_json_can_be_put_in(cache: Any) -> None:
    for value in (object(), {1, 2}, b"x", NOW, float("nan")):
        with pytest.raises((TypeError, ValueError)):
            cache.set("x", value, 60)
    assert cache.get("x") is None


def test_what_somebody_else_wrote_there_is_never_run(cache: Any, tmp_path: Path) -> None:
    # Given something that runs when it is read, as Django's own caches would have written and read it
    mark = tmp_path / "it ran"
    written = pickle.dumps(Bomb(mark))
    cache.set("x", 1, 60)
    if isinstance(cache, SharedCache):
        cache._cache.get_client(write=True).set(cache.make_key("x"), written)
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shared_cache SET value = %s", [base64.b64encode(written).decode()])

    # Then it is as if nothing were there, and it is written over
    assert (cache.get("x", []), mark.exists()) == ([], False)
    cache.set("x", [1.5], 60)
    assert cache.get("x") == [1.5]
    pickle.loads(written)
    assert mark.exists()


# ---- The table ---------------------------------------------------------------------------------
def test_in_the_table_each_counts_until_its_time(time_machine: Any) -> None:
    table = caches["database"]
    time_machine.move_to(NOW, tick=False)
    for key, seconds in (("short", 10), ("long", 60), ("for-good", None), ("over", 0)):
        table.set(key, key, seconds)

    time_machine.move_to(NOW + timedelta(seconds=9.999), tick=False)
    assert [table.get(key) for key in ("short", "long", "for-good", "over")] == [
        "short",
        "long",
        "for-good",
        None,
    ]
    assert table.add("short", "again", 10) is False

    time_machine.move_to(NOW + timedelta(seconds=10), tick=False)
    assert table.get("short") is None
    assert (table.add("short", "again", 10), table.get("short")) == (True, "again")


def test_no_number_of_others_makes_the_table_forget(time_machine: Any) -> None:
    # Given ten tries at one address, and then one each at 400 others
    time_machine.move_to(NOW, tick=False)
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
    assert all(limits.count(request, limits.CODE, "ann@example.org") for _ in range(10))
    for n in range(400):
        caches["database"].set(f"other:{n}", 1, 60)

    assert limits.count(request, limits.CODE, "ann@example.org") is None


def test_what_has_had_its_time_is_deleted_and_nothing_else(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    table = caches["database"]
    for n in range(AT_A_TIME + 1):
        table.set(f"old:{n}", n, 10)
    table.set("young", 1, 11)

    assert forget_expired(at=NOW + timedelta(seconds=10)) == AT_A_TIME + 1
    assert rows() == [(table.make_key("young"), "1")]
    assert forget_expired(at=NOW + timedelta(seconds=10)) == 0


def test_without_a_broker_the_table_is_the_cache() -> None:
    assert type(caches["default"]) is type(caches["database"]) is TableCache
    table = caches["default"]
    table.set("x", 1, 60)
    table.clear()
    assert rows() == []
