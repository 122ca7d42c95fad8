"""What the cache that all processes share holds, as JSON; and that cache as a table, for where there is no broker.

Django's own caches write Python's objects, and reading one runs what it says: whoever may write there could do
anything. JSON is only ever data. Imported by the settings: no models here.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.utils import timezone

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
AT_A_TIME = 1000


class AsJSON:
    """Numbers, words, true, false, null, and lists and objects of them. Redis can count up a whole number as it is."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value, allow_nan=False)

    def loads(self, written: str | bytes) -> Any:
        """Raises ValueError for what is no JSON, such as what a version of before wrote."""
        return json.loads(written)


class TableCache(BaseCache):
    """The table `shared_cache`. Nothing is dropped before its time: Django's own drops a third of its entries once they
    are more than 300, so that whoever tried 300 addresses would make it forget what it had counted."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._json = AsJSON()

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        name = self.make_and_validate_key(key, version=version)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value FROM shared_cache WHERE cache_key = %s AND expires > %s",
                [name, _written(timezone.now())],
            )
            row = cursor.fetchone()
        try:
            return self._json.loads(row[0]) if row else default
        except ValueError:
            return default

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO shared_cache (cache_key, value, expires) VALUES (%s, %s, %s) "
                "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
                self._row(key, value, timeout, version),
            )

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO shared_cache (cache_key, value, expires) VALUES (%s, %s, %s) "
                "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires "
                "WHERE shared_cache.expires <= %s",
                [*self._row(key, value, timeout, version), _written(timezone.now())],
            )
            return bool(cursor.rowcount > 0)

    def delete(self, key: str, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version=version)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM shared_cache WHERE cache_key = %s", [name])
            return bool(cursor.rowcount > 0)

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM shared_cache")

    def _row(self, key: str, value: Any, timeout: float | None, version: int | None) -> list[Any]:
        until = self.get_backend_timeout(timeout)
        ends = NEVER if until is None else datetime.fromtimestamp(until, UTC)
        name = self.make_and_validate_key(key, version=version)
        return [name, self._json.dumps(value), _written(ends)]


def forget_expired(*, at: datetime) -> int:
    """Delete what has had its time. Returns how many. What somebody is just writing to is left for the next time."""
    statement = (
        "DELETE FROM shared_cache WHERE cache_key IN "
        "(SELECT cache_key FROM shared_cache WHERE expires <= %s LIMIT %s FOR UPDATE SKIP LOCKED)"
    )
    if not connection.features.has_select_for_update_skip_locked:
        statement = statement.replace(" FOR UPDATE SKIP LOCKED", "")
    gone = AT_A_TIME
    total = 0
    with connection.cursor() as cursor:
        while gone == AT_A_TIME:
            cursor.execute(statement, [_written(at), AT_A_TIME])
            gone = cursor.rowcount
            total += gone
    return total


def _written(instant: datetime) -> Any:
    """As the database compares it."""
    return connection.ops.adapt_datetimefield_value(instant)
