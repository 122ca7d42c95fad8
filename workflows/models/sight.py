"""The rule of sight, as the database is asked it: recusal first, then what lets a person in. Said once, as text.

Every page asks it many times, and a list must go along an index: put together as conditions of the ORM it took ten
times as long to write as to answer. SubjectQuerySet and Subject ask it; nobody else does.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from accounts.models import User
from workflows.calendars import local_date

Through = Mapping[uuid.UUID, set[int]]
"""The seats that a person acts for, by the person through whom: User.stands_for."""
BARRED = """EXISTS (
    SELECT 1 FROM workflows_recusal r WHERE r.ended_at IS NULL AND r.person_id = {person} AND r.case_id = {case}
)"""
TO_SEATS = """
SELECT {what} FROM {grants} g WHERE NOT {i_am_barred} AND NOT {they_are_barred} AND g.group_id IN ({seats}) AND {which}
"""
TO_THEM = "SELECT {what} FROM {grants} g WHERE NOT {i_am_barred} AND g.user_id = {me} AND {which}"
BROKEN = """
SELECT {what} FROM {opened}
WHERE NOT {i_am_barred} AND o.person_id = {me} AND o.opened_at <= {now} AND o.until > {now} AND o.ended_at IS NULL
  AND {which}
"""
SHARED = """
SELECT {what} FROM workflows_share o
WHERE NOT {i_am_barred} AND NOT {they_are_barred}
  AND o.seat_id IN ({seats}) AND o.starts_on <= {on} AND o.ends_on >= {on} AND o.revoked_at IS NULL AND {which}
"""
NAMED = """g.permission_id = (
    SELECT p.id FROM auth_permission p WHERE p.content_type_id = {kind} AND p.codename = {codename}
)"""
FIRST_OF_A_SEAT = """SELECT id, begun_at FROM (
    {way} ORDER BY g.begun_at DESC, g.content_object_id LIMIT {upto}
) of_a_seat"""
WITH_THEIR_DAY = "SELECT s.id, s.begun_at FROM workflows_subject s WHERE s.id IN ({keys})"
FIRST = "SELECT id FROM ({ways}) seen ORDER BY begun_at DESC, id LIMIT {upto}"


@dataclass(frozen=True)
class Sql:
    """A piece of a statement, with the values for its places."""

    text: str
    given: tuple[Any, ...] = ()


NO_KEYS = Sql("SELECT id FROM workflows_subject WHERE 1 = 0")
NO_CODENAMES = Sql("SELECT codename FROM auth_permission WHERE 1 = 0")
GRANTED, OPENED = Sql("g.content_object_id"), Sql("o.case_id")
GRANTED_WITH_ITS_DAY = Sql("g.content_object_id AS id, g.begun_at AS begun_at")
CODENAME = Sql("(SELECT p.codename FROM auth_permission p WHERE p.id = g.permission_id)")
CASE_OF_A_PART = Sql(
    "(SELECT COALESCE(s.root_id, s.id) FROM workflows_subject s WHERE s.id = g.content_object_id)"
)
PARTS_OPENED, PART = (
    Sql("workflows_breakglass o JOIN workflows_subject s ON s.root_id = o.case_id"),
    Sql("s.id"),
)
ANY, NOBODY = Sql("1 = 1"), Sql("1 = 0")


def put(template: str, **parts: Sql) -> Sql:
    """The template with a piece at each name; the values in the order in which their places come."""
    text: list[str] = []
    given: list[Any] = []
    for literal, name, _, _ in Formatter().parse(template):
        text.append(literal)
        if name is not None:
            text.append(parts[name].text)
            given += parts[name].given
    return Sql("".join(text), tuple(given))


def value(it: Any) -> Sql:
    """A place, and the value for it: a key as this database stores it."""
    return Sql("%s", (User._meta.pk.get_db_prep_value(it, connection) if isinstance(it, uuid.UUID) else it,))


def either(ways: Iterable[Sql]) -> Sql:
    """What any of them gives, once."""
    ways = list(ways)
    return Sql(" UNION ".join(way.text for way in ways), tuple(one for way in ways for one in way.given))


def rows_of(asked: Sql) -> list[Any]:
    """What the database answers."""
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.given)
        return list(cursor.fetchall())


class Sight:
    """What lets one person in to subjects of one kind (its model) at an instant. Who is inactive is let in to nothing.

    Nobody stands in for a recused person: what that one may not see, their deputy may not see for them.
    """

    def __init__(self, kind: Any, user: User, *, at: datetime, through: Through | None = None) -> None:
        self.kind, self.user = kind, user
        acting = user.stands_for(at=at) if through is None else through
        self.through = {who: seats for who, seats in acting.items() if seats}
        """The seats that they act for, by the person through whom."""
        self.view = f"view_{kind._meta.model_name}"
        self.same = {
            "me": value(user.pk),
            "now": value(connection.ops.adapt_datetimefield_value(at)),
            "on": value(connection.ops.adapt_datefield_value(local_date(at))),
        }

    def keys(self, permission: str, *, only: uuid.UUID | None = None) -> Sql:
        """The keys of those on which they hold the permission, or of them the one that is asked about."""
        if not self.user.is_active:
            return NO_KEYS
        named = self._named(permission, only)
        to_seats = [self._to_seats(who, seats, GRANTED, named) for who, seats in self.through.items()]
        return either([*to_seats, self._to_them(GRANTED, named), *self._opened(permission, only)])

    def first_keys(self, permission: str, *, upto: int) -> Sql:
        """The first so many of these, the newest first: begun_at, then the key. Of a kind whose grants carry begun_at.

        Each seat gives its own first ones, along the index of its grants: none has the cases of two in one order.
        """
        if not self.user.is_active:
            return NO_KEYS
        named, limit = self._named(permission), value(upto)
        of_seats = [
            put(FIRST_OF_A_SEAT, way=self._to_seats(who, {seat}, GRANTED_WITH_ITS_DAY, named), upto=limit)
            for who, seats in self.through.items()
            for seat in sorted(seats)
        ]
        few = either([self._to_them(GRANTED, named), *self._opened(permission)])
        return put(FIRST, ways=either([*of_seats, put(WITH_THEIR_DAY, keys=few)]), upto=limit)

    def codenames(self, only: uuid.UUID) -> Sql:
        """The codename of every permission that they hold on this one."""
        if not self.user.is_active:
            return NO_CODENAMES
        here = put("g.content_object_id = {only}", only=value(only))
        to_seats = [self._to_seats(who, seats, CODENAME, here) for who, seats in self.through.items()]
        opened = [
            way
            for codename in sorted({self.view, *self.kind.READING})
            for way in self._opened(codename, only, what=value(codename))
        ]
        return either([*to_seats, self._to_them(CODENAME, here), *opened])

    def _named(self, permission: str, only: uuid.UUID | None = None) -> Sql:
        """The condition that a grant is of this permission: by its key, so that the index on it serves."""
        kind, codename = ContentType.objects.get_for_model(self.kind).pk, permission.split(".")[-1]
        named = put(NAMED, kind=value(kind), codename=value(codename))
        if only is None:
            return named
        return put("{named} AND g.content_object_id = {only}", named=named, only=value(only))

    def _opened(self, permission: str, only: uuid.UUID | None = None, what: Sql | None = None) -> list[Sql]:
        """What opens some of them for a time. Break-glass opens a case and all its parts for reading, a share a case
        for looking alone; neither gives more than that.
        """
        codename = permission.split(".")[-1]
        if codename != self.view and codename not in self.kind.READING:
            return []
        opened, key = (Sql("workflows_breakglass o"), OPENED) if self.kind.IS_CASE else (PARTS_OPENED, PART)
        which = ANY if only is None else put("{key} = {only}", key=key, only=value(only))
        parts = {"what": what or key, "which": which}
        ways = [put(BROKEN, opened=opened, **parts, **self._barred(OPENED), **self.same)]
        if self.kind.IS_CASE and codename == self.view:
            ways += [
                put(SHARED, seats=_places(seats), **parts, **self._barred(OPENED, who), **self.same)
                for who, seats in self.through.items()
            ]
        return ways

    def _to_seats(self, through: uuid.UUID, seats: Collection[int], what: Sql, which: Sql) -> Sql:
        return self._of_grants(TO_SEATS, self.kind.group_grants, through, what, which, seats=_places(seats))

    def _to_them(self, what: Sql, which: Sql) -> Sql:
        return self._of_grants(TO_THEM, self.kind.user_grants, self.user.pk, what, which)

    def _of_grants(
        self, template: str, grants: Any, through: uuid.UUID, what: Sql, which: Sql, **more: Sql
    ) -> Sql:
        table = Sql(grants.rel.related_model._meta.db_table)
        case = GRANTED if self.kind.IS_CASE else CASE_OF_A_PART
        barred = self._barred(case, through)
        return put(template, grants=table, what=what, which=which, **barred, **self.same, **more)

    def _barred(self, case: Sql, through: uuid.UUID | None = None) -> dict[str, Sql]:
        """The conditions that they are recused from the case, and that who they stand in for is."""
        barred = put(BARRED, person=self.same["me"], case=case)
        if through in (None, self.user.pk):
            return {"i_am_barred": barred, "they_are_barred": NOBODY}
        return {"i_am_barred": barred, "they_are_barred": put(BARRED, person=value(through), case=case)}


def _places(seats: Collection[int]) -> Sql:
    return Sql(", ".join(["%s"] * len(seats)), tuple(sorted(seats)))
