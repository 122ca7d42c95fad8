"""The first person of an installation, who lets in the others."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership, Partnership, Role, User

pytestmark = pytest.mark.django_db


def said_by_the_command(**given: str) -> str:
    out = StringIO()
    call_command("first_administrator", stdout=out, **given)
    return out.getvalue()


def test_the_first_administrator_can_sign_in_and_sits_in_the_administrators_seat() -> None:
    said = said_by_the_command(email="Ann@Example.org", partnership="Barset", prefix="BSCP")

    user = User.objects.get()
    password = re.search(r"password: (\S+)", said)
    assert password is not None
    assert user.email == "ann@example.org"
    assert user.check_password(password[1])
    seat = Membership.objects.get(user=user).seat
    assert seat.role == Role.USER_ADMINISTRATOR
    assert seat.partnership == Partnership.objects.get(name="Barset", reference_prefix="BSCP")


def test_a_second_time_nobody_is_added_and_no_password_changes() -> None:
    said_by_the_command(email="ann@example.org")
    before = User.objects.get().password

    said = said_by_the_command(email="bob@example.org")

    assert said == "There are people already; nobody was added.\n"
    assert User.objects.get().password == before


def test_what_is_no_address_is_refused_and_nothing_is_made() -> None:
    with pytest.raises(CommandError, match="'ann' is not an e-mail address"):
        said_by_the_command(email="ann")

    assert (User.objects.count(), Partnership.objects.count()) == (0, 0)
