"""What would be told, to whom, and when: the answer to a question. Writes nothing, and sends nothing."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import Q

from accounts.models import Deputy, Membership
from notifications.channels.texts import headline, news_now
from notifications.models import in_their_own_kind
from notifications.services.telling import Asked, case_of, notices_of
from workflows.calendars import Calendar, SendWindow, local_date
from workflows.models import Rung, recused_by_case
from workflows.services.simulating import Telling


def days_of_change(first: date, last: date) -> list[date]:
    """The first day, and each until the last on which somebody takes a seat, leaves one, or covers for another.

    Between two of them an audience stays who it is, and is asked for once. Two queries.
    """
    days: set[date] = {first}
    for table in (Membership, Deputy):
        for starts_on, ends_on in table.objects.filter(
            Q(starts_on__range=(first, last)) | Q(ends_on__range=(first, last))
        ).values_list("starts_on", "ends_on"):
            days |= {starts_on} if starts_on else set()
            days |= {ends_on + timedelta(days=1)} if ends_on else set()
    return sorted(day for day in days if first <= day <= last)


def foretell(rungs: Sequence[tuple[datetime, Rung]], *, calendar: Calendar) -> list[Telling]:
    """What each rung would tell if it were reached at its instant, by the same rules as when it is.

    People are those of that day: leave cover that begins before it counts. The rungs need not be stored; those
    that tell nobody are left out.
    """
    subjects = in_their_own_kind(rung.deadline.subject for _, rung in rungs)
    recused = recused_by_case(case_of(rung) for _, rung in rungs)
    asked: dict[date, Asked] = {}
    days = [local_date(at) for at, _ in rungs]
    changes = days_of_change(min(days), max(days)) if days else []

    def opens(at: datetime) -> datetime:
        return SendWindow.parse(settings.SEND_WINDOW).next_open(at, calendar)

    def tellings() -> Iterator[Telling]:
        in_time = sorted(rungs, key=lambda one: one[0])
        for at, group in groupby(in_time, key=lambda one: one[0]):
            telling = [rung for _, rung in group if rung.tell]
            since = changes[bisect_right(changes, local_date(at)) - 1]
            of_the_day = asked.setdefault(since, {})
            told = notices_of(
                telling, at=at, opens_at=opens(at), subjects=subjects, recused=recused, asked=of_the_day
            )
            for rung, notices in told:
                for notice in notices[:1]:  # all of a rung say the same, and go at the same time
                    goes_at = max(notice.send_after, at)
                    says = headline(news_now(notice, at=goes_at))
                    names = tuple(one.recipient.full_name for one in notices)
                    yield Telling(rung, at, goes_at, says, names)

    return sorted(tellings(), key=lambda one: (one.goes_at, one.reached_at, one.rung.deadline.pk))
