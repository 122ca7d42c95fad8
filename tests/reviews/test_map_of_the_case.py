"""The map of everything that moves, written out: changing the workflow starts by changing these lists."""

import pytest
from django.contrib.auth.models import Permission

from reviews.models import AgencyReturn, Case, PanelRecord
from workflows.models import LegalMove, Subject
from workflows.services.moving import kind_of, map_of, permission_of

pytestmark = pytest.mark.django_db
KINDS: tuple[type[Subject], ...] = (Case, AgencyReturn, PanelRecord)


def test_the_map_of_a_case() -> None:
    assert map_of(Case) == [
        ("", "adopt", "practice_review"),
        ("", "refer", "referred"),
        ("closed", "dispose", "disposed"),
        ("lcspr_decision", "hold_meeting", "lcspr_decision"),
        ("lcspr_decision", "revise", "rapid_review"),
        ("lcspr_decision", "submit", "with_panel"),
        ("lcspr_decision", "withdraw", "withdrawn"),
        ("learning_event", "hold_recall", "recall"),
        ("learning_only", "close", "closed"),
        ("learning_only", "dispose", "disposed"),
        ("learning_only", "revise", "rapid_review"),
        ("not_notified", "dispose", "disposed"),
        ("not_notified", "reconsider", "referred"),
        ("notification", "decline", "not_notified"),
        ("notification", "notify", "rapid_review"),
        ("notification", "notify_only", "notified_only"),
        ("notified_only", "close", "closed"),
        ("notified_only", "dispose", "disposed"),
        ("practice_review", "hold_learning_event", "learning_event"),
        ("practice_review", "plan_publication", "publication"),
        ("practice_review", "revise", "rapid_review"),
        ("publication", "plan_publication", "publication"),
        ("publication", "publish", "published"),
        ("published", "close", "closed"),
        ("rapid_review", "decide", "lcspr_decision"),
        ("rapid_review", "hold_meeting", "rapid_review"),
        ("rapid_review", "withdraw", "withdrawn"),
        ("recall", "plan_publication", "publication"),
        ("referred", "consider", "notification"),
        ("referred", "decline", "not_notified"),
        ("with_panel", "commission", "practice_review"),
        ("with_panel", "finish_with_learning", "learning_only"),
        ("with_panel", "revise", "rapid_review"),
        ("with_panel", "withdraw", "withdrawn"),
        ("withdrawn", "dispose", "disposed"),
    ]


def test_the_map_of_a_return() -> None:
    assert map_of(AgencyReturn) == [
        ("", "request", "requested"),
        ("acknowledged", "cancel", "cancelled"),
        ("acknowledged", "declare_nil", "nil"),
        ("acknowledged", "draft", "in_progress"),
        ("acknowledged", "receive", "accepted"),
        ("in_progress", "cancel", "cancelled"),
        ("in_progress", "declare_nil", "nil"),
        ("in_progress", "finish", "submitted"),
        ("in_progress", "receive", "accepted"),
        ("nil", "accept", "accepted"),
        ("nil", "send_back", "sent_back"),
        ("requested", "acknowledge", "acknowledged"),
        ("requested", "cancel", "cancelled"),
        ("requested", "declare_nil", "nil"),
        ("requested", "draft", "in_progress"),
        ("requested", "receive", "accepted"),
        ("sent_back", "cancel", "cancelled"),
        ("sent_back", "declare_nil", "nil"),
        ("sent_back", "draft", "in_progress"),
        ("sent_back", "finish", "submitted"),
        ("sent_back", "receive", "accepted"),
        ("signed_off", "accept", "accepted"),
        ("signed_off", "send_back", "sent_back"),
        ("submitted", "cancel", "cancelled"),
        ("submitted", "receive", "accepted"),
        ("submitted", "send_back", "sent_back"),
        ("submitted", "sign_off", "signed_off"),
    ]


def test_the_map_of_a_panel_record() -> None:
    assert map_of(PanelRecord) == [
        ("", "release", "released"),
        ("released", "accept", "accepted"),
        ("released", "disagree", "disagreed"),
        ("released", "supersede", "superseded"),
    ]


def test_the_database_enforces_these_maps_and_no_others() -> None:
    stored = LegalMove.objects.values_list("kind", "source", "verb", "target")
    assert sorted(stored) == sorted((kind_of(kind), *move) for kind in KINDS for move in map_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_takes_a_permission_that_exists(kind: type[Subject]) -> None:
    wanted = {permission_of(kind, verb) for verb in kind.BEGINNINGS}
    wanted |= {str(t.permission) for t in Subject._meta.get_field("state").get_all_transitions(kind)}
    there = Permission.objects.filter(content_type__app_label="reviews").values_list("codename", flat=True)
    assert wanted <= {f"reviews.{codename}" for codename in there}


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_leaves_a_resting_state_does_so_on_purpose(kind: type[Subject]) -> None:
    """In a resting state nothing more is owed; these are the only ways out of one."""
    out = {(source, verb) for source, verb, _ in map_of(kind) if source in kind.RESTING_STATES}
    assert out == ({("not_notified", "reconsider"), ("notified_only", "close"), ("learning_only", "close"),
                    ("learning_only", "revise")} | {(state, "dispose") for state in kind.RESTING_STATES - {"disposed"}}
                   if kind is Case else set())  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_can_be_reached_and_all_but_the_last_can_be_left(kind: type[Subject]) -> None:
    moves = map_of(kind)
    assert {target for _, _, target in moves} == set(kind.State.values)
    last = set(kind.State.values) - {source for source, _, _ in moves}
    assert last <= kind.RESTING_STATES
