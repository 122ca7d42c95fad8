"""How long what is kept, and from when it may be disposed of: the schedule as data, and the count. Pure.

There is no national rule for how long a partnership keeps a review. So nothing is due until a partnership has taken a
schedule as its own; PROPOSED is what it may begin with, each line with where it comes from.
"""

import calendar as months
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from workflows.countdown import day_in_words

CASE_FILE, RETURNS, PANEL_RECORD, LEDGER, SIGN_IN_LOG = (
    "case-file",
    "returns",
    "panel-record",
    "ledger",
    "sign-in-log",
)

CLASSES: Final[dict[str, tuple[str, str]]] = {
    CASE_FILE: (
        "The whole case file",
        "who the children are, the referral, returns, decisions, the Panel’s record, what was put right, and reasons",
    ),
    RETURNS: (
        "What agencies returned",
        "their answers, every version sent for sign-off, and notes of phone calls",
    ),
    PANEL_RECORD: ("The record sent to the Panel", "the document as it was released"),
    LEDGER: (
        "The ledger",
        "who did or saw what: references, no names of families and nothing of what was written",
    ),
    SIGN_IN_LOG: ("The log of signing in", "which account signed in when, from which network"),
}
"""What is kept, in words: its name, and what it holds."""

DISPOSED_HERE: Final = (CASE_FILE, RETURNS)
"""What this product disposes of, case by case. The Panel's record goes with the case file, whose date waits for it."""

GOES_WITH: Final[dict[str, tuple[str, ...]]] = {
    CASE_FILE: (CASE_FILE, RETURNS, PANEL_RECORD),
    RETURNS: (RETURNS,),
}
"""The classes that are gone once this one is: the longest of their rules counts."""

RESTED, LAST_RECORD, BIRTH, BIRTH_LOOKED_AFTER, NEVER = (
    "rested",
    "last-record",
    "birth",
    "birth-looked-after",
    "never",
)

TRIGGERS: Final[dict[str, str]] = {
    LAST_RECORD: "the last thing that was recorded of the case",
    RESTED: "the day on which the case came to rest: closed, withdrawn or not notified",
    BIRTH: "the birth of the youngest child",
    BIRTH_LOOKED_AFTER: "the birth of the youngest child who was looked after",
    NEVER: "nothing: it is kept without end",
}
"""What a span is counted from, in words."""

NOT_HERE: Final[dict[str, str]] = {
    RESTED: "the case is not at rest",
    BIRTH: "no child is recorded",
    BIRTH_LOOKED_AFTER: "no child was looked after",
    LAST_RECORD: "nothing was recorded",
}
"""Why a rule says nothing about a case in which its trigger did not happen."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of a schedule: a class of record is kept so many years from a trigger. years is None: without end.

    citation is where the span comes from; reason why it was chosen. One of them is there.
    """

    record_class: str
    trigger: str
    years: int | None
    citation: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """Such as `35 years from the birth of the youngest child`."""
        if self.years is None or self.trigger == NEVER:
            return "without end"
        return f"{self.years} year{'' if self.years == 1 else 's'} from {TRIGGERS[self.trigger]}"

    @property
    def because(self) -> str:
        """Its source and its reason, as far as it has them."""
        said = filter(None, (self.citation.strip(), self.reason.strip()))
        return " ".join(words if words.endswith((".", "!", "?")) else f"{words}." for words in said)


@dataclass(frozen=True, slots=True)
class Happened:
    """What a span is counted from, in one case: the day, or None where nobody knows it; and what it was."""

    on: date | None
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """From which day a class of a case may be disposed of, and why: a sentence for each rule, and what they come to.

    from_on is None when nothing may be disposed of: there is no rule, one says without end, or a day is not known.
    """

    from_on: date | None
    lines: tuple[str, ...]
    says: str

    def is_due(self, *, on: date) -> bool:
        """Whether it may be disposed of on the day."""
        return self.from_on is not None and self.from_on <= on


def years_after(day: date, years: int) -> date:
    """The same day so many years on. From 29 February it is 1 March where there is none: kept longer, never shorter."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def last_day_of(day: date, precision: str) -> date:
    """The last day that a time known only roughly can mean: what is counted from it is never counted too short."""
    match precision:
        case "month":
            return day.replace(day=months.monthrange(day.year, day.month)[1])
        case "season":
            return years_after(day, 0) + timedelta(days=92)
        case "year":
            return date(day.year, 12, 31)
        case "fin-year":
            return date(day.year + 1, 3, 31)
    return day


def may_go_from(record_class: str, schedule: Iterable[Kept], happened: Mapping[str, Happened]) -> Standing:
    """From when a class of one case may be disposed of. The latest of all its rules counts, and of what goes with it.

    schedule is what is in force on the day that is asked about; happened has the triggers of the case, and lacks those
    that do not apply to it.
    """
    wanted = GOES_WITH.get(record_class, (record_class,))
    rules = [rule for rule in schedule if rule.record_class in wanted]
    lines, days, is_open = [], [], False
    for rule in rules:
        name = CLASSES[rule.record_class][0]
        if rule.years is None or rule.trigger == NEVER:
            is_open = True
            lines.append(f"{name}: kept without end. {rule.because}")
            continue
        found = happened.get(rule.trigger)
        if found is None:
            lines.append(
                f"{name}: {rule.words}. It says nothing here: {NOT_HERE[rule.trigger]}. {rule.because}"
            )
        elif found.on is None:
            is_open = True
            lines.append(f"{name}: {rule.words}. {found.words}, so nobody can count it. {rule.because}")
        else:
            until = years_after(found.on, rule.years)
            days.append(until)
            lines.append(
                f"{name}: {rule.words}. {found.words}: {day_in_words(found.on)}. "
                f"That is {day_in_words(until)}. {rule.because}"
            )
    without = [CLASSES[one][0].lower() for one in wanted if one not in {rule.record_class for rule in rules}]
    if without:
        return Standing(
            None, tuple(lines), f"No rule is in force for this: {', '.join(without)}. So it is kept."
        )
    if is_open:
        return Standing(None, tuple(lines), "It is kept: one of the rules gives no day.")
    if not days:
        return Standing(None, tuple(lines), "It is kept: none of the rules says anything about this case.")
    return Standing(
        max(days), tuple(lines), f"It may be disposed of from {day_in_words(max(days))}, the latest of these."
    )


# ---- What a partnership may begin with ---------------------------------------------------------
_LIKE_THE_FILE = (
    "No rule of its own was found. Proposed: as long as the case file, until the partnership decides."
)

PROPOSED: Final[tuple[Kept, ...]] = (
    Kept(
        CASE_FILE,
        LAST_RECORD,
        35,
        "Practice: Blackpool keeps child-protection records 35 years after last contact; the High Court held 35 years "
        "lawful in the case of Northumberland, [2015] EWHC 2134 (Admin).",
    ),
    Kept(
        CASE_FILE,
        BIRTH_LOOKED_AFTER,
        75,
        "Practice: Blackpool keeps records of looked-after children 75 years from birth.",
        "Its shorter span after a death, 15 years, is not proposed: the longer is kept.",
    ),
    Kept(RETURNS, LAST_RECORD, 35, "", _LIKE_THE_FILE),
    Kept(PANEL_RECORD, LAST_RECORD, 35, "", _LIKE_THE_FILE),
    Kept(
        LEDGER,
        NEVER,
        None,
        "",
        "It proves who did and saw what, also of cases that were disposed of, and holds nothing of what was written.",
    ),
    Kept(
        SIGN_IN_LOG,
        NEVER,
        None,
        "",
        "No rule was found, and the product does not dispose of it. It names staff and networks: decide with whoever "
        "runs the installation.",
    ),
)
"""A proposal, not the law: there is no national rule. A partnership's records manager should read it first."""
