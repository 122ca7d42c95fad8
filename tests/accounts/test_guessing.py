"""Nothing tells whether there is an account: neither what is answered nor what the database is asked meanwhile.

That the time is the same too is measured (`python -m benchmarks guessing`): these say why it is.
"""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]
PASSWORD = "correct-horse-battery"
ONCE = re.compile(rb"[A-Za-z0-9]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\w+@example\.org")
KINDS = ("known", "closed", "invited", "unknown")


@pytest.fixture(autouse=True)
def accounts() -> dict[str, User]:
    made = {
        kind: User.objects.create_user(f"{kind}@example.org", "Ann Example", PASSWORD) for kind in KINDS[:2]
    }
    made["invited"] = User.objects.create_user("invited@example.org", "Ann Example")
    User.objects.filter(pk=made["closed"].pk).update(is_active=False)
    # The first of all begins the chain of the service in the ledger.
    Client().post("/sign-in/", {"username": "first@example.org", "password": "guess"})
    return made


def told(ask: Any) -> tuple[int, str, bytes, list[str]]:
    """Status, where it leads, the body without its tokens, and the statements by what they do to which table."""
    with CaptureQueriesContext(connection) as asked:
        answer = ask()
    shapes = [" ".join(re.findall(r'^\w+|(?:FROM|INTO|UPDATE) "?\w+', query["sql"])) for query in asked]
    return answer.status_code, answer.headers.get("Location", ""), ONCE.sub(b"...", answer.content), shapes


def test_a_wrong_password_is_answered_alike_after_the_same_work() -> None:
    found = {
        kind: told(lambda kind=kind: Client().post("/sign-in/", {"username": f"{kind}@example.org", "password": "guess"}))
        for kind in KINDS
    }  # fmt: skip

    assert found["known"][0] == 200
    assert [found[kind][:3] == found["known"][:3] for kind in KINDS] == [True] * 4
    assert {kind: found[kind][3] for kind in KINDS} == dict.fromkeys(KINDS, found["known"][3])


def test_a_link_is_asked_for_alike_with_the_same_work() -> None:
    found = {
        kind: told(lambda kind=kind: Client().post(
            "/forgotten-password/", {"email": f"{kind}@example.org", "form_token": str(uuid.uuid4())}
        ))
        for kind in KINDS
    }  # fmt: skip

    assert found["known"][:2] == (302, "/forgotten-password/sent/")
    assert found == dict.fromkeys(KINDS, found["known"])


def test_a_link_that_nobody_was_sent_is_answered_alike_with_the_same_work(accounts: dict[str, User]) -> None:
    keys = {**{kind: user.pk for kind, user in accounts.items()}, "unknown": uuid.uuid4()}
    paths = {
        kind: f"/set-password/{urlsafe_base64_encode(force_bytes(key))}/c9k0x0-{'0' * 32}/"
        for kind, key in keys.items()
    }
    found = {kind: told(lambda path=path: Client().get(path)) for kind, path in paths.items()}

    assert found["known"][0] == 200
    assert found == dict.fromkeys(KINDS, found["known"])
