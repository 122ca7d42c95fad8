"""Whether a clock tells a known account from an unknown one: 400 tries each, in turn, at the real cost of a hash."""

import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from django.test import Client

from accounts.models import Agency, Role, User
from accounts.services import add_member, limits, seat_for
from benchmarks.measure import Contender, Table, in_turn
from reviews.services.partnerships import found_partnership
from tests import factories, second_factor

TRIES = 400
WITHIN = 0.05
"""The medians may differ by so much, of the greater."""
NEVER = "1000000/1s/key"
KNOWN, UNKNOWN, CLOSED, INVITED = (f"{one}@example.org" for one in ("known", "unknown", "closed", "invited"))


def _post(path: str, client: Callable[[], Client], **boxes: str) -> Callable[[Any], object]:
    def ask(_: Any) -> object:
        return client().post(path, {**boxes, "form_token": str(uuid.uuid4())})

    return ask


def _row(name: str, contenders: list[Contender]) -> tuple[Any, ...]:
    timings = in_turn(contenders, rounds=TRIES)
    medians = [timing.median for timing in timings]
    apart = 1 - min(medians) / max(medians)
    words = ", ".join(f"{one.name} {one.median * 1e3:.2f}" for one in timings)
    return name, words, f"{apart:.1%}", "yes" if apart <= WITHIN else "NO"


def measured() -> list[Table]:
    """Sign-in with a wrong password, a link for a forgotten one, an invitation: known against unknown."""
    for action in limits.LIMITS:
        limits.LIMITS[action] = NEVER
    for email in (KNOWN, CLOSED):
        User.objects.create_user(email, "Somebody", "correct-horse-battery")
    User.objects.create_user(INVITED, "Somebody")
    User.objects.filter(email=CLOSED).update(is_active=False)
    signing_in = [
        Contender(
            email.partition("@")[0], _post("/sign-in/", Client, username=email, password="a wrong guess")
        )
        for email in (KNOWN, UNKNOWN, CLOSED, INVITED)
    ]
    asking = [
        Contender(email.partition("@")[0], _post("/forgotten-password/", Client, email=email))
        for email in (KNOWN, UNKNOWN, CLOSED, INVITED)
    ]
    return [
        Table(
            f"G. What a clock tells of an account ({TRIES} tries each, limits lifted)",
            ("asked", "median ms", "apart", "within 5 %"),
            [
                _row("sign-in, wrong password", signing_in),
                _row("forgotten password", asking),
                _row("invitation", _inviting()),
            ],
        )
    ]


def _inviting() -> list[Contender]:
    """An administrator adds an address that has an account with others, or none."""
    partnership = found_partnership("Of guesses", reference_prefix="G", on=factories.REFERRED.date())
    manager = User.objects.create_user("manager@example.org", "Manager", "correct-horse-battery")
    add_member(manager, seat_for(Role.BUSINESS_MANAGER, partnership=partnership))
    agency = Agency.objects.create(partnership=partnership, name="Body", kind="police")
    seat_for(Role.AUTHOR, agency=agency)
    browser = Client()
    second_factor.sign_in_wholly()
    browser.force_login(manager)
    number = count()

    def known() -> str:
        email = f"k{next(number)}@example.org"
        User.objects.create_user(email, "Somebody", None)
        return email

    def unknown() -> str:
        return f"u{next(number)}@example.org"

    def add(email: Any) -> object:
        boxes = {"role": "author", "agency": str(agency.pk), "email": email, "full_name": "Somebody"}
        return browser.post("/administration/people/add/", {**boxes, "form_token": str(uuid.uuid4())})

    return [Contender("known", add, before=known), Contender("unknown", add, before=unknown)]
