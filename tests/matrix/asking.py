"""Asking for one cell of the matrix, and all that can be wrong with the answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core import mail
from django.db import connection, transaction
from django.test import Client

from config.manifest import MANIFEST, METHODS, Line, routes
from notifications.models import Notice
from tests.matrix.expected import MAY, ONLY_WHILE_OPEN, PERSONAS, Persona, expected, words_open_to
from tests.matrix.world import BESIDE, CLOSED, ELSEWHERE, NOW, OWN, SCOPES, SECOND, Cast, Where, word
from tests.second_factor import half_signed_in
from workflows.showing import Shows, declared_of

VIEWS_SHOW = {route: declared_of(view) for route, view in routes()}

WORDS = frozenset(
    word(scope, what)
    for scope in SCOPES
    for what in ("facts", "place", "child", "decision", "gp", "trust", "school")
)
MARKED = re.compile("|".join(sorted(WORDS)), re.IGNORECASE)
MARK = "zq"
"""What each of them begins with, written small."""

FILLED_BY = {
    "break-glass/<int:number>/answer/": {"number": "asked"},
    "break-glass/<int:number>/": {"number": "opened"},
    "copies/<uuid:copy>/print/": {"copy": "released copy"},
    "copies/<uuid:copy>/copy.json": {"copy": "released copy"},
    "administration/people/<int:pk>/": {"pk": "membership"},
    "administration/people/<uuid:pk>/": {"pk": "person"},
}
"""What an address takes from a scope, by a part of it, where its name alone does not say so."""
ALWAYS = {
    "code": "LOC_SINCOPY", "uidb64": "MQ", "token": "abc", "number": 1, "name": "return", "way": "remove",
    "step": "due:author", "section": "involvement",
    "record_class": "returns",
}  # fmt: skip
ASKED_OF = {
    "administration/milestones/<int:pk>/confirm/": {"limit": "5wd", "from": "2026-05-04"},
    "administration/relaxations/confirm/": {"limit": "25wd", "from": "2026-07-01", "to": "2026-07-31"},
}
"""Pages that are asked about something in their address."""

OF_ALL_PARTNERSHIPS = ("calendar/", "outages/")

WRITES = re.compile(r'^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) "?(\w+)"?', re.IGNORECASE)
LEDGER = "workflows_ledgerentry"
NOTED = frozenset(("django_session", LEDGER, "workflows_ledgerhead", "shared_cache"))
"""Tables that refusing somebody may write: that they were there, that they asked, and how often."""


def scopes_of(line: Line) -> list[str]:
    """The scopes in which there is something for the address: its own alone, when it is about nothing."""
    about = line.route.partition("/")[0]
    if about == "returns" and "<uuid:pk>" in line.route:
        return list(SCOPES)
    if "<uuid:" in line.route or "<int:" in line.route:
        if about == "administration":
            return [OWN] if any(one in line.route for one in OF_ALL_PARTNERSHIPS) else [OWN, ELSEWHERE]
        return [one for one in SCOPES if one not in (BESIDE, SECOND)]
    return [OWN]


def address(line: Line, where: Where) -> str:
    """The address, filled with what there is in a scope."""
    found = re.search(r"(\w+)/<\w+:pk>", line.route)
    about = found[1] if found else ""
    names = {"pk": about, "case": "cases"}
    if "/deadlines/" in line.route:
        names |= {"number": f"{about} deadline", "fact": f"{about} fact"}
    names |= next((special for part, special in FILLED_BY.items() if part in line.route), {})

    def fill(found: re.Match[str]) -> str:
        key = names.get(found[1], found[1])
        return str(where[key] if key in where else ALWAYS.get(key, 1))

    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", fill, line.route)
    asked = dict(ASKED_OF.get(line.route, {}))
    if "relaxations/confirm" in path:
        asked["rule"] = where["relaxed rule"]
    return path + (f"?{urlencode(asked)}" if asked else "")


Cell = tuple[Line, str, str]


@dataclass
class Walk:
    """One person's way through the matrix: every cell that was asked, and every one that is wrong."""

    persona: Persona
    client: Client
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def cell(self, line: Line, scope: str, where: Where, method: str) -> None:
        """Ask for it, and keep what is wrong."""
        path, status = address(line, where), expected(line, self.persona, scope, method)
        self.asked += 1
        cookies = deepcopy(self.client.cookies)
        with transaction.atomic(), written() as tables:
            if line.route.endswith("/phoned/"):
                nobody_was_reached(where)
                tables.clear()
            answer = self.client.generic(method, path)
            where_it_is = f"{method} {line.route or '/'} [{scope}]"
            self.wrong += [
                f"{where_it_is}: {one}" for one in self._amiss(line, scope, status, answer, tables)
            ]
            if (status == MAY and method == "POST") or line.route.endswith("/phoned/"):
                transaction.set_rollback(True)  # what it did must not be what the next one finds
                self.client.cookies = cookies

    def _amiss(
        self, line: Line, scope: str, status: int | str, answer: Any, tables: set[str]
    ) -> Iterator[str]:
        got = answer.status_code
        right = {200, 302} if status == MAY else {status}
        if status == MAY and scope == CLOSED and line.route in ONLY_WHILE_OPEN:
            right.add(404)
        if got not in right:
            yield f"{got} instead of {status}"
        leads_to = answer.headers.get("Location", "")
        if status == 302 and not (self.persona.stopped and leads_to.startswith(self.persona.stopped[1])):
            yield f"leads to {leads_to}"
        if status != MAY and tables - NOTED:
            yield f"refused, and wrote to {', '.join(sorted(tables - NOTED))}"
        if (
            status in (403, 404)
            and self.persona.stopped is None
            and is_about_a_case(line)
            and LEDGER not in tables
        ):
            yield "refused, and the ledger does not say so"
        outside = words_in(f"{answer.headers} {answer.cookies}")
        read = words_in(body_of(answer)) | outside
        if said := (read - self.words) | outside:
            yield f"says {', '.join(sorted(said))}"
        shows = VIEWS_SHOW[line.route] is Shows.CASE and got == 200 and answer.wsgi_request.method == "GET"
        if (read or shows) and LEDGER not in tables:
            yield "shown, and the ledger does not say so"
        if "no-store" not in answer.headers.get("Cache-Control", ""):
            yield f"may be kept: {answer.headers.get('Cache-Control')}"
        if mail.outbox:
            yield f"sent {len(mail.outbox)} mails"
            mail.outbox.clear()

    @cached_property
    def words(self) -> set[str]:
        return words_open_to(self.persona)


def is_about_a_case(line: Line) -> bool:
    """Whether its rule is a permission on the case, return or record in the address."""
    return line.who[0] not in MANIFEST.rules


def nobody_was_reached(where: Where) -> None:
    """The mail for the notice of a scope came back: now somebody is to phone."""
    notice = Notice.objects.filter(pk=where["notice"])
    notice.become(Notice.State.FAILED, last_error="The address was refused.", message_id="m")


def body_of(answer: Any) -> str:
    """The page or file that left."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


def words_in(text: str) -> set[str]:
    """The words of the world that stand there, each as it is written there."""
    found, small = set(), text.lower()
    place = small.find(MARK)
    while place >= 0:  # ten times as quick as to search for all of them everywhere
        if word_here := MARKED.match(text, place):
            found.add(word_here[0])
        place = small.find(MARK, place + 1)
    return found


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables that anything is written to meanwhile, even if it is taken back."""
    tables: set[str] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITES.match(sql):
            tables.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield tables


def lines() -> list[Line]:
    """Every line of the manifest."""
    return list(MANIFEST.lines.values())


def the_client(cast: Cast, persona: Persona) -> Client:
    """A browser in which that person is signed in, as far as they get."""
    person = cast.people.get(persona.name)
    client = half_signed_in(person) if person and persona.name == "no second factor" else Client()
    client.raise_request_exception = False
    if person is None or persona.name == "no second factor":
        return client
    client.force_login(person)
    account = type(person).objects.filter(pk=person.pk)
    if persona.name == "deactivated":
        account.update(is_active=False)
    if persona.name == "suspended":
        account.update(suspended_at=NOW)
    return client


# ---- Which cells -------------------------------------------------------------------------------
LOOKING = frozenset(
    ("view_case", "read_whole_case", "view_agencyreturn", "view_panelrecord", "see_notices_case", "told")
)


def every_cell() -> Iterator[Cell]:
    """All of them."""
    for line in lines():
        for scope in scopes_of(line):
            for method in sorted(METHODS):
                yield line, scope, method


def chosen_cells(number: int) -> Iterator[Cell]:
    """What every run asks as person of that number, so chosen that together they ask for everything.

    Each address in a case of their own, by GET or (what is also posted to) by turns; of what they are refused a third,
    and of those who are stopped at the door a sixth. Each method that it does not take is asked by one of all. What is
    only looked at, in every scope; of the other scopes an eighth.
    """
    persona = PERSONAS[number]
    for place, line in enumerate(lines()):
        turn = place + number
        first, *rest = scopes_of(line)
        for nth, method in enumerate(sorted((METHODS - line.methods) | {"HEAD"})):
            if (place + nth) % len(PERSONAS) == number:
                yield line, first, method
        taken = sorted(line.methods - {"HEAD"}) if "POST" in line.methods else ["GET"]
        method = taken[turn // 2 % len(taken)]
        if persona.stopped:
            if turn % 6 == 0:
                yield line, first, method
            continue
        is_looked_at = bool(LOOKING & set(line.who)) and "/deadlines/" not in line.route and taken == ["GET"]
        if is_looked_at or turn % 3 == 0 or expected(line, persona, first, method) == MAY:
            yield line, first, method
        if is_looked_at or (rest and turn % 8 == 0):
            for scope in rest if is_looked_at else [rest[turn // 8 % len(rest)]]:
                yield line, scope, "GET" if "GET" in line.methods else "POST"
