"""Of a list of bank holidays that a person brings: what in it is their own claim, so that a second one must look."""

from collections.abc import Mapping
from datetime import date

from workflows.countdown import day_in_words

A_YEAR_HAS = 8
"""Bank holidays of England and Wales, in a year without a proclaimed one."""
MOST_NAMED = 5

Days = Mapping[date, str]


def claims_of(new: Days, in_use: Days, official: Days, shipped: Days) -> list[str]:
    """What the list says that no list held here bears out, a sentence each; empty for one that one person may confirm.

    Borne out is what the list that came with this version of the product says too, but for days that two people
    changed by hand; and, after the last day known, a year of usual bank holidays.
    """
    by_hand = official.keys() ^ in_use.keys()
    horizon = max(in_use)
    says_otherwise = [
        day
        for day in sorted(new.keys() ^ in_use.keys())
        if day <= horizon and (day in by_hand or not _bears_out(shipped, day, day in new))
    ]
    ahead = [day for day in sorted(new.keys() - in_use.keys()) if day > horizon]
    left_out = [day for day in sorted(shipped.keys() - new.keys()) if horizon < day <= max(new)]
    claims = []
    if says_otherwise:
        claims.append(f"It says otherwise than the list in use of {_named(says_otherwise)}.")
    if left_out:
        claims.append(f"It leaves out {_named(left_out)}, which the list that came with this service names.")
    if odd := [day for day in ahead if not is_usual(day)]:
        claims.append(f"It names {_named(odd)}, on which there is no bank holiday as a rule.")
    for year in sorted({day.year for day in ahead}):
        count = sum(day.year == year for day in new)
        if count != A_YEAR_HAS:
            claims.append(
                f"It names {count} bank holidays in {year}, where there are {A_YEAR_HAS} as a rule."
            )
    return claims


def is_usual(day: date) -> bool:
    """Whether bank holidays fall on such a day: a Monday or Friday, Christmas and New Year with their substitutes."""
    is_christmas = day.month == 12 and 25 <= day.day <= 28
    is_new_year = day.month == 1 and day.day <= 3
    return day.weekday() in (0, 4) or ((is_christmas or is_new_year) and day.weekday() < 5)


def _bears_out(shipped: Days, day: date, is_named: bool) -> bool:
    return min(shipped) <= day <= max(shipped) and (day in shipped) == is_named


def _named(days: list[date]) -> str:
    """The days in words; of many the first few, and how many more."""
    words = [day_in_words(day) for day in days[:MOST_NAMED]]
    if len(days) > MOST_NAMED:
        words.append(f"{len(days) - MOST_NAMED} more")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
