"""The one door: what `begin` and `perform` do, what they refuse, and that there is no way round them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from accounts.models import User
from reviews.models import AgencyReturn, Case
from tests.workflows.bench import (
    REFERRED_AT,
    a_case,
    a_notified_case,
    a_person,
    clock_of,
    in_one_moment,
    london,
)  # fmt: skip
from workflows.actors import SYSTEM
from workflows.exceptions import NotMet, Stale, WrongState
from workflows.models import Deadline, Fact, LedgerEntry, Subject, TransitionRecord
from workflows.services.moving import begin, perform, verbs_open_to
from workflows.signals import transitioned

pytestmark = pytest.mark.django_db
LATER = REFERRED_AT + timedelta(hours=1)


def everything() -> list[Any]:
    """All that a refused move might have changed."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Subject, Case, TransitionRecord, LedgerEntry, Deadline, Fact)
    ]


@pytest.fixture
def listening() -> Any:
    """Collects what `transitioned` says: (verb, sequence, audiences)."""
    heard: list[tuple[str, int, dict[str, str]]] = []

    def listen(sender: Any, record: TransitionRecord, tells: dict[str, str], **rest: Any) -> None:
        heard.append((record.verb, record.sequence, tells))

    transitioned.connect(listen)
    yield heard
    transitioned.disconnect(listen)


# ---- What it does ------------------------------------------------------------------------------
def test_a_move_is_saved_recorded_written_in_the_ledger_and_told(listening: list[Any]) -> None:
    # Given a case, and somebody who may consider it. When they do:
    case = a_case()
    una = a_person("Una", may="reviews.consider_case", on=case)
    moved = perform(case, Case.consider, by=una, at=LATER, reason="it looks notifiable")

    # Then it has moved, once, with its record, its ledger entry and its signal.
    case = Case.objects.get()
    assert (case.state, case.version) == (moved.state, moved.version) == ("notification", 2)
    records = case.records.values_list("sequence", "verb", "source", "target", "by", "at", "reason")
    assert list(records) == [
        (1, "refer", "", "referred", None, REFERRED_AT, ""),
        (2, "consider", "referred", "notification", una.pk, LATER, "it looks notifiable"),
    ]
    entries = LedgerEntry.objects.values_list("chain", "sequence", "at", "actor", "action", "target")
    assert list(entries) == [
        (case.pk, 1, REFERRED_AT, "system", "refer", f"reviews.case {case.pk}"),
        (case.pk, 2, LATER, str(una.pk), "consider", f"reviews.case {case.pk}"),
    ]
    assert listening == [("refer", 1, {"business-manager": "referred"}), ("consider", 2, {})]


def test_what_happened_earlier_is_what_the_clocks_go_by() -> None:
    # Given a case that is told on Thursday of a notification sent the day before:
    case = perform(a_case(at=london("2026-03-12")), Case.consider, by=SYSTEM, at=london("2026-03-12"))
    sent_at, told_at = london("2026-03-18", "17:00"), london("2026-03-19", "09:00")
    case = perform(case, Case.notify, by=SYSTEM, at=told_at, happened_at=sent_at)

    # Then the notification was met on Wednesday, and the fifteen days count from then.
    assert (case.notified_at, clock_of(case, "SIN_NOTIFY").met_at) == (sent_at, sent_at)
    assert str(clock_of(case).due_on) == "2026-04-10"
    assert list(Fact.objects.filter(deadline=clock_of(case)).values_list("effective_at", "recorded_at")) == [
        (sent_at, told_at)
    ]


def test_an_event_known_only_by_its_month_starts_no_clock() -> None:
    case = perform(a_case(), Case.consider, by=SYSTEM, at=LATER)
    case = perform(case, Case.notify, by=SYSTEM, at=LATER, precision="month")
    assert not Deadline.objects.filter(rule_code="RR_COMPLETE").exists()


def test_edge_60_a_move_to_the_same_state_is_one_record_each_time(case: Case) -> None:
    for _ in range(2):
        case = perform(case, Case.hold_meeting, by=SYSTEM, at=LATER)
    assert list(case.records.values_list("sequence", "verb")) == [
        (1, "refer"), (2, "consider"), (3, "notify"), (4, "hold_meeting"), (5, "hold_meeting"),
    ]  # fmt: skip


def test_the_verbs_open_to_somebody_are_those_of_the_state_that_they_may_do() -> None:
    case = a_case()
    una = a_person("Una", may="reviews.consider_case reviews.notify_case reviews.decline_case", on=case)
    assert sorted(verbs_open_to(case, una, at=LATER)) == ["consider", "decline"]
    una.is_active = False
    assert verbs_open_to(case, una, at=LATER) == []


def test_edge_58_a_subject_may_be_read_again() -> None:
    case = a_case()
    perform(Case.objects.get(), Case.consider, by=SYSTEM, at=LATER)
    case.refresh_from_db()
    assert (case.state, case.version) == ("notification", 2)
    case.refresh_from_db(fields=["state"])
    assert case.state == "notification"


# ---- What it refuses ---------------------------------------------------------------------------
def test_a_move_from_the_wrong_state_is_refused_and_says_how_things_stand() -> None:
    case = a_case()
    una = a_person("Una", may="reviews.consider_case", on=case)
    perform(case, Case.consider, by=una, at=LATER)
    before = everything()
    with pytest.raises(WrongState) as refusal:
        perform(case, Case.submit, by=SYSTEM, at=LATER)
    assert str(refusal.value) == (
        f"Cannot submit {case.code}: it is notification now. "
        "Last, Una recorded: Partners met, and will notify. Look at it again before you go on."
    )
    assert everything() == before


def nobody_in_particular(case: Case) -> User:
    return a_person("Olu")


def granted_something_else(case: Case) -> User:
    return a_person("Olu", may="reviews.decline_case reviews.view_case", on=case)


def granted_another_case(case: Case) -> User:
    return a_person("Olu", may="reviews.consider_case", on=a_case(case.partnership))


def no_longer_active(case: Case) -> User:
    olu = a_person("Olu", may="reviews.consider_case", on=case)
    olu.is_active = False
    olu.save()
    return olu


def a_superuser(case: Case) -> User:
    olu = a_person("Olu")
    olu.is_superuser = olu.is_active = True
    olu.save()
    return olu


@pytest.mark.parametrize(
    "who",
    [nobody_in_particular, granted_something_else, granted_another_case, no_longer_active, a_superuser],
)
def test_a_move_by_somebody_who_may_not_is_refused(who: Callable[[Case], User]) -> None:
    case = a_case()
    olu = who(case)
    before = everything()
    with pytest.raises(PermissionDenied):
        perform(case, Case.consider, by=olu, at=LATER)
    assert everything() == before


def test_what_only_time_may_do_no_person_may_though_somebody_granted_it() -> None:
    case = a_case()
    Permission.objects.create(
        codename="only_the_system", content_type=ContentType.objects.get_for_model(Case), name="x"
    )
    una = a_person("Una", may="reviews.only_the_system", on=case)
    assert not case.permits(una, "workflows.only_the_system", at=LATER)
    assert case.permits(SYSTEM, "workflows.only_the_system", at=LATER)


def test_a_move_on_an_older_page_is_refused(case: Case) -> None:
    perform(case, Case.hold_meeting, by=SYSTEM, at=LATER, seen_version=3)
    before = everything()
    with pytest.raises(Stale, match="recorded: Rapid review meeting held. Look at it again"):
        perform(case, Case.hold_meeting, by=SYSTEM, at=LATER, seen_version=3)
    assert everything() == before


def test_edge_57_the_same_move_from_two_old_copies_is_made_once() -> None:
    a_case()
    mine, theirs = Case.objects.get(), Case.objects.get()
    perform(mine, Case.consider, by=SYSTEM, at=LATER)
    before = everything()
    with pytest.raises(
        WrongState, match=r"it is notification now\. Last, the system recorded: Partners met, and will notify"
    ):
        perform(theirs, Case.consider, by=SYSTEM, at=LATER)
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_edge_57_of_two_decisions_in_one_moment_one_is_made() -> None:
    # Given one case, and two people with the same page before them:
    a_case()
    copies = Case.objects.get(), Case.objects.get()

    # When one considers it and the other declines it in the same moment:
    answers = in_one_moment(
        lambda: perform(copies[0], Case.consider, by=SYSTEM, at=LATER, seen_version=1),
        lambda: perform(copies[1], Case.decline, by=SYSTEM, at=LATER, seen_version=1),
    )

    # Then one of them did, and the other is told to look again.
    assert sorted(type(answer).__name__ for answer in answers) == ["Case", "Stale"]
    assert list(TransitionRecord.objects.values_list("sequence", flat=True)) == [1, 2]
    assert Case.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_many_moves_in_one_moment_are_all_made_one_after_the_other() -> None:
    case = a_notified_case()
    answers = in_one_moment(*[lambda: perform(case, Case.hold_meeting, by=SYSTEM, at=LATER)] * 6)
    assert sorted(answer.version for answer in answers) == [4, 5, 6, 7, 8, 9]
    assert list(TransitionRecord.objects.values_list("sequence", flat=True)) == list(range(1, 10))
    assert list(LedgerEntry.objects.values_list("sequence", flat=True)) == list(range(1, 10))


def test_a_condition_that_does_not_hold_is_refused_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_case()

    def not_yet(subject: Case) -> bool:
        return False

    not_yet.hint = "Cannot consider it: nobody was told."  # type: ignore[attr-defined]
    transition = Case.consider._django_fsm.get_transition("referred")  # type: ignore[attr-defined]
    monkeypatch.setattr(transition, "conditions", [not_yet])
    before = everything()
    with pytest.raises(NotMet, match=r"Cannot consider it: nobody was told\."):
        perform(case, Case.consider, by=SYSTEM, at=LATER)
    assert everything() == before


def test_a_listener_that_fails_takes_the_move_with_it() -> None:
    case = a_case()
    before = everything()

    def fail(**said: Any) -> None:
        assert LedgerEntry.objects.count() == 2  # already there, in the same transaction
        raise RuntimeError("the listener")

    transitioned.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="the listener"):
            perform(case, Case.consider, by=SYSTEM, at=LATER)
    finally:
        transitioned.disconnect(fail)
    assert everything() == before


# ---- Beginnings --------------------------------------------------------------------------------
def a_return(case: Case) -> AgencyReturn:
    agency = case.partnership.agencies.create(name="Health", kind="health")
    return AgencyReturn(partnership=case.partnership, root=case, case=case, agency=agency, form_version="1")


@pytest.mark.parametrize(
    ("may", "is_refused"), [("reviews.ask_agencies_case", False), ("reviews.view_case", True)]
)
def test_the_permission_to_begin_a_part_is_asked_of_the_case(may: str, is_refused: bool, case: Case) -> None:
    una = a_person("Una", may=may, on=case)
    before = everything()
    if is_refused:
        with pytest.raises(PermissionDenied):
            begin(a_return(case), "request", by=una, at=LATER)
        assert everything() == before
    else:
        begun = begin(a_return(case), "request", by=una, at=LATER)
        assert (begun.state, begun.version, begun.begun_at) == ("requested", 1, LATER)
        last = LedgerEntry.objects.order_by("sequence").last()
        assert last is not None
        assert (last.chain, last.sequence, last.target) == (case.pk, 4, f"reviews.agencyreturn {begun.pk}")


def test_a_subject_begins_once() -> None:
    case = a_case()
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        begin(case, "refer", by=SYSTEM, at=LATER)
    assert everything() == before
