"""The first page of the cases that a person may see, and the question whether they may see one."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client, RequestFactory

from accounts.models import User
from benchmarks.database import copies, empty, one, settle, statements_of
from benchmarks.measure import FULL, ROUNDS, Contender, Table, in_turn, rows_of
from reviews.models import AgencyReturn, Case
from reviews.models.cases import CaseGroupGrant
from reviews.views.cases import PAGE, part_wanted
from tests.factories import NOTIFIED, a_notified_case, a_referral, a_world, asked_returns
from tests.second_factor import sign_in_wholly
from workflows.models import Deadline, Subject

AT = NOTIFIED + timedelta(days=2)
WAITED_FOR = ("requested", "acknowledged", "in_progress", "submitted", "sent_back")
"""The states of a return that is still to come."""

SEATS = """
    SELECT seat_id FROM accounts_membership
    WHERE user_id = %(user)s AND (starts_on IS NULL OR starts_on <= %(on)s)
      AND (ends_on IS NULL OR ends_on >= %(on)s)
"""
GRANTED = f"""
    SELECT content_object_id FROM reviews_casegroupgrant
    WHERE permission_id = %(permission)s AND group_id IN ({SEATS})
    UNION SELECT content_object_id FROM reviews_caseusergrant
    WHERE permission_id = %(permission)s AND user_id = %(user)s
"""
COLUMNS = """
SELECT subject.*, it.* FROM workflows_subject subject JOIN reviews_case it ON it.subject_id = subject.id
"""
FROM_GRANTS = (
    f"{COLUMNS} WHERE subject.id IN ({GRANTED}) ORDER BY subject.begun_at DESC, subject.id LIMIT {PAGE}"
)
FROM_ACCESS = f"""
WITH page AS (
    SELECT top.subject_id, top.begun_at FROM ({SEATS}) mine, LATERAL (
        SELECT subject_id, begun_at FROM bench_access WHERE group_id = mine.seat_id
        ORDER BY begun_at DESC, subject_id LIMIT {PAGE}
    ) top ORDER BY top.begun_at DESC, top.subject_id LIMIT {PAGE}
)
{COLUMNS} JOIN page ON page.subject_id = subject.id ORDER BY page.begun_at DESC, subject.id
"""
"""The least there could be: a table of who sees what, in the order of the page. It is made only here."""

WITH_COUNTS = f"""
SELECT page.*, it.*, due.next_due, counted.asked, counted.waiting FROM (
    SELECT subject.* FROM workflows_subject subject JOIN (
        SELECT top.subject_id FROM ({SEATS}) mine, LATERAL (
            SELECT subject_id, begun_at FROM bench_access WHERE group_id = mine.seat_id
            ORDER BY begun_at DESC, subject_id LIMIT {PAGE}
        ) top ORDER BY top.begun_at DESC, top.subject_id LIMIT {PAGE}
    ) first ON first.subject_id = subject.id
) page
JOIN reviews_case it ON it.subject_id = page.id
LEFT JOIN LATERAL (
    SELECT min(deadline.due_on) AS next_due FROM workflows_deadline deadline
    JOIN workflows_ruleversion rule ON rule.id = deadline.rule_id
    WHERE deadline.subject_id = page.id AND deadline.state = 'running' AND rule.duty = 'by'
) due ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS asked,
           count(*) FILTER (WHERE state = ANY(%(open)s)) AS waiting
    FROM reviews_agencyreturn theirs JOIN workflows_subject subject ON subject.id = theirs.subject_id
    WHERE theirs.case_id = page.id
) counted ON true
ORDER BY page.begun_at DESC, page.id
"""


def fill(total: int) -> User:
    """So many cases, each twentieth in one partnership, with returns, clocks and grants. Who sees those."""
    empty()
    near, far = a_world(f"Near {total}"), a_world(f"Far {total}")
    made: dict[str, dict[str, Any]] = {}
    for name, world in (("near", near), ("far", far)):
        begun, notified = a_referral(world), a_notified_case(world)
        answers = asked_returns(world, notified)
        made[name] = {"begun": begun, "case": notified, "returns": list(answers.values())}
    numbers = f"generate_series(1, {total}) AS n"
    new_case = "md5('case ' || n)::uuid"
    mine = {name: f"n % 20 {'=' if name == 'near' else '<>'} 0" for name in made}
    for name, things in made.items():
        begun, case = things["begun"].pk, things["case"].pk
        begun_at = f"timestamptz '{NOTIFIED.isoformat()}' - n * interval '1 minute'"
        copies(
            Subject,
            numbers,
            f"it.id = '{begun}' AND {mine[name]}",
            id=new_case,
            code="'C' || n",
            begun_at=begun_at,
        )
        copies(Case, numbers, f"it.subject_id = '{case}' AND {mine[name]}", subject_id=new_case)
        copies(Deadline, numbers, f"it.subject_id = '{case}' AND {mine[name]}", subject_id=new_case)
        for place, answer in enumerate(things["returns"]):
            new = f"md5('return {place} ' || n)::uuid"
            copies(
                Subject, numbers, f"it.id = '{answer.pk}' AND {mine[name]}", id=new, root_id=new_case,
                code=f"'{'DE'[place]}' || n",
            )  # fmt: skip
            copies(
                AgencyReturn, numbers, f"it.subject_id = '{answer.pk}' AND {mine[name]}", subject_id=new,
                case_id=new_case,
            )  # fmt: skip
        copies(
            CaseGroupGrant,
            numbers,
            f"it.content_object_id = '{case}' AND {mine[name]}",
            content_object_id=new_case,
            begun_at=begun_at,
        )
    view = Permission.objects.get(codename="view_case").pk
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_access")
        cursor.execute(
            "CREATE TABLE bench_access AS SELECT grants.group_id, subject.begun_at, subject.id AS subject_id "
            "FROM reviews_casegroupgrant grants "
            "JOIN workflows_subject subject ON subject.id = grants.content_object_id "
            "WHERE grants.permission_id = %s",
            [view],
        )
        cursor.execute("CREATE INDEX ON bench_access (group_id, begun_at DESC, subject_id)")
    settle()
    return near.people["manager"]


def of_one_size(total: int) -> list[Table]:
    user = fill(total)
    permission = Permission.objects.get(codename="view_case").pk
    given = {"user": user.pk, "on": AT.date(), "permission": permission, "open": list(WAITED_FOR)}

    def raw(sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            return cursor.fetchall()

    request = RequestFactory().get("/cases/")
    request.user, request.at = user, AT  # type: ignore[attr-defined]

    def visible() -> list[Case]:
        return list(Case.objects.visible_to(user, at=AT).order_by("-begun_at", "pk")[:PAGE])

    def in_order() -> list[Case]:
        return list(Case.objects.newest(user, at=AT, upto=PAGE))

    def wanted() -> list[Case]:
        return part_wanted(request)[0].object_list

    first = visible()
    assert (
        [case.pk for case in first]
        == [case.pk for case in in_order()]
        == [row[0] for row in raw(FROM_GRANTS)]
        == [row[0] for row in raw(FROM_ACCESS)]
    )
    whole = [(case.pk, case.next_due, case.asked, case.waiting) for case in wanted()]
    assert whole == [(row[0], *row[-3:]) for row in raw(WITH_COUNTS)]
    sent = {
        "Case.objects.newest": statements_of(in_order),
        "Case.objects.visible_to, put in order": statements_of(visible),
        "as the page asks": statements_of(wanted),
    }
    timings = in_turn(
        [
            Contender("raw SQL over an access table in page order (limit)", lambda _: raw(FROM_ACCESS)),
            Contender("raw SQL over the grants, put in order", lambda _: raw(FROM_GRANTS)),
            Contender("Case.objects.newest", lambda _: in_order()),
            Contender("Case.objects.visible_to, put in order", lambda _: visible()),
            Contender(
                "the same columns by raw SQL over the access table (limit)", lambda _: raw(WITH_COUNTS)
            ),
            Contender("as the page asks", lambda _: wanted()),
        ],
        ROUNDS,
    )
    seen = Case.objects.visible_to(user, at=AT).count()
    case = first[0]
    single = f"SELECT EXISTS (SELECT 1 FROM ({GRANTED}) granted WHERE content_object_id = %(case)s)"
    checks = in_turn(
        [
            Contender("raw SQL over the grants (limit)", lambda _: _ask(single, {**given, "case": case.pk})),
            Contender("Case.permits", lambda _: case.permits(user, "reviews.view_case", at=AT)),
        ],
        ROUNDS * 3,
    )
    count = total_cases()
    browser = visitor(user)
    assert browser.get("/cases/").status_code == 200
    return [
        Table(
            f"D. The first page ({PAGE}) for somebody who sees {seen:,} of {count:,} cases",
            ("contender", "ms", "least ms", "x limit", "statements"),
            rows_of(timings[:-2], 1e3, lambda timing: (sent.get(timing.name, 1),)),
        ),
        Table(
            f"D. The same with due days and returns, as the list shows it ({seen:,} of {count:,} cases)",
            ("contender", "ms", "least ms", "x limit", "statements"),
            rows_of(timings[-2:], 1e3, lambda timing: (sent.get(timing.name, 1),)),
            f"The whole page, signed in, with its frame: {statements_of(lambda: browser.get('/cases/'))} statements.",
        ),
        Table(
            f"D. May this person see this case ({count:,} cases)",
            ("contender", "ms", "least ms", "x limit"),
            rows_of(checks, 1e3),
        ),
    ]


def _ask(sql: str, given: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchone()


def total_cases() -> int:
    return int(one("SELECT count(*) FROM reviews_case"))


def visitor(user: User) -> Client:
    """A browser in which the person is signed in."""
    sign_in_wholly()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def measured() -> list[Table]:
    tables = [table for total in ([10_000, 100_000] if FULL else [10_000]) for table in of_one_size(total)]
    empty()
    return tables
