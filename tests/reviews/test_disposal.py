"""Holding, reviewing and disposing: two people, nothing that is held, and afterwards not one word anywhere."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from notifications.models import Notice
from reviews.files import store
from reviews.keeping.views import REMOVED
from reviews.models import Attachment, Case, Correction, Disposal, LegalHold, RetentionReview
from reviews.retention import CASE_FILE, RETURNS
from reviews.services import cases, disposing, holds, recusals, retention, schedules, sharing
from reviews.services.disposing import HOLDINGS, KEPT, digest_of
from tests.factories import World
from tests.keys import meddle
from tests.reviews.disposing import ADOPTED, THEN, WORD, adopted, where_it_stands
from workflows.exceptions import RetentionError, WrongState
from workflows.models import BreakGlass, Deadline, Fact, Subject, TransitionRecord
from workflows.services.ledger import broken_links, moves_not_told
from workflows.services.verifying import drifted
from workflows.triggers import FORGETS, FORGOTTEN

pytestmark = pytest.mark.django_db


def proposed(case: Case, world: World, record_class: str = CASE_FILE, **given: Any) -> RetentionReview:
    line = {"outcome": "dispose", "reason": "Nobody needs it.", "by": world.manager, "at": THEN, **given}
    return retention.propose(case, record_class, **line)


def disposed(case: Case, world: World, record_class: str = CASE_FILE) -> Disposal:
    certificate = retention.agree(proposed(case, world, record_class), by=world.chair, at=THEN)
    assert certificate is not None
    return certificate


# ---- What is due -----------------------------------------------------------------------------------
def test_a_case_comes_up_for_review_on_its_day_and_says_why(closed: Case, world: World) -> None:
    # Given a case of which the last thing was recorded on 13 April 2026, kept 35 years:
    def due(on: date) -> list[tuple[str, str, date | None]]:
        at = THEN.replace(year=on.year, month=on.month, day=on.day)
        found = retention.due_for_review(world.manager, at=at)
        return [(one.case.code, one.record_class, one.standing.from_on) for one in found]

    # Then it is on nobody's list the day before, and on the manager's from that day on.
    day = date(2061, 4, 9)
    assert due(day - timedelta(days=1)) == []
    assert due(day) == [(closed.code, CASE_FILE, day), (closed.code, RETURNS, day)]
    assert "That is Saturday 9 April 2061" in retention.standing_of(closed, CASE_FILE, at=THEN).lines[0]
    # And on no list of those who may not review it, or are recused from it.
    assert retention.due_for_review(world.member, at=THEN) == []
    recusals.recuse(closed, world.co_chair, kind="other", reason="Kin.", by=world.chair, at=ADOPTED)
    assert retention.due_for_review(world.co_chair, at=THEN) == []
    assert len(retention.due_for_review(world.chair, at=THEN)) == 2


def test_a_looked_after_child_makes_it_longer(closed: Case, world: World) -> None:
    closed.children.update(is_looked_after=True)
    assert [due.record_class for due in retention.due_for_review(world.manager, at=THEN)] == [RETURNS]
    assert retention.standing_of(closed, CASE_FILE, at=THEN).from_on == date(2095, 11, 2)
    with pytest.raises(RetentionError, match="cannot be disposed of yet"):
        proposed(closed, world)


def test_the_list_costs_no_more_for_three_cases_than_for_one(
    closed: Case, world: World, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(9):
        assert len(retention.due_for_review(world.manager, at=THEN)) == 2
    for _ in range(2):
        given = Case(partnership=world.partnership, harm="other", summary="Another.", aware_at=ADOPTED)
        case = cases.refer_case(given, [cases.ChildGiven(name="A")], by=world.manager, at=ADOPTED)
        cases.decline_case(case, reason="Not notifiable.", by=world.manager, at=ADOPTED)
    with django_assert_num_queries(9):
        assert len(retention.due_for_review(world.manager, at=THEN)) == 6


# ---- Two people ------------------------------------------------------------------------------------
def test_one_proposes_and_another_agrees(closed: Case, world: World) -> None:
    Notice.objects.all().delete()
    review = proposed(closed, world)
    assert set(Notice.objects.values_list("recipient", "news")) == {(world.chair.pk, "disposal-proposed")}
    with pytest.raises(PermissionDenied):
        retention.agree(review, by=world.manager, at=THEN)
    with pytest.raises(PermissionDenied):
        retention.agree(review, by=world.member, at=THEN)
    assert where_it_stands(WORD) != {}
    certificate = retention.agree(review, by=world.chair, at=THEN)
    assert certificate is not None
    assert (certificate.proposed_by, certificate.agreed_by) == (world.manager, world.chair)
    with pytest.raises(WrongState, match="it was disposed of"):
        retention.agree(review, by=world.co_chair, at=THEN)


def test_a_recused_person_does_neither(closed: Case, world: World) -> None:
    review = proposed(closed, world)
    recusals.recuse(closed, world.chair, kind="other", reason="Kin.", by=world.co_chair, at=THEN)
    for act in (
        lambda: retention.agree(review, by=world.chair, at=THEN),
        lambda: proposed(closed, world, RETURNS, by=world.chair),
        lambda: holds.place_hold(closed, kind="court", reference="X", by=world.chair, at=THEN),
    ):
        with pytest.raises(PermissionDenied):
            act()
    # Nor does a proposal stand whose author is recused since.
    recusals.recuse(closed, world.manager, kind="other", reason="Kin.", by=world.co_chair, at=THEN)
    with pytest.raises(RetentionError, match="who proposed it may no longer do so"):
        retention.agree(review, by=world.co_chair, at=THEN)


def test_a_proposal_can_be_withdrawn_and_made_anew(closed: Case, world: World) -> None:
    review = proposed(closed, world)
    with pytest.raises(RetentionError, match="proposed for this already"):
        proposed(closed, world)
    retention.withdraw(review, by=world.manager, at=THEN)
    with pytest.raises(RetentionError, match="answered already"):
        retention.agree(review, by=world.chair, at=THEN)
    with pytest.raises(RetentionError, match="answered already"):
        retention.withdraw(review, by=world.manager, at=THEN)
    proposed(closed, world)


def test_what_two_people_keep_longer_comes_again_on_the_day_they_set(closed: Case, world: World) -> None:
    again = THEN.date() + timedelta(days=365)
    with pytest.raises(RetentionError, match="a day to come"):
        proposed(closed, world, outcome="keep", next_review_on=THEN.date())
    review = proposed(closed, world, outcome="keep", next_review_on=again, reason="An inquiry is likely.")
    assert retention.agree(review, by=world.co_chair, at=THEN) is None

    def classes(days: int) -> list[str]:
        at = THEN + timedelta(days=days)
        return [due.record_class for due in retention.due_for_review(world.manager, at=at)]

    assert (classes(0), classes(364), classes(365)) == ([RETURNS], [RETURNS], [CASE_FILE, RETURNS])
    assert where_it_stands(WORD) != {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda case, world: cases.reconsider_case(case, reason="News.", by=world.manager, at=THEN), "was moved since"),
        (lambda case, world: holds.place_hold(case, kind="court", reference="C-1", by=world.chair, at=THEN),
         "a legal hold was placed or lifted since"),
        (lambda case, world: holds.lift_hold(
            holds.place_hold(case, kind="court", reference="C-1", by=world.chair, at=THEN),
            reason="Over.", by=world.chair, at=THEN), "a legal hold was placed or lifted since"),
        (lambda case, world: schedules.set_rule(
            world.partnership, record_class=RETURNS, trigger="rested", years=1, citation="", reason="Why.",
            valid_from=THEN.date(), by=world.manager, at=THEN), "the schedule says something else now"),
    ],
    ids=["taken up again", "held", "held and lifted", "another schedule"],
)  # fmt: skip
def test_what_changed_since_makes_it_refuse(world: World, change: Any, says: str) -> None:
    # Given a case that was never notified, long ago, and a proposal to dispose of it:
    adopted(world)
    given = Case(partnership=world.partnership, harm="other", summary=WORD, aware_at=ADOPTED)
    case = cases.refer_case(
        given, [cases.ChildGiven(name="A", born_on=date(2020, 1, 1))], by=world.manager, at=ADOPTED
    )
    case = cases.decline_case(case, reason=WORD, by=world.manager, at=ADOPTED)
    review = proposed(case, world)

    # When something changes, a second person cannot agree, is told what, and nothing is gone.
    change(case, world)
    with pytest.raises(RetentionError, match=says):
        retention.agree(review, by=world.co_chair, at=THEN)
    assert not Disposal.objects.exists()
    assert Case.objects.get(pk=case.pk).summary == WORD


def test_nothing_of_a_case_at_work_is_disposed_of(case: Case, world: World) -> None:
    adopted(world)
    with pytest.raises(RetentionError, match="while it is at work"):
        proposed(case, world)


# ---- A hold ----------------------------------------------------------------------------------------
def test_a_held_case_is_on_the_list_and_is_not_disposed_of(closed: Case, world: World) -> None:
    hold = holds.place_hold(closed, kind="court", reference="Order C-1 of 2061", by=world.chair, at=THEN)
    assert [due.is_held for due in retention.due_for_review(world.manager, at=THEN)] == [True, True]
    with pytest.raises(RetentionError, match="it is held since Wednesday 1 June 2061"):
        proposed(closed, world)
    for wrong in ({"by": world.member}, {"by": world.gp_author}):
        with pytest.raises(PermissionDenied):
            holds.lift_hold(hold, reason="Over.", at=THEN, **wrong)  # type: ignore[arg-type]
    with pytest.raises(RetentionError, match="without a reason"):
        holds.lift_hold(hold, reason=" ", by=world.manager, at=THEN)
    holds.lift_hold(hold, reason="The court has ended.", by=world.manager, at=THEN)
    with pytest.raises(RetentionError, match="lifted already"):
        holds.lift_hold(hold, reason="Again.", by=world.manager, at=THEN)
    told = closed.ledger.filter(action__in=["hold", "lift_hold"]).order_by("sequence")
    assert list(told.values_list("action", "actor")) == [
        ("hold", str(world.chair.pk)), ("lift_hold", str(world.manager.pk)),
    ]  # fmt: skip
    proposed(closed, world)


def test_the_database_takes_no_certificate_while_a_hold_stands(closed: Case, world: World) -> None:
    # Given a hold, and somebody who goes past every service:
    review = proposed(closed, world)
    LegalHold.objects.create(case=closed, kind="court", reference="C-1", by=world.chair, at=THEN)
    with pytest.raises(DatabaseError, match="the case is held"), transaction.atomic():
        disposing.dispose(
            closed, review, retention.standing_of(closed, CASE_FILE, at=THEN), by=world.chair, at=THEN
        )
    # Nor is the case deleted from under its hold.
    with pytest.raises(models.ProtectedError):
        Case.objects.get(pk=closed.pk).delete()
    LegalHold.objects.update(lifted_at=THEN, lifted_by=world.chair, lifted_reason="Over.")
    assert disposing.dispose(
        closed, review, retention.standing_of(closed, CASE_FILE, at=THEN), by=world.chair, at=THEN
    ).pk


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (LegalHold, {"lifted_at": THEN}),
        (LegalHold, {"reference": ""}),
        (RetentionReview, {"answer": "agreed"}),
        (RetentionReview, {"next_review_on": date(2070, 1, 1)}),
        (RetentionReview, {"reason": ""}),
    ],
)
def test_the_database_keeps_holds_and_reviews_whole(
    closed: Case, world: World, model: type[models.Model], wrong: dict[str, Any]
) -> None:
    proposed(closed, world)
    LegalHold.objects.create(case=closed, kind="court", reference="C-1", by=world.chair, at=THEN)
    with pytest.raises(IntegrityError), transaction.atomic():
        model._base_manager.update(**wrong)


def test_the_database_wants_two_different_people(closed: Case, world: World) -> None:
    review = proposed(closed, world)
    mine = {"settled_by": world.manager, "settled_at": THEN, "answer": "agreed"}
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionReview.objects.filter(pk=review.pk).update(**mine)
    with pytest.raises(IntegrityError), transaction.atomic():
        disposing.dispose(
            closed, review, retention.standing_of(closed, CASE_FILE, at=THEN), by=world.manager, at=THEN
        )


# ---- Afterwards --------------------------------------------------------------------------------------
def test_afterwards_not_one_word_of_the_case_is_in_the_database(closed: Case, world: World) -> None:
    # Given a case with a word wherever something could be written, in these places:
    before = where_it_stands(WORD)
    assert {table for table, _ in before.items()} == {
        "reviews_agencyreturn", "reviews_attachment", "reviews_case", "reviews_chronologyrow", "reviews_correction", "reviews_decision", "reviews_panelrecord",
        "reviews_phonecall", "reviews_returnversion", "reviews_sectioncomment", "reviews_signoff", "workflows_breakglass",
        "workflows_deadline", "workflows_fact", "workflows_interest", "workflows_mute", "workflows_recusal", "workflows_share",
        "workflows_transitionrecord",
    }  # fmt: skip
    child = closed.children.get()
    assert (child.name, child.born_on) == (f"{WORD} Child", date(2020, 11, 2))
    sealed = [child.sealed_name, child.sealed_born_on, child.sealed_nhs_number, closed.sealed_place]
    assert all(where_it_stands(one) for one in sealed)

    # When two people dispose of it:
    certificate = disposed(closed, world)

    # Then a search of the whole database finds neither the word nor what was sealed,
    assert where_it_stands(WORD) == {}
    assert [where_it_stands(one) for one in sealed] == [{}, {}, {}, {}]
    # and what counts things is left: the stage, the times of the process, the outcome, the age.
    left = Case.objects.get(pk=closed.pk)
    assert (left.state, left.summary, left.harm) == ("disposed", FORGOTTEN, "serious-harm")
    assert (left.incident_at.date(), left.incident_precision) == (date(2026, 1, 1), "year")
    assert (left.notified_at, left.decisions.get().outcome) == (closed.notified_at, "no-lcspr")
    child = left.children.get()
    assert (child.sealed_name, child.born_on, child.age_as_given) == ("", None, "5 years")
    assert certificate.removed["phone call"] == 1


def test_the_ledger_and_every_date_still_hold(closed: Case, world: World) -> None:
    dates = list(Deadline.objects.order_by("pk").values_list("pk", "state", "due_at", "met_at"))
    certificate = disposed(closed, world)
    assert list(broken_links()) == []
    assert moves_not_told([Subject.objects.get(pk=closed.pk)]) == {}
    assert list(Deadline.objects.order_by("pk").values_list("pk", "state", "due_at", "met_at")) == dates
    assert list(drifted()) == []
    entry = closed.ledger.get(sequence=certificate.ledger_sequence)
    assert (entry.action, entry.changed, entry.hash) == (
        "certify_disposal",
        CASE_FILE,
        certificate.ledger_hash,
    )
    assert closed.ledger.order_by("-sequence").first().action == "dispose"


def test_the_certificate_says_what_when_by_whom_and_by_which_rule(closed: Case, world: World) -> None:
    # Given the digest of what is there, made by hand as the certificate says:
    lines = []
    for holding in HOLDINGS:
        for row in holding.rows(closed):
            columns = {name: getattr(row, name) for name in holding.columns}
            columns = {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in columns.items()}
            label = holding.model._meta.label_lower
            lines.append(json.dumps([label, str(row.pk), columns], sort_keys=True, ensure_ascii=False) + "\n")
    by_hand = hashlib.sha256("".join(lines).encode()).hexdigest()

    certificate = disposed(closed, world)
    assert certificate.digest != digest_of(closed, CASE_FILE)[0]  # of what is left
    made = Disposal.objects.get()
    assert (made.case_id, made.record_class, made.due_from, made.at) == (
        closed.pk,
        CASE_FILE,
        date(2061, 4, 9),
        THEN,
    )
    assert any("[2015] EWHC 2134 (Admin)" in line for line in made.rules)
    # The review itself was agreed to before, and is no part of it.
    assert made.digest == by_hand


def test_a_certificate_is_never_changed(closed: Case, world: World) -> None:
    disposed(closed, world)
    for change in (lambda: Disposal.objects.update(digest="0" * 64), lambda: Disposal.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_nothing_more_is_done_to_a_case_that_was_disposed_of(closed: Case, world: World) -> None:
    disposed(closed, world)
    case = Case.objects.get(pk=closed.pk)
    gp = case.returns.first()
    for act in (
        lambda: holds.place_hold(case, kind="court", reference="C-1", by=world.chair, at=THEN),
        lambda: recusals.recuse(case, world.member, kind="other", reason="Kin.", by=world.chair, at=THEN),
        lambda: cases.reconsider_case(case, reason="News.", by=world.manager, at=THEN),
        lambda: (
            gp and retention.propose(case, RETURNS, outcome="dispose", reason="X", by=world.manager, at=THEN)
        ),
    ):
        with pytest.raises(WrongState, match="it was disposed of"):
            act()
    from reviews.services import break_glass

    asked = break_glass.ask_to_see(case.code, kind="other", words=WORD, by=world.administrator, at=THEN)
    assert (asked, BreakGlass.objects.filter(words=WORD).count()) == (None, 0)
    assert sharing.shares_of(case, at=THEN)[0] == []
    assert retention.due_for_review(world.manager, at=THEN) == []


def test_returns_alone_can_go_and_the_case_stays(closed: Case, world: World) -> None:
    before = where_it_stands(WORD)
    disposed(closed, world, RETURNS)
    gone = {
        "reviews_agencyreturn", "reviews_attachment", "reviews_chronologyrow", "reviews_phonecall",
        "reviews_returnversion", "reviews_sectioncomment",
    }  # fmt: skip
    assert where_it_stands(WORD) == {table: names for table, names in before.items() if table not in gone}
    assert Case.objects.get(pk=closed.pk).state == "closed"
    assert [due.record_class for due in retention.due_for_review(world.manager, at=THEN)] == [CASE_FILE]
    with pytest.raises(RetentionError, match="disposed of already"):
        proposed(closed, world, RETURNS)
    disposed(closed, world)
    assert where_it_stands(WORD) == {}


def test_the_bytes_of_files_go_with_their_rows_and_not_before(
    closed: Case, world: World, django_capture_on_commit_callbacks: Any
) -> None:
    # Given the sealed file of a return
    made = Attachment.objects.get()
    assert store.get(made.stored) == f"{WORD} was seen.".encode()

    # When the returns are disposed of, then it is there until that is so for good, and not after.
    with django_capture_on_commit_callbacks(execute=True):
        certificate = disposed(closed, world, RETURNS)
        assert store.get(made.stored)
    with pytest.raises(store.NotThere):
        store.get(made.stored)
    assert certificate.removed["attachment"] == 1
    left = Attachment.objects.get()
    assert (left.name, left.about, left.sha256, left.stored) == (FORGOTTEN, FORGOTTEN, "", "")
    assert list(Attachment.objects.there()) == list(Attachment.objects.waiting()) == []


# ---- What the database lets through ----------------------------------------------------------------
ROWS: dict[str, type[models.Model]] = {
    "workflows_transitionrecord": TransitionRecord, "workflows_fact": Fact, "reviews_correction": Correction,
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(FORGETS))
def test_history_forgets_words_only_and_only_with_a_certificate(
    closed: Case, world: World, table: str
) -> None:
    rows = ROWS[table]._base_manager.all()
    column = FORGETS[table].columns[-1]

    def refused(**change: Any) -> None:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**change)

    # Given no certificate, nothing changes:
    refused(**{column: FORGOTTEN})
    # nor given one for the returns alone;
    disposed(closed, world, RETURNS)
    refused(**{column: FORGOTTEN})
    disposed(closed, world)
    # and with one, to the mark and to nothing else; no other column; and no row goes.
    rows.update(**{column: FORGOTTEN})
    refused(**{column: "Rewritten."})
    refused(**{column: FORGOTTEN, "by": world.member})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows._raw_delete(rows.db)


# ---- Nothing is overlooked -----------------------------------------------------------------------
@pytest.mark.once
def test_every_column_in_which_something_can_be_written_about_a_case_is_removed_or_named() -> None:
    """A new column of text that hangs on a case fails here until somebody says what becomes of it."""
    text = (models.CharField, models.TextField, models.JSONField)
    roots = {"reviews.case", "workflows.subject"}
    hanging, grew = set(roots), True
    while grew:
        more = {
            m._meta.label_lower for m in apps.get_models()
            if any(f.is_relation and f.related_model._meta.label_lower in hanging for f in m._meta.local_fields)
        }  # fmt: skip
        grew = not more <= hanging
        hanging |= more
    removed = {one.model._meta.label_lower: set(one.columns) for one in HOLDINGS}
    unsaid = {
        f"{label}.{f.name}"
        for label in hanging
        for f in apps.get_model(label)._meta.local_fields
        if isinstance(f, text) and f.name not in removed.get(label, set()) | set(KEPT.get(label, "").split())
    }
    assert unsaid == set()


def test_somebody_with_the_keys_is_found_out(closed: Case, world: World) -> None:
    """A move whose record was taken out is missed, disposed of or not."""
    disposed(closed, world)
    meddle("DELETE FROM workflows_ledgerentry WHERE action = 'dispose'")
    assert list(broken_links()) != []
    assert connection.vendor in ("sqlite", "postgresql")


def test_a_certificate_has_words_for_every_kind_of_row_that_it_counts() -> None:
    assert set(REMOVED) == {str(one.model._meta.verbose_name) for one in HOLDINGS}
