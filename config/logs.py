"""How a line of the log is written: one line a message, in UTC, with the id of its request, and no values of a case."""

import copy
import logging
import re
import time
from traceback import format_tb
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError
from jinja2 import TemplateError

from workflows.exceptions import WorkflowError

SAY_NO_VALUES = (
    AttributeError,
    ImportError,
    ImproperlyConfigured,
    InterfaceError,
    NameError,
    OperationalError,
    TemplateError,
    TypeError,
    WorkflowError,
)
"""Kinds of errors whose words are written. What others say may hold what somebody typed: PostgreSQL, say, quotes the
whole row that broke a constraint, and a number that is none is quoted by Python."""

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


class Line(logging.Formatter):
    """A message can end no line and begin no other (CVE-2025-48432); errors are told by kind and place.

    Its instant is in UTC and says so (ISO 8601): London's own clock shows one hour of each autumn twice.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = None

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = None  # another handler may have written it in its own way
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _BREAKS.sub(lambda found: repr(found[0])[1:-1], _said(record))
        if error_id := getattr(getattr(record, "request", None), "error_id", ""):
            record.message += f" [{error_id}]"
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return "\n".join(_chain(ei[1])) if ei and ei[1] else ""


def _said(record: logging.LogRecord) -> str:
    """The message; of a task that failed its name and id alone, since Celery puts error and traceback into it."""
    about = getattr(record, "data", None)
    if record.exc_info and record.name == "celery.app.trace" and isinstance(about, dict):
        return f"Task {about.get('name')}[{about.get('id')}] failed"
    return record.getMessage()


def _chain(error: BaseException) -> list[str]:
    """Where each error of the chain arose, the first cause first, and its kind."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    words = _BREAKS.sub(" ", str(error)) if isinstance(error, SAY_NO_VALUES) else ""
    return [
        *([*_chain(before), "Then:"] if before else []),
        *_places(error.__traceback__),
        f"{kind}: {words}" if words else kind,
    ]


def _places(trace: TracebackType | None) -> list[str]:
    return [line.rstrip("\n") for line in format_tb(trace)]
