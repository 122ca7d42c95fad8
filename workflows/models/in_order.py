"""The first of what a person may see, in the order of a list: one statement along the index of the grants.

The rule once more, in the one place where its cost is felt; SubjectQuerySet has the rule. In random worlds the two
give the same (tests/reviews/test_any_world.py).
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from workflows.calendars import local_date

BARRED = """EXISTS (
    SELECT 1 FROM workflows_recusal r WHERE r.ended_at IS NULL AND r.person_id = %s AND r.case_id = {case}
)"""
OF_A_SEAT = """
SELECT begun_at, id FROM (
    SELECT g.begun_at, g.content_object_id AS id FROM {to_seats} g
    WHERE g.group_id = %s AND g.permission_id = {view} AND NOT {grant_barred} AND NOT {grant_barred}
    ORDER BY g.begun_at DESC, g.content_object_id LIMIT %s
) of_a_seat
"""
TO_THEM = """
SELECT s.begun_at, s.id FROM {to_them} g JOIN workflows_subject s ON s.id = g.content_object_id
WHERE g.user_id = %s AND g.permission_id = {view} AND NOT {barred}
"""
BROKEN = """
SELECT s.begun_at, s.id FROM workflows_breakglass b JOIN workflows_subject s ON s.id = b.case_id
WHERE b.person_id = %s AND b.opened_at <= %s AND b.until > %s AND b.ended_at IS NULL AND NOT {barred}
"""
SHARED = """
SELECT s.begun_at, s.id FROM workflows_share h JOIN workflows_subject s ON s.id = h.case_id
WHERE h.seat_id = %s AND h.starts_on <= %s AND h.ends_on >= %s AND h.revoked_at IS NULL
  AND NOT {barred} AND NOT {barred}
"""
VIEW = """(
    SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
    WHERE t.app_label = %s AND t.model = %s AND p.codename = %s
)"""
FIRST = "SELECT id FROM ({seen}) seen ORDER BY begun_at DESC, id LIMIT %s"


def newest_keys(
    model: Any, user: User, through: Mapping[uuid.UUID, set[int]], *, at: datetime, upto: int
) -> list[uuid.UUID]:
    """The keys of the first so many cases that the person may look at: begun_at descending, then the key.

    through is what User.stands_for gives; empty for an inactive person, who sees nothing. Each seat gives its own
    first ones, since no index has the cases of two seats in one order.
    """
    if not user.is_active:
        return []
    me, name = _key(user.pk), model._meta.model_name
    view = [model._meta.app_label, name, f"view_{name}"]
    now, on = (
        connection.ops.adapt_datetimefield_value(at),
        connection.ops.adapt_datefield_value(local_date(at)),
    )
    arms: list[tuple[str, list[Any]]] = [(TO_THEM, [me, *view, me]), (BROKEN, [me, now, now, me])]
    for person, seats in through.items():
        for seat in sorted(seats):
            arms.append((OF_A_SEAT, [seat, *view, me, _key(person), upto]))
            arms.append((SHARED, [seat, on, on, me, _key(person)]))
    seen = " UNION ".join(statement for statement, _ in arms).format(
        to_seats=model.group_grants.rel.related_model._meta.db_table,
        to_them=model.user_grants.rel.related_model._meta.db_table,
        view=VIEW,
        barred=BARRED.format(case="s.id"),
        grant_barred=BARRED.format(case="g.content_object_id"),
    )
    given = [parameter for _, parameters in arms for parameter in parameters]
    with connection.cursor() as cursor:
        cursor.execute(FIRST.format(seen=seen), [*given, upto])
        return [key if isinstance(key, uuid.UUID) else uuid.UUID(key) for (key,) in cursor.fetchall()]


def _key(value: uuid.UUID) -> Any:
    """A key as this database stores it."""
    return User._meta.pk.get_db_prep_value(value, connection)
