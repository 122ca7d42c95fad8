"""Whether anything tells a known account or case from an unknown one: answers are held together, and then the clock.

400 tries each with BENCH_FULL=1 (a quarter of an hour), else 100; in turn, at the real cost of a hash, through the
whole product but the server.
"""

import logging
import re
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import Agency, Role, User
from accounts.services import add_member, limits, seat_for
from benchmarks.measure import FULL, Contender, Table, in_turn
from reviews.services.partnerships import found_partnership
from tests import factories, second_factor

TRIES = 400 if FULL else 100
WITHIN = 0.05
"""The medians may differ by so much, of the greater."""
NEVER = "1000000/1s/key"
KNOWN, UNKNOWN, CLOSED, INVITED = (f"{one}@example.org" for one in ("known", "unknown", "closed", "invited"))
ONCE = re.compile(
    rb"[A-Za-z0-9]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{10}\b|\w+@example\.org"
)
"""What differs from one answer to the next, whoever asks: tokens of forms, the id of an error, what was typed."""


def browser() -> Client:
    """One that asks for this host: any other is refused before anything is looked up."""
    return Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])


def said(answer: Any) -> tuple[int, str, bytes]:
    """Status, where it leads, and the body."""
    return answer.status_code, answer.headers.get("Location", ""), ONCE.sub(b"...", answer.content)


def _post(path: str, **boxes: str) -> Callable[[Any], Any]:
    return lambda _: browser().post(path, {**boxes, "form_token": str(uuid.uuid4())})


def _get(client: Callable[[], Client], path: str) -> Callable[[Any], Any]:
    return lambda _: client().get(path)


def _row(name: str, contenders: list[Contender]) -> tuple[Any, ...]:
    """Raises AssertionError if an answer differs, or is none that the page gives: then there is nothing to time."""
    answers = {said(one.run(one.before())) for one in contenders}
    assert len(answers) == 1, f"{name}: {len(answers)} different answers"
    [(status, *_)] = answers
    assert status in (200, 302, 404), f"{name} is answered {status}"
    timings = in_turn(contenders, rounds=TRIES)
    medians = [timing.median for timing in timings]
    apart = 1 - min(medians) / max(medians)
    words = ", ".join(f"{one.name} {one.median * 1e3:.2f}" for one in timings)
    return name, status, words, f"{apart:.1%}", "yes" if apart <= WITHIN else "NO"


def measured() -> list[Table]:
    """Signing in, links, invitations and cases: known against unknown."""
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a line for each case that is not found
    for action in limits.LIMITS:
        limits.LIMITS[action] = NEVER
    second_factor.sign_in_wholly()
    for email in (KNOWN, CLOSED):
        User.objects.create_user(email, "Somebody", "correct-horse-battery")
    User.objects.create_user(INVITED, "Somebody")
    User.objects.filter(email=CLOSED).update(is_active=False)
    everybody = {email.partition("@")[0]: email for email in (KNOWN, UNKNOWN, CLOSED, INVITED)}
    signing_in = [
        Contender(name, _post("/sign-in/", username=email, password="a wrong guess"))
        for name, email in everybody.items()
    ]
    asking = [
        Contender(name, _post("/forgotten-password/", email=email)) for name, email in everybody.items()
    ]
    return [
        Table(
            f"J. What a clock tells of an account or a case ({TRIES} tries each, limits lifted)",
            ("asked", "status", "median ms", "apart", "within 5 %"),
            [
                _row("sign-in, wrong password", signing_in),
                _row("forgotten password", asking),
                _row("link, wrong token", _following()),
                _row("invitation", _inviting()),
                _row("case of others", _looking()),
            ],
            "Status, redirect and body are the same in each row, but for tokens and the id of an error.",
        )
    ]


def _following() -> list[Contender]:
    """A link that nobody was sent, for an account that there is and for one that there is not."""
    keys = {"known": User.objects.get(email=KNOWN).pk, "unknown": uuid.uuid4()}
    paths = {
        name: f"/set-password/{urlsafe_base64_encode(force_bytes(key))}/c9k0x0-{'0' * 32}/"
        for name, key in keys.items()
    }
    return [Contender(name, _get(browser, path)) for name, path in paths.items()]


def _inviting() -> list[Contender]:
    """An administrator adds an address that has an account with others, or none."""
    partnership = found_partnership("Of guesses", reference_prefix="G", on=factories.REFERRED.date())
    manager = User.objects.create_user("manager@example.org", "Manager", "correct-horse-battery")
    add_member(manager, seat_for(Role.BUSINESS_MANAGER, partnership=partnership))
    agency = Agency.objects.create(partnership=partnership, name="Body", kind="police")
    seat_for(Role.AUTHOR, agency=agency)
    asking = _signed_in(manager)
    number = count()

    def known() -> str:
        email = f"k{next(number)}@example.org"
        User.objects.create_user(email, "Somebody", None)
        return email

    def unknown() -> str:
        return f"u{next(number)}@example.org"

    def add(email: Any) -> Any:
        boxes = {"role": "author", "agency": str(agency.pk), "email": email, "full_name": "Somebody"}
        return asking.post("/administration/people/add/", {**boxes, "form_token": str(uuid.uuid4())})

    return [Contender("known", add, before=known), Contender("unknown", add, before=unknown)]


def _looking() -> list[Contender]:
    """Somebody with a seat elsewhere asks for a case that there is, and for one that there is not."""
    case = factories.a_notified_case(factories.a_world("Guessborough"))
    asking = _signed_in(User.objects.get(email="manager@example.org"))

    def ask() -> Client:
        return asking

    return [
        Contender("known", _get(ask, f"/cases/{case.pk}/")),
        Contender("unknown", _get(ask, f"/cases/{uuid.uuid4()}/")),
    ]


def _signed_in(person: User) -> Client:
    client = browser()
    client.force_login(person)
    return client
