"""How long what is kept: the count, which knows no database, and the schedule that a partnership makes its own."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from reviews.models import RetentionRule
from reviews.retention import (
    BIRTH,
    BIRTH_LOOKED_AFTER,
    CASE_FILE,
    CLASSES,
    LAST_RECORD,
    NEVER,
    PANEL_RECORD,
    PROPOSED,
    RESTED,
    RETURNS,
    TRIGGERS,
    Happened,
    Kept,
    last_day_of,
    may_go_from,
    years_after,
)
from reviews.services import schedules
from tests.factories import World
from workflows.exceptions import RetentionError
from workflows.models import LedgerEntry

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = date(2026, 4, 20)
THE_FILE = (Kept(CASE_FILE, LAST_RECORD, 35, "A source."),)
THE_REST = (Kept(RETURNS, LAST_RECORD, 1, "A source."), Kept(PANEL_RECORD, LAST_RECORD, 1, "A source."))
LAST = {LAST_RECORD: Happened(date(2026, 4, 9), "The last thing was recorded")}


# ---- The count -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "years", "becomes"),
    [
        (date(2026, 4, 9), 35, date(2061, 4, 9)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 29), 25, date(2049, 3, 1)),  # kept a day longer, never a day shorter
        (date(2026, 4, 9), 0, date(2026, 4, 9)),
    ],
)
def test_years_are_counted_to_the_same_day(day: date, years: int, becomes: date) -> None:
    assert years_after(day, years) == becomes


@pytest.mark.parametrize(
    ("day", "precision", "means"),
    [
        (date(2015, 2, 1), "month", date(2015, 2, 28)),
        (date(2015, 1, 1), "year", date(2015, 12, 31)),
        (date(2019, 4, 1), "fin-year", date(2020, 3, 31)),
        (date(2015, 9, 1), "season", date(2015, 12, 2)),
        (date(2015, 9, 3), "instant", date(2015, 9, 3)),
    ],
)
def test_a_time_known_roughly_counts_from_its_last_day(day: date, precision: str, means: date) -> None:
    assert last_day_of(day, precision) == means


def test_the_longest_of_the_rules_counts_and_each_says_how() -> None:
    # Given a file kept 35 years from the last record and, of a looked-after child, 75 from birth:
    looked_after = Kept(CASE_FILE, BIRTH_LOOKED_AFTER, 75, "Another source.", "Longer.")
    born = {BIRTH_LOOKED_AFTER: Happened(date(2020, 5, 1), "Child 2 was born")}
    standing = may_go_from(CASE_FILE, (*THE_FILE, looked_after, *THE_REST), {**LAST, **born})

    # Then it may go from the later day, not a day before it, and the proof is in words.
    assert standing.from_on == date(2095, 5, 1)
    assert standing.is_due(on=date(2095, 5, 1))
    assert not standing.is_due(on=date(2095, 4, 30))
    assert standing.says == "It may be disposed of from Sunday 1 May 2095, the latest of these."
    assert standing.lines[:2] == (
        "The whole case file: 35 years from the last thing that was recorded of the case. The last thing was recorded: "
        "Thursday 9 April 2026. That is Saturday 9 April 2061. A source.",
        "The whole case file: 75 years from the birth of the youngest child who was looked after. Child 2 was born: "
        "Friday 1 May 2020. That is Sunday 1 May 2095. Another source. Longer.",
    )


def test_a_rule_whose_trigger_did_not_happen_says_nothing_and_says_so() -> None:
    standing = may_go_from(RETURNS, (Kept(RETURNS, RESTED, 6, "", "Why."), THE_REST[0]), LAST)
    assert standing.from_on == date(2027, 4, 9)
    assert standing.lines[0] == (
        "What agencies returned: 6 years from the day on which the case came to rest: closed, withdrawn or not "
        "notified. It says nothing here: the case is not at rest. Why."
    )


@pytest.mark.parametrize(
    ("rules", "happened", "says"),
    [
        ((), LAST, "No rule is in force for this: the whole case file, what agencies returned, the record sent to the "
                   "panel. So it is kept."),
        (THE_FILE, LAST, "No rule is in force for this: what agencies returned, the record sent to the panel. So it is kept."),
        ((*THE_FILE, Kept(RETURNS, NEVER, None, "", "Why."), THE_REST[1]), LAST,
         "It is kept: one of the rules gives no day."),
        ((*THE_FILE, *THE_REST, Kept(CASE_FILE, BIRTH, 25, "", "Why.")),
         {**LAST, BIRTH: Happened(None, "The day of birth of Child 2 is not known")},
         "It is kept: one of the rules gives no day."),
        ((*THE_FILE, *THE_REST), {}, "It is kept: none of the rules says anything about this case."),
    ],
)  # fmt: skip
def test_without_a_rule_or_a_day_everything_is_kept(
    rules: tuple[Kept, ...], happened: dict[str, Happened], says: str
) -> None:
    standing = may_go_from(CASE_FILE, rules, happened)
    assert (standing.from_on, standing.says) == (None, says)
    assert not standing.is_due(on=date(9999, 12, 31))


def test_the_file_waits_for_the_returns_and_the_record_that_go_with_it() -> None:
    longer = Kept(PANEL_RECORD, LAST_RECORD, 50, "", "Why.")
    assert may_go_from(CASE_FILE, (*THE_FILE, THE_REST[0], longer), LAST).from_on == date(2076, 4, 9)


def test_the_proposal_says_of_every_class_how_long_and_why() -> None:
    assert {kept.record_class for kept in PROPOSED} == set(CLASSES)
    assert {kept.trigger for kept in PROPOSED} <= set(TRIGGERS)
    assert [kept for kept in PROPOSED if not kept.because] == []
    assert [kept for kept in PROPOSED if (kept.years is None) != (kept.trigger == NEVER)] == []


# ---- The schedule --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_nothing_is_in_force_until_the_partnership_takes_the_proposal(world: World) -> None:
    assert schedules.schedule_of(world.partnership, on=TODAY) == []
    adopted = schedules.adopt_proposal(world.partnership, by=world.manager, at=NOW)
    assert [rule.as_kept for rule in adopted] == list(PROPOSED)
    assert {rule.as_kept for rule in schedules.schedule_of(world.partnership, on=TODAY)} == set(PROPOSED)
    told = LedgerEntry.objects.filter(action="set_retention")
    assert sorted(told.values_list("changed", flat=True)) == sorted(kept.record_class for kept in PROPOSED)
    with pytest.raises(RetentionError, match="Every class has rules already"):
        schedules.adopt_proposal(world.partnership, by=world.manager, at=NOW)


@pytest.mark.django_db
def test_only_who_runs_the_partnership_says_how_long_what_is_kept(world: World, other: World) -> None:
    for person in (world.member, world.administrator, world.co_chair, other.manager):
        with pytest.raises(PermissionDenied):
            schedules.adopt_proposal(world.partnership, by=person, at=NOW)
    assert not RetentionRule.objects.exists()


def set_rule(world: World, **given: object) -> RetentionRule:
    line = {
        "record_class": RETURNS, "trigger": RESTED, "years": 6, "citation": "", "reason": "Decided by the partners.",
        "valid_from": TODAY,
    }  # fmt: skip
    return schedules.set_rule(world.partnership, by=world.manager, at=NOW, **{**line, **given})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_changed_rule_is_a_new_version_and_the_old_one_ends_the_day_before(world: World) -> None:
    old = set_rule(world)
    new = set_rule(world, years=8, valid_from=TODAY + timedelta(days=10))
    old.refresh_from_db()
    assert (old.valid_to, new.valid_to) == (TODAY + timedelta(days=9), None)
    assert schedules.schedule_of(world.partnership, on=TODAY + timedelta(days=9)) == [old]
    assert schedules.schedule_of(world.partnership, on=TODAY + timedelta(days=10)) == [new]
    schedules.end_rule(new, last_day=TODAY + timedelta(days=20), by=world.manager, at=NOW)
    assert schedules.schedule_of(world.partnership, on=TODAY + timedelta(days=21)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"valid_from": TODAY - timedelta(days=1)}, "a day that has gone by"),
        ({"years": None}, "Say both how many years, and from what"),
        ({"trigger": NEVER}, "Say both how many years, and from what"),
        ({"reason": " "}, "where the span comes from"),
        ({"record_class": "diaries"}, "no such class"),
    ],
)
def test_a_rule_that_says_too_little_is_refused(world: World, given: dict[str, object], why: str) -> None:
    with pytest.raises(RetentionError, match=why):
        set_rule(world, **given)


@pytest.mark.django_db
def test_the_database_keeps_a_rule_honest(world: World) -> None:
    rule = set_rule(world)
    for wrong in ({"citation": "", "reason": ""}, {"valid_to": TODAY - timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RetentionRule.objects.filter(pk=rule.pk).update(**wrong)
