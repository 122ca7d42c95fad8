"""The cache that all processes share, and where it is: in the broker, beside its queue. It may vanish at any moment."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from accounts.shared_cache import AsJSON

log = logging.getLogger(__name__)

NUMBER = 1
"""Of the broker's databases: its queue is in another."""


def shared_cache_url(broker: str) -> str:
    """Where the cache is, given where the broker is; empty when that is no Redis."""
    parts = urlsplit(broker)
    if parts.scheme == "redis+socket":
        return f"unix://{parts.path}?db={NUMBER}"
    if parts.scheme in ("redis", "rediss"):
        keep = {name: found[0] for name, found in parse_qs(parts.query).items() if name.startswith("ssl_")}
        query = "&".join(f"{name}={value}" for name, value in keep.items())
        return urlunsplit((parts.scheme, parts.netloc, f"/{NUMBER}", query, ""))
    return ""


class SharedCache(RedisCache):
    """The broker's; while it does not answer, the database's: nobody signs in uncounted, and nobody is kept out."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        ours = {"serializer": AsJSON, "socket_timeout": 2, "socket_connect_timeout": 1}
        options = {**ours, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})

    def _or_database(self, verb: str, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return ask(*args, **kwargs)
        except (RedisError, OSError) as trouble:
            log.warning("The shared cache does not answer (%s): the database counts", type(trouble).__name__)
            return getattr(caches["database"], verb)(*args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """What is there; the default for what is no JSON, as a version of before wrote it."""
        try:
            return self._or_database("get", super().get, key, default, version)
        except ValueError:
            return default

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._or_database("set", super().set, *args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._or_database("add", super().add, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._or_database("delete", super().delete, *args, **kwargs)
