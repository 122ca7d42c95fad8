"""Passwords that others have: everyday ones, and those in a list of stolen ones."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.services.known_passwords import EverydayValidator, StolenValidator, is_everyday, is_in_list

STOLEN = Path(__file__).resolve().parent.parent / "data" / "stolen-passwords.txt"


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password2026!", "P@ssw0rd2026!", "!!!password!!!", "iloveyou1234", "ILoveYou-2026",
        "123456789012", "10/04/2026-12", "qwertyuiop12", "QwertyAsdfgh", "1q2w3e4r5t6y", "zaq12wsxcde3", "abcdefghijkl",
        "abcabcabcabc", "aaaaaaaaaaaa", "ferryferryferry", "monkeydragon1", "dragon-monkey!", "sunshineprincess",
        "m0nk3y-dr4g0n", "987654321poiuy",
    ],
)  # fmt: skip
def test_what_many_have_is_refused(password: str) -> None:
    assert is_everyday(password)
    with pytest.raises(ValidationError, match="is like many others"):
        EverydayValidator().validate(password)


@pytest.mark.parametrize(
    "password",
    [
        "a lamp a ferry a green door", "the-quiet-heron-weighs-nine", "kestrel mortgage tulip", "Gx7!qwTn2#Lp",
        "Überlandfahrt mit Regen", "monkey dragon heron quilt", "qwerty heron quilt!", "東京の朝は静かです",
    ],
)  # fmt: skip
def test_what_one_person_thinks_of_is_taken(password: str) -> None:
    assert not is_everyday(password)
    EverydayValidator().validate(password)


# ---- Stolen ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "password", ["the green ferry sails", "twelve angry lamps", *(f"invented {n}" for n in range(40))]
)
def test_each_line_of_the_list_is_found(password: str) -> None:
    assert is_in_list(password, STOLEN)


@pytest.mark.parametrize("password", ["the green ferry sank", "", "invented 41", "é" * 40])
def test_what_is_not_in_the_list_is_not_found(password: str, tmp_path: Path) -> None:
    assert not is_in_list(password, STOLEN)
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert not is_in_list(password, empty)


def test_a_stolen_password_is_refused_where_there_is_a_list(settings: Any) -> None:
    settings.STOLEN_PASSWORDS = str(STOLEN)
    StolenValidator().validate("the green ferry sank")
    with pytest.raises(ValidationError, match="was stolen somewhere"):
        StolenValidator().validate("the green ferry sails")
    settings.STOLEN_PASSWORDS = ""
    StolenValidator().validate("the green ferry sails")


def test_a_list_that_is_not_there_lets_no_password_through(settings: Any, tmp_path: Path) -> None:
    settings.STOLEN_PASSWORDS = str(tmp_path / "gone.txt")
    with pytest.raises(ValidationError, match="No password can be chosen now, since it cannot be checked"):
        StolenValidator().validate("the green ferry sank")
