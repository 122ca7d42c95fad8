"""Limits, the rule book, and the rules as stored: versions, and the milestones that a partnership changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Partnership
from reviews.milestones import LOCAL
from reviews.rules import RULE_BOOK, STATUTORY
from tests.workflows.bench import CALENDAR, a_case, a_notified_case, a_partnership, clock_of, london
from workflows.actors import SYSTEM
from workflows.apps import write_what_code_defines
from workflows.exceptions import CalendarEnds, NoSuchRule, NotADate, WorkflowError
from workflows.models import RuleVersion
from workflows.rules import DeadlineRule, Limit, find_rule
from workflows.services import rules as rule_services
from workflows.services.rules import adopt_local_milestones, change_milestone, write_statutory_rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15wd", "15 working days"), ("1wd", "1 working day"), ("-7wd", "7 working days before"),
        ("7d", "7 days"), ("6w", "6 weeks"), ("1w", "1 week"), ("12mo", "12 months"), (" 6MO ", "6 months"),
    ],
)  # fmt: skip
def test_a_limit_is_read_and_said(text: str, words: str) -> None:
    assert Limit.parse(text).words == words
    assert Limit.parse(str(Limit.parse(text))) == Limit.parse(text)


@pytest.mark.parametrize(
    "text", ["", "wd", "15", "15 wd", "1.5wd", "--7wd", "+7wd", "15wdd", "15m", "12345d", "١٥wd"]
)
def test_what_is_not_a_limit_is_refused(text: str) -> None:
    with pytest.raises(NotADate, match="Cannot read the limit"):
        Limit.parse(text)


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        ("1mo", "2026-01-31", "2026-02-28"),  # clamped
        ("1mo", "2028-01-31", "2028-02-29"),
        ("6mo", "2026-08-31", "2027-02-28"),
        ("1mo", "2026-11-30", "2026-12-30"),
        ("1mo", "2026-12-31", "2027-01-31"),
        ("-1mo", "2026-03-31", "2026-02-28"),
        ("12mo", "2028-02-29", "2029-02-28"),
        ("7d", "2026-04-03", "2026-04-10"),
        ("6w", "2026-04-03", "2026-05-15"),
        ("-7d", "2026-04-03", "2026-03-27"),
        ("0d", "2026-04-03", "2026-04-03"),
        ("0wd", "2026-04-03", "2026-04-03"),
    ],
)
def test_edge_14_months_are_clamped_and_days_do_not_roll(limit: str, start: str, end: str) -> None:
    assert Limit.parse(limit).from_day(date.fromisoformat(start), CALENDAR) == date.fromisoformat(end)


@given(st.dates(date(2014, 1, 1), date(2026, 1, 1)), st.integers(1, 24))
def test_edge_19_months_end_in_the_right_month_and_never_past_the_day(day: date, count: int) -> None:
    end = Limit(count, "mo").from_day(day, CALENDAR)
    assert end.year * 12 + end.month == day.year * 12 + day.month + count
    assert end.day <= day.day
    assert end.day == day.day or (end.replace(day=28).month != date.fromordinal(end.toordinal() + 1).month)


@pytest.mark.parametrize("limit", ["9999mo", "9999w", "-9999w", "9999d", "9999wd", "-9999wd", "-9999mo"])
def test_a_limit_that_reaches_past_the_calendar_is_refused(limit: str) -> None:
    start = date(9999, 12, 1) if not limit.startswith("-") else date(1, 2, 1)
    with pytest.raises(CalendarEnds):
        Limit.parse(limit).from_day(start, CALENDAR)


# ---- The book ----------------------------------------------------------------------------------
NOTIFY = find_rule(STATUTORY, "SIN_NOTIFY", date(2026, 1, 1))


def test_every_rule_of_the_book_has_a_ladder_a_source_and_a_state_of_certainty() -> None:
    for rule in (*STATUTORY, *LOCAL):
        assert rule.ladder in RULE_BOOK.ladders
        assert rule.citation
        assert (rule.mark == "L") is (rule in LOCAL)


def test_no_two_versions_of_a_rule_are_in_force_on_one_day() -> None:
    spans = sorted((rule.code, rule.valid_from, rule.valid_to or date.max) for rule in (*STATUTORY, *LOCAL))
    for (code, _, until), (following, since, _) in zip(spans, spans[1:], strict=False):
        assert code != following or until < since


OLD = replace(NOTIFY, limit=Limit(60, "wd"), valid_from=date(2015, 1, 1), valid_to=date(2018, 6, 28))
THEN = STATUTORY[0]


@pytest.mark.parametrize(
    ("on", "limit"), [("2015-01-01", 60), ("2018-06-28", 60), ("2018-06-29", 5), ("2023-12-14", 5)]
)
def test_edge_13_the_version_is_the_one_in_force_on_the_day(on: str, limit: int) -> None:
    assert find_rule((THEN, OLD), "SIN_NOTIFY", date.fromisoformat(on)).limit == Limit(limit, "wd")


def test_a_day_before_the_first_version_has_no_rule() -> None:
    with pytest.raises(NoSuchRule, match="No version of rule 'SIN_NOTIFY' was in force on 31 December 2014"):
        find_rule((THEN, OLD), "SIN_NOTIFY", date(2014, 12, 31))


def test_an_unknown_rule_is_answered_with_those_there_are() -> None:
    with pytest.raises(NoSuchRule, match=r"There is no rule 'X'.*one of: SIN_NOTIFY\."):
        find_rule(iter([OLD]), "X", date(2026, 1, 1))


# ---- As stored ---------------------------------------------------------------------------------
def rules() -> list[dict[str, Any]]:
    return list(RuleVersion.objects.order_by("pk").values())


@pytest.mark.django_db
def test_the_statutory_rules_are_written_as_the_code_has_them_however_often() -> None:
    before = rules()
    write_statutory_rules()
    assert rules() == before
    stored: dict[tuple[str, date], DeadlineRule] = {
        (row.code, row.valid_from): row.as_rule() for row in RuleVersion.objects.filter(partnership=None)
    }
    assert stored == {(rule.code, rule.valid_from): rule for rule in STATUTORY}


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put other statutory rules in the place of the code's."""

    def shelve(*rules: DeadlineRule) -> None:
        monkeypatch.setattr(rule_services, "rule_book", lambda: replace(RULE_BOOK, statutory=rules))

    return shelve


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"limit": Limit(7, "wd")}, {"starts": "notification sent"}])
def test_what_a_deadline_counted_by_is_not_written_over(
    book: Callable[..., None], changed: dict[str, Any]
) -> None:
    # Given a clock on the rule to notify. When the code counts otherwise under the same first day:
    a_case()
    before = rules()
    book(replace(NOTIFY, **changed))
    with pytest.raises(WorkflowError) as refusal:
        write_statutory_rules()

    # Then it is refused with what to do instead, and nothing was written.
    assert str(refusal.value) == (
        "Cannot write SIN_NOTIFY: deadlines point at its version from 15 December 2023, which counts 5 working days "
        "from “aware of the incident”. Give that version a valid_to, and add a new one with its own valid_from."
    )
    assert rules() == before


@pytest.mark.django_db
def test_a_name_or_a_citation_may_be_corrected_and_a_limit_that_nothing_runs_on(
    book: Callable[..., None],
) -> None:
    a_case()
    book(
        replace(NOTIFY, name="Notify", citation="Page 1"),
        replace(find_rule(STATUTORY, "RR_COMPLETE", date(2026, 1, 1)), limit=Limit(16, "wd")),
    )
    write_statutory_rules()
    notify, complete = (
        RuleVersion.objects.get(code=code, valid_to=None) for code in ("SIN_NOTIFY", "RR_COMPLETE")
    )
    assert (notify.name, notify.citation, complete.limit) == ("Notify", "Page 1", "16wd")


@pytest.mark.django_db
def test_a_new_statutory_version_ends_the_old_one_in_whatever_order_the_code_has_them(
    book: Callable[..., None],
) -> None:
    a_case()
    old = replace(NOTIFY, valid_to=date(2026, 12, 31))
    book(replace(NOTIFY, limit=Limit(7, "wd"), valid_from=date(2027, 1, 1)), old)
    write_statutory_rules()
    versions = RuleVersion.objects.filter(code="SIN_NOTIFY", valid_from__gte=NOTIFY.valid_from)
    versions = versions.values_list("limit", "valid_to")
    assert list(versions) == [("5wd", date(2026, 12, 31)), ("7wd", None)]


@pytest.fixture
def meeting(db: None) -> RuleVersion:
    partnership = a_partnership()
    adopt_local_milestones(partnership, valid_from=date(2026, 1, 1))
    return RuleVersion.objects.get(partnership=partnership, code="LOC_MEETING")


def test_a_partnership_adopts_each_milestone_once(meeting: RuleVersion) -> None:
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 6, 1), by=SYSTEM, at=london("2026-05-01")
    )
    before = rules()
    assert meeting.partnership is not None
    adopt_local_milestones(meeting.partnership, valid_from=date(2027, 1, 1))
    assert rules() == before
    assert len(before) == len(STATUTORY) + len(LOCAL) + 1


def test_a_milestone_that_the_book_gains_counts_in_every_partnership_from_that_day_and_moves_nothing(
    db: None, time_machine: Any
) -> None:
    # Given a partnership from before the last check was in the book, one that ended its progress meeting, and a case
    a_partnership(), a_partnership("Westvale")
    first, second = Partnership.objects.order_by("pk")  # a case of no partnership named is of the first
    for one in (first, second):
        adopt_local_milestones(one, valid_from=date(2026, 1, 1))
    RuleVersion.objects.filter(code="LOC_FINAL", partnership=first).delete()
    RuleVersion.objects.filter(code="LOC_PROGRESS", partnership=second).update(valid_to=date(2026, 2, 1))
    case = a_notified_case()
    assert case.partnership == first
    dates, versions = (
        list(case.deadlines.order_by("pk").values()),
        list(RuleVersion.objects.order_by("pk").values()),
    )

    # When a new version of the product is put into use in the night to 11 May, London time, and once more
    time_machine.move_to(datetime(2026, 5, 10, 23, 30, tzinfo=UTC), tick=False)
    for _ in range(2):
        write_what_code_defines(apps.get_app_config("workflows"), using="default")

    # Then only that one is new, from that day; what there was, and every date, is as it was
    [new] = list(RuleVersion.objects.order_by("pk"))[len(versions) :]
    assert (new.code, new.partnership, new.valid_from, new.valid_to) == (
        "LOC_FINAL",
        first,
        date(2026, 5, 11),
        None,
    )
    assert list(RuleVersion.objects.order_by("pk").values())[: len(versions)] == versions
    assert list(case.deadlines.order_by("pk").values()) == dates
    later = a_notified_case(at=london("2026-05-12"))
    assert later.deadlines.filter(rule_code="LOC_FINAL").exists()


def test_edge_2_a_changed_milestone_is_a_new_version_and_the_old_one_ends_the_day_before(
    meeting: RuleVersion,
) -> None:
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 6, 1), by=SYSTEM, at=london("2026-05-01")
    )
    versions = RuleVersion.objects.filter(code="LOC_MEETING").values_list("limit", "valid_from", "valid_to")
    assert list(versions) == [
        ("10wd", date(2026, 1, 1), date(2026, 5, 31)),
        ("9wd", date(2026, 6, 1), None),
    ]
    on = [
        RuleVersion.objects.in_force(day).get(code="LOC_MEETING").limit
        for day in (date(2026, 5, 31), date(2026, 6, 1))
    ]
    assert on == ["10wd", "9wd"]


def test_a_milestone_that_nothing_runs_on_may_be_changed_from_its_own_first_day(meeting: RuleVersion) -> None:
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 1, 1), by=SYSTEM, at=london("2026-05-01")
    )
    assert RuleVersion.objects.get(code="LOC_MEETING").limit == "9wd"


def test_a_milestone_is_not_changed_before_it_began_nor_after_it_ended(meeting: RuleVersion) -> None:
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 6, 1), by=SYSTEM, at=london("2026-05-01")
    )
    before = rules()
    for day in (date(2025, 12, 31), date(2026, 3, 1), date(2026, 9, 1)):
        old = RuleVersion.objects.get(pk=meeting.pk)
        with pytest.raises(WorkflowError):
            change_milestone(old, limit=Limit(8, "wd"), valid_from=day, by=SYSTEM, at=london("2026-05-01"))
    assert rules() == before


def test_a_milestone_that_was_changed_since_it_was_read_is_not_changed_again(meeting: RuleVersion) -> None:
    # Given a milestone that two people have before them. When both change it:
    other = RuleVersion.objects.get(pk=meeting.pk)
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 2, 1), by=SYSTEM, at=london("2026-01-20")
    )
    before = rules()
    with pytest.raises(WorkflowError, match="this version ended on 31 January 2026"):
        change_milestone(
            other, limit=Limit(8, "wd"), valid_from=date(2026, 3, 1), by=SYSTEM, at=london("2026-01-20")
        )

    # Then the second is refused, one version is open, and the next notification starts one clock of it.
    assert rules() == before
    assert RuleVersion.objects.filter(code="LOC_MEETING", valid_to=None).count() == 1
    assert clock_of(a_notified_case(), "LOC_MEETING").rule.limit == "9wd"


def test_a_limit_that_somebody_has_just_set_is_not_set_over_unseen(meeting: RuleVersion) -> None:
    other = RuleVersion.objects.get(pk=meeting.pk)
    change_milestone(
        meeting, limit=Limit(9, "wd"), valid_from=date(2026, 1, 1), by=SYSTEM, at=london("2026-01-20")
    )
    with pytest.raises(WorkflowError, match="somebody has just set it to 9 working days"):
        change_milestone(
            other, limit=Limit(8, "wd"), valid_from=date(2026, 1, 1), by=SYSTEM, at=london("2026-01-20")
        )
    assert RuleVersion.objects.get(pk=meeting.pk).limit == "9wd"


@pytest.mark.parametrize("code", ["LOC_MEETING", "RR_COMPLETE"])
def test_the_database_refuses_a_second_open_version(meeting: RuleVersion, code: str) -> None:
    second = RuleVersion.objects.get(code=code, valid_to=None)
    second.pk, second.valid_from = None, date(2026, 6, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save(force_insert=True)


def test_of_two_versions_in_force_on_one_day_the_younger_starts_the_clock(meeting: RuleVersion) -> None:
    # Given two versions whose days overlap, as somebody might write them past the service. When one notifies:
    RuleVersion.objects.create(**{
        **RuleVersion.objects.values().get(pk=meeting.pk), "id": None, "limit": "9wd",
        "valid_from": date(2026, 2, 1), "valid_to": date(2099, 1, 1),
    })  # fmt: skip

    # Then one clock starts, by the younger.
    assert clock_of(a_notified_case(), "LOC_MEETING").rule.limit == "9wd"


@pytest.mark.django_db
def test_a_statutory_rule_is_not_changed_here() -> None:
    rule = RuleVersion.objects.get(code="RR_COMPLETE", valid_to=None)
    with pytest.raises(WorkflowError, match="set by Panel guidance"):
        change_milestone(
            rule, limit=Limit(60, "wd"), valid_from=date(2026, 6, 1), by=SYSTEM, at=london("2026-05-01")
        )
