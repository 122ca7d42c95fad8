"""How the service runs, in figures: when each task last ran, what is late, what waits. No case content."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q

from notifications.models import Notice
from notifications.services import DELIVER
from workflows.models import CalendarChange, Heartbeat, Inspection, Outage, Rung
from workflows.services.alarms import REFRESH, Alarm, calendar_alarms
from workflows.services.inspecting import ANCHOR, CALENDAR, DEADLINES, LEDGER
from workflows.services.watching import SWEEP

TASKS = {SWEEP: "Looking at the deadlines", DELIVER: "Sending mail"}
INSPECTED = {
    DEADLINES: "Every deadline derived again",
    LEDGER: "Every chain of the ledger followed",
    ANCHOR: "Where the ledger ended written down outside",
    CALENDAR: "The calendar",
    REFRESH: "The list of gov.uk fetched",
}
NAME_CASES = (DEADLINES, LEDGER)
"""Inspections whose findings name cases: the commands of these names say them to whoever runs the service."""
A_DAY_AND_A_BIT = timedelta(hours=30)
"""After so long without a nightly inspection, it is late."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that is rung again and again; last is None when it never ran."""

    words: str
    last: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the last inspection of a kind that ended has found; last is None when none ended yet."""

    words: str
    last: Inspection | None
    is_late: bool
    findings: list[str]
    """Those that are about no case. What is found of deadlines and chains names cases: the commands say which."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the page of operations shows."""

    tasks: list[Task]
    inspected: list[Inspected]
    rungs_overdue: int
    oldest_rung: datetime | None
    waiting: int
    oldest_waiting: datetime | None
    undelivered: int
    still_dating: int
    alarms: list[Alarm]
    outages: list[Outage]


def figures(*, at: datetime) -> Figures:
    """All of them, in ten queries, however much there is."""
    rungs = Rung.objects.whose_time_has_come(at=at - timedelta(seconds=2 * settings.SWEEP_EVERY)).aggregate(
        count=Count("pk"), oldest=Min("fires_at")
    )
    owed = Notice.objects.owed_or_held().filter(send_after__lte=at)
    outbox = owed.aggregate(count=Count("pk"), oldest=Min("send_after"))
    return Figures(
        tasks=_tasks(at=at),
        inspected=_inspected(at=at),
        rungs_overdue=rungs["count"],
        oldest_rung=rungs["oldest"],
        waiting=outbox["count"],
        oldest_waiting=outbox["oldest"],
        undelivered=Notice.objects.undelivered(at=at).count(),
        still_dating=CalendarChange.objects.still_dating().count(),
        alarms=calendar_alarms(at=at),
        outages=list(Outage.objects.all()[:20]),
    )


def _tasks(*, at: datetime) -> list[Task]:
    last = dict(Heartbeat.objects.values_list("name", "at"))
    late = timedelta(seconds=settings.OUTAGE_AFTER)
    return [
        Task(words, last.get(name), name not in last or at - last[name] > late)
        for name, words in TASKS.items()
    ]


def _inspected(*, at: datetime) -> list[Inspected]:
    newest = Inspection.objects.ended().order_by().values("kind").annotate(newest=Max("pk")).values("newest")
    last = {inspection.kind: inspection for inspection in Inspection.objects.filter(pk__in=newest)}
    return [
        Inspected(
            words,
            last.get(kind),
            kind not in last or at - last[kind].begun_at > A_DAY_AND_A_BIT,
            last[kind].findings if kind in last and kind not in NAME_CASES else [],
        )
        for kind, words in INSPECTED.items()
        if kind != REFRESH or settings.HOLIDAYS_URL or kind in last
    ]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What became of everything that an outage left to tell. owed is the sum of all the others, always."""

    owed: int
    sent: int
    collapsed: int
    no_longer_owed: int
    waiting: int
    undeliverable: int
    digests: int

    @property
    def adds_up(self) -> bool:
        parts = (self.sent, self.collapsed, self.no_longer_owed, self.waiting, self.undeliverable)
        return self.owed == sum(parts)


def reckon(outage: Outage) -> Reckoning:
    """Count it from the rows themselves; nothing is kept beside them that could differ. Two queries."""
    states = Notice.State
    told = Notice.objects.told_late(outage).aggregate(
        owed=Count("pk"),
        sent=Count("pk", filter=Q(state=states.SENT)),
        collapsed=Count("pk", filter=Q(state=states.COLLAPSED)),
        no_longer_owed=Count("pk", filter=Q(state=states.DROPPED)),
        waiting=Count("pk", filter=Q(state__in=[states.WAITING, states.SENDING])),
        undeliverable=Count("pk", filter=Q(state=states.FAILED)),
    )
    return Reckoning(**told, digests=Notice.objects.digests_of(outage).count())
