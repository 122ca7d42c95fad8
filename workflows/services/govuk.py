"""The list of bank holidays as gov.uk publishes it: fetching it, and reading England and Wales from it."""

import json
from datetime import date
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from workflows.services import calendar as calendars

LONGEST = 1024 * 1024
"""In bytes. The whole feed, three divisions, has about fifty thousand."""
LONGEST_SOURCE = 200
PATIENCE = 10
"""Seconds."""


class CannotFetch(calendars.BadHolidayList):
    """The list could not be had from its address."""


class _WithinItsSite(HTTPRedirectHandler):
    """Follows where the site sends us on within itself. Elsewhere it could send us to a machine of the deployer's."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if _site_of(newurl) != _site_of(req.full_url):
            raise CannotFetch(
                f"Cannot read {req.full_url}: it sends us on to {newurl[:LONGEST_SOURCE]}, and only its own site "
                "is asked, by https. If the list has moved, give its new address."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _site_of(address: str) -> tuple[str, str | None, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or 443


def fetch(address: str) -> str:
    """The text at an https address. Never called inside a request or a transaction. Raises CannotFetch."""
    if not address.startswith("https://"):
        raise CannotFetch(f"Cannot read {address}: only https addresses are asked.")
    try:
        with build_opener(_WithinItsSite).open(address, timeout=PATIENCE) as answer:
            return decoded(answer.read(LONGEST + 1))
    except (OSError, HTTPException, ValueError) as error:  # ValueError: an address that is none
        raise CannotFetch(f"Cannot read {address}: {error}.") from None


def decoded(content: bytes) -> str:
    """The text of a file. Raises BadHolidayList for one that is too large, or no text."""
    if len(content) > LONGEST:
        raise calendars.BadHolidayList(
            "Cannot read the list of bank holidays: it is larger than 1 MB, and gov.uk’s is far smaller."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise calendars.BadHolidayList(
            "Cannot read the list of bank holidays: it is not text. Choose the JSON file of gov.uk."
        ) from None


def from_govuk(text: str, *, source: str, published_on: date) -> dict[str, Any]:
    """A list as gov.uk publishes it (all divisions in one JSON file), in the form that is stored.

    Raises BadHolidayList for what is not JSON, lacks England and Wales, repeats a day, or is empty.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise calendars.BadHolidayList(
            "Cannot read the list of bank holidays: it is not JSON. Perhaps it is an error page."
        ) from None
    except RecursionError:
        raise calendars.BadHolidayList(
            "Cannot read the list of bank holidays: it is nested too deeply."
        ) from None
    division = document.get(calendars.DIVISION) if isinstance(document, dict) else None
    if not isinstance(division, dict) or division.get("division", calendars.DIVISION) != calendars.DIVISION:
        raise calendars.BadHolidayList(
            f"Cannot find the division {calendars.DIVISION!r} in the list of bank holidays."
        )
    events = division.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise calendars.BadHolidayList("Cannot read the list of bank holidays: it has no events.")
    return {
        "division": calendars.DIVISION,
        "source": source[:LONGEST_SOURCE],
        "published_on": published_on.isoformat(),
        "events": [
            {
                "date": event.get("date"),
                "title": f"{event.get('title', '')}{f' ({n})' if (n := event.get('notes')) else ''}",
            }
            for event in events
        ],
    }
