"""The calendar feed of a person: making and ending its secret address, and writing what is due as iCalendar.

A fetch that brings something new stands in the ledger like a list, though it holds codes and rule names and no fact
of a case. Calendars ask by themselves every hour: where nothing changed, nothing is sent, and nothing is told.
"""

import hashlib
import logging
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery
from icalendar import Calendar, Event, vDuration

from accounts.models import User
from reviews.models import CalendarFeed
from reviews.services.due import Names, deadlines_visible_to
from workflows.models import Deadline, Fact

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=90)
"""So long what has ended stays in the feed, as cancelled, so that every calendar has taken it away."""
HOUR = timedelta(hours=1)
MOST = 60
"""So often in an hour a feed is written; programs that ask for it hourly, on several devices, stay far below."""


class TooOften(Exception):
    """The feed was fetched too often in this hour. wait: seconds until the next one."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"This feed was fetched {MOST} times in this hour. Ask again in {wait} seconds.")
        self.wait = wait


def _hash(token: str) -> str:
    """A secret of 256 random bits needs no slow hash: nobody can try them all."""
    return hashlib.sha256(token.encode()).hexdigest()


def feed_of(user: User) -> CalendarFeed | None:
    """The feed that works for this person, if any."""
    return CalendarFeed.objects.filter(user=user, ended_at=None).first()


@transaction.atomic
def make_feed(user: User, *, at: datetime) -> str:
    """A new feed instead of the one there is. Returns its secret, which is not kept."""
    end_feed(user, at=at)
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.create(user=user, token_hash=_hash(token), made_at=at)
    log.info("A calendar feed was made by %s", user.pk)
    return token


def end_feed(user: User, *, at: datetime) -> bool:
    """The address works no more. Returns whether there was one."""
    ended = CalendarFeed.objects.filter(user=user, ended_at=None).update(ended_at=at)
    if ended:
        log.info("The calendar feed of %s was ended", user.pk)
    return bool(ended)


def fetch_feed(token: str, *, at: datetime) -> tuple[bytes, User, list[str]] | None:
    """The feed behind a secret, whose it is and the codes in it, at the instant; None if it works for nobody.

    The same facts give the same bytes, so that a calendar need not take what it has. Raises TooOften.
    """
    feed = CalendarFeed.objects.select_related("user").filter(token_hash=_hash(token), ended_at=None).first()
    if not settings.CALENDAR_FEEDS or feed is None or not feed.user.is_active or feed.user.suspended_at:
        return None
    _count(feed, at=at)
    stale = Q(read_at=None) | Q(read_at__lte=at - HOUR)
    CalendarFeed.objects.filter(stale, pk=feed.pk).update(read_at=at)
    body, codes = _write(feed.user, at=at)
    return body, feed.user, codes


def _count(feed: CalendarFeed, *, at: datetime) -> None:
    """Count a fetch in the cache that all processes share: by its hour, so that each begins anew. Raises TooOften.

    Only of a secret that works: what somebody guesses leaves nothing behind. A few more in one moment do no harm.
    """
    hour, gone = divmod(int(at.timestamp()), 3600)
    key = f"calendar-feed:{feed.token_hash}:{hour}"
    fetched = cache.get(key, 0)
    if fetched >= MOST:
        raise TooOften(3600 - gone)
    cache.set(key, fetched + 1, timeout=3600)


def write_feed(user: User, *, at: datetime) -> bytes:
    """What is due, as iCalendar (RFC 5545): open deadlines, and for a while those that have ended, as cancelled."""
    return _write(user, at=at)[0]


def _write(user: User, *, at: datetime) -> tuple[bytes, list[str]]:
    """The feed, and the codes of the subjects that it names."""
    facts = Fact.objects.filter(deadline=OuterRef("pk")).order_by().values("deadline")
    rows = (
        deadlines_visible_to(user, at=at)
        .annotate(
            told=Subquery(facts.annotate(n=Count("pk")).values("n")),
            told_at=Subquery(facts.annotate(last=Max("recorded_at")).values("last")),
        )
        .filter(Q(state__in=("running", "paused")) | Q(told_at__gte=at - KEPT_FOR))
        .select_related("rule", "subject")
        .order_by("pk")
    )
    deadlines = list(rows)
    names = Names(deadlines, user, at=at)
    calendar = Calendar()
    calendar.add("prodid", "-//Rapid Review//What is due//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Rapid Review: what is due")
    calendar.add("refresh-interval", vDuration(HOUR), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for deadline in deadlines:
        calendar.add_component(_event(deadline, names))
    return bytes(calendar.to_ical()), [names.shown(deadline, None).code for deadline in deadlines]


def _event(deadline: Deadline, names: Names) -> Event:
    """One deadline as a whole day. A date and never a time: no zone can move it.

    Facts are only ever added, so that their number is the SEQUENCE: whatever moves, ends or reopens the deadline
    makes it greater.
    """
    due, event = names.shown(deadline, None), Event()
    on = last_known_day(deadline)
    part = f" ({deadline.subject.code})" if due.code != deadline.subject.code else ""
    event.add("uid", f"{deadline.subject.code}-{deadline.rule_code}@rapid-review")
    event.add("dtstamp", deadline.told_at)  # type: ignore[attr-defined]
    event.add("sequence", deadline.told - 1)  # type: ignore[attr-defined]
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("summary", f"{due.code}: {due.what}{part}")
    event.add("status", "CONFIRMED" if deadline.state == Deadline.State.RUNNING else "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    event.add("url", settings.SITE_URL + due.url)
    return event


def last_known_day(deadline: Deadline) -> date:
    """The due day; while paused, when there is none, the one before, for an event that is cancelled."""
    if deadline.due_on is not None:
        return deadline.due_on
    changes = deadline.derivation["changes"]
    return date.fromisoformat(changes[-1]["to"] if changes else deadline.derivation["first_due_on"])
