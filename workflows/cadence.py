"""Whether a ladder suits the length of its period: heard of in time, and not so often that nobody listens. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from workflows.ladders import FARTHEST, Rung
from workflows.limits import FIXED, HOURS, STATED, Limit

WORKING_DAYS_IN = {"wd": 1.0, "d": 5 / 7, "w": 5.0, "mo": 21.0, HOURS: 5 / 7 / 24}
"""How many working days one of a unit is, near enough to judge a cadence by; dates are never counted so."""

A_WEEK = 5
LONG = 20
"""Working days: from four weeks on, a reminder of the last few days comes too late to do anything about it."""
IN_A_ROW = 4
"""On so many working days running one audience may be told: two days before, one before, the day, the day after."""


A_YEAR = 252
"""A day of the year may be as far off as that."""


def length_of(limit: Limit) -> float:
    """How long a limit is, in working days, near enough; a count backwards is as long as it counts.

    With a cap it is as long as the cap lets it be; one that repeats, as long as a round; one that each request
    states, nothing that could be known.
    """
    if limit.unit == FIXED:
        length: float = A_YEAR
    elif limit.unit == STATED:
        length = 0
    else:
        length = abs(limit.count) * WORKING_DAYS_IN[limit.unit]
    if limit.latest:
        length = min(length, length_of(limit.latest))
    return max(length, length_of(limit.earliest)) if limit.earliest else length


def cadence_fits(limit: Limit, ladder: Sequence[Rung]) -> bool:
    """Whether the steps of a ladder suit the length of a limit. Why not: `misfits`."""
    return not misfits(limit, ladder)


def misfits(limit: Limit, ladder: Sequence[Rung]) -> list[str]:
    """What is wrong with a ladder for a limit of that length, in sentences fit to show; nothing when it fits.

    A reminder must fall inside the period (not asked of a count backwards, which begins who knows when).
    Nobody is reminded more than once, and once more for each week of it, nor told on five working days
    running. A period of four weeks or more has its first reminder while a quarter of it (or sixty working
    days) is left, and from then on no silence longer than a quarter.
    """
    if not ladder:
        return []
    length = length_of(limit)
    reminders = sorted({rung.before for rung in ladder if rung.before}, reverse=True)
    wrong = [
        f"A reminder {_days(before)} before falls on or before the day the {limit.words} begin."
        for before in reminders
        if limit.count >= 0 and before >= length
    ]
    return wrong + _too_often(length, ladder) + _too_late(length, limit, reminders)


def _too_often(length: float, ladder: Iterable[Rung]) -> list[str]:
    days: dict[str, set[int]] = defaultdict(set)
    for rung in ladder:
        days[rung.tell].add(rung.after - rung.before)
    wrong = []
    for audience, told in sorted(days.items()):
        reminders = sum(day < 0 for day in told)
        if reminders > 1 + length // A_WEEK:
            wrong.append(f"{audience} is reminded {reminders} times, which is more than once a week.")
        if any(set(range(day, day + IN_A_ROW + 1)) <= told for day in told):
            wrong.append(f"{audience} is told on {IN_A_ROW + 1} working days running.")
    return wrong


def _too_late(length: float, limit: Limit, reminders: Sequence[int]) -> list[str]:
    if length < LONG:
        return []
    quarter = length / 4
    wrong = []
    if not reminders or reminders[0] < min(quarter, FARTHEST):
        wrong.append(f"The first reminder comes when less than a quarter of the {limit.words} is left.")
    for one, following in zip(reminders, [*reminders[1:], 0], strict=True):
        if one - following > quarter:
            wrong.append(
                f"Between the reminders {_days(one)} before and the next, nothing is said for too long."
            )
    return wrong


def _days(count: int) -> str:
    return f"{count} working day{'' if count == 1 else 's'}"
