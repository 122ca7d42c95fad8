"""Many rows at once: keys that travel as one parameter, and rows that travel as one document."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests import factories
from workflows.models import DateRecord, Deadline, Fact, LedgerEntry, Rung, Subject
from workflows.services.many import insert_all

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 10, 9, 30, 15, 123456, tzinfo=UTC)


def test_keys_by_the_hundred_find_what_keys_one_by_one_find(django_assert_num_queries: Any) -> None:
    # Given a case with its clocks, when they are asked for by key, by the key of their case, or by no key:
    case = factories.a_referral(factories.a_world(), at=AT, aware_at=AT)
    deadlines = Deadline.objects.order_by("pk")
    keys = [*deadlines.values_list("pk", flat=True)][:-1]
    assert keys != []
    found = [
        (deadlines.filter(pk__among=keys), deadlines.filter(pk__in=keys)),
        (deadlines.filter(subject__pk__among={case.pk}), deadlines.filter(subject=case)),
        (deadlines.exclude(pk__among=keys), deadlines.exclude(pk__in=keys)),
        (deadlines.filter(pk__among=[]), deadlines.none()),
        (Subject.objects.filter(pk__among=[case.pk]), Subject.objects.filter(pk=case.pk)),
    ]
    # Then they are those that `in` finds, without a join, and all the keys are one parameter.
    assert [list(ours) for ours, _ in found] == [list(theirs) for _, theirs in found]
    sql, given = deadlines.filter(subject__pk__among=[case.pk, case.pk]).query.sql_with_params()
    assert ("JOIN" in sql, len(given)) == (False, 1)


def test_rows_that_travel_together_are_stored_as_those_that_go_one_by_one() -> None:
    # Given a clock, when facts, a record, a rung and an entry with all that is hard to carry are stored both ways:
    case = factories.a_referral(factories.a_world(), at=AT, aware_at=AT)
    deadline = case.deadlines.get(rule_code="SIN_NOTIFY")
    awkward = "O’Brien said \"so\", {it} \\ 100% 'true' <b>\n\tñ \N{BABY}"
    elsewhere = datetime(2026, 7, 10, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-5)))
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (Fact, [{"deadline_id": deadline.pk, "kind": "extended", "effective_at": elsewhere, "recorded_at": AT,
                 "by_id": by, "authority": "", "reason": awkward, "details": {"by": "2 working days", awkward: [None, 1.5]}}
                for by in (None, case.records.get().by_id)]),
        (DateRecord, [{"deadline_id": deadline.pk, "at": AT, "because": "paused", "state_before": "running",
                       "state_after": "paused", "due_before": deadline.due_on, "due_after": None,
                       "calendar_before": awkward[:40], "calendar_after": awkward[-40:]}]),
        # Its chain has another name in the database.
        (LedgerEntry, [{"chain": case.pk, "sequence": 90, "form": 2, "at": AT, "recorded_at": elsewhere, "actor": "system",
                        "on_behalf_of": "", "session": "", "ip": "", "action": "read", "target": "x", "outcome": "done",
                        "reason": "", "request": "", "changed": awkward, "listed": "", "previous": "0" * 64,
                        "hash": "f" * 64}]),
        (Rung, [{"deadline_id": deadline.pk, "key": "due:x", "tell": "x", "news": "late", "due_at": AT,
                 "fires_at": elsewhere}]),
    ]  # fmt: skip
    for model, given in rows:
        last = model.objects.order_by("pk").last()
        insert_all(model, given)
        insert_all(model, [])

        # Then what is read is what was given, in its order.
        stored = model.objects.filter(pk__gt=last.pk if last else 0).order_by("pk")
        assert list(stored.values(*given[0])) == given
