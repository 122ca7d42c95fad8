"""Who a child is, sealed: the keys, the values, and that a value opens in its own place and nowhere else. No database."""

import base64
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

from reviews import sealing
from reviews.models import Case, Child

OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026:" + base64.urlsafe_b64encode(b"\xff" * 32).decode()
PLACE = sealing.place_of("reviews_child", "sealed_name", "7/1")


@pytest.fixture(autouse=True)
def keys(settings: Any) -> Any:
    settings.IDENTIFIER_KEYS = f"{NEW}\n{OLD}\n"
    return settings


def test_a_text_is_sealed_with_the_first_key_and_opens_again() -> None:
    for text in ("Zoë O'Brien", "李", " ", "x" * 20_000):
        sealed = sealing.seal(text, place=PLACE)
        assert (sealing.key_of(sealed), sealing.is_current(sealed)) == ("2026", True)
        assert text not in sealed or text == " "
        assert sealing.unseal(sealed, place=PLACE) == text


def test_the_same_text_never_looks_the_same() -> None:
    assert len({sealing.seal("Ann", place=PLACE) for _ in range(50)}) == 50


def test_what_is_empty_stays_empty_and_needs_no_key(keys: Any) -> None:
    keys.IDENTIFIER_KEYS = ""
    assert (sealing.seal("", place=PLACE), sealing.unseal("", place=PLACE)) == ("", "")


def test_it_is_aes_gcm_as_the_library_does_it() -> None:
    sealed = sealing.seal("Ann", place=PLACE)
    raw = base64.b64decode(sealed.split(":")[2])
    bound = b"rapid-review 1 2026 sealed_name of reviews_child 7/1"
    assert AESGCM(b"\xff" * 32).decrypt(raw[:12], raw[12:], bound) == b"Ann"


def test_an_older_key_still_opens_and_a_missing_one_is_named(keys: Any) -> None:
    keys.IDENTIFIER_KEYS = OLD
    sealed = sealing.seal("Ann", place=PLACE)
    keys.IDENTIFIER_KEYS = f"{NEW},{OLD}"
    assert (sealing.unseal(sealed, place=PLACE), sealing.is_current(sealed)) == ("Ann", False)
    keys.IDENTIFIER_KEYS = NEW
    with pytest.raises(sealing.CannotOpen) as refused:
        sealing.unseal(sealed, place=PLACE)
    assert str(refused.value) == (
        "Cannot open sealed_name of reviews_child 7/1: it was sealed with the key 2025, "
        "which is not among IDENTIFIER_KEYS."
    )


@pytest.mark.parametrize(
    "place",
    [("reviews_child", "sealed_name", "7/2"), ("reviews_child", "sealed_born_on", "7/1"), ("reviews_case", "sealed_name", "7/1")],
    ids=["row", "column", "table"],
)  # fmt: skip
def test_a_value_that_was_moved_does_not_open(place: tuple[str, str, str]) -> None:
    sealed = sealing.seal("Ann", place=PLACE)
    with pytest.raises(sealing.CannotOpen, match="altered or moved"):
        sealing.unseal(sealed, place=sealing.place_of(*place))


def test_a_value_of_which_any_sign_was_altered_does_not_open(keys: Any) -> None:
    # Given the same value, once for each of its signs, with another in its place
    sealed = sealing.seal("Ann", place=PLACE)
    for at, sign in enumerate(sealed.rstrip("=")):
        altered = sealed[:at] + ("A" if sign != "A" else "B") + sealed[at + 1 :]
        if altered.split(":")[2:] and base64.b64decode(altered.split(":")[-1]) == base64.b64decode(sealed.split(":")[2]) \
                and altered[: sealed.rindex(":")] == sealed[: sealed.rindex(":")]:  # fmt: skip
            continue  # the last sign of base64 has bits that mean nothing
        with pytest.raises(sealing.CannotOpen):
            sealing.unseal(altered, place=PLACE)
    for altered in (sealed[:-8], "Ann", "1:2026:", "1:2026:!!!!", "2:2026:" + sealed.split(":")[2], ":::"):
        with pytest.raises(sealing.CannotOpen):
            sealing.unseal(altered, place=PLACE)


def test_another_key_of_the_same_name_does_not_open(keys: Any) -> None:
    sealed = sealing.seal("Ann", place=PLACE)
    keys.IDENTIFIER_KEYS = "2026:" + base64.b64encode(b"n" * 32).decode()
    with pytest.raises(sealing.CannotOpen) as refused:
        sealing.unseal(sealed, place=PLACE)
    assert "the key called 2026 is another than the one it was sealed with" in str(refused.value)
    assert "Ann" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "There is no key for names, dates of birth and places"),
        ("2026", "Key 1 of IDENTIFIER_KEYS is none"),
        (f"{OLD},2026:short", "Key 2 of IDENTIFIER_KEYS is none"),
        ("2026:" + base64.b64encode(b"x" * 16).decode(), "Key 1 of IDENTIFIER_KEYS is none"),
        ("a key:" + "A" * 43, "Key 1 of IDENTIFIER_KEYS is none"),
        (f"{OLD},{OLD}", "Two keys of IDENTIFIER_KEYS are called 2025"),
    ],
)
def test_a_line_that_is_no_key_is_said_without_showing_it(keys: Any, line: str, says: str) -> None:
    keys.IDENTIFIER_KEYS = line
    with pytest.raises(ImproperlyConfigured, match=says) as refused:
        sealing.seal("Ann", place=PLACE)
    assert "short" not in str(refused.value)


def test_a_new_key_is_one(keys: Any) -> None:
    keys.IDENTIFIER_KEYS = sealing.new_key("2027-01-02-0304")
    assert list(sealing.keys()) == ["2027-01-02-0304"]
    assert sealing.new_key("x") != sealing.new_key("x")


def test_a_child_reads_and_writes_what_is_sealed() -> None:
    case = Case()
    child = Child(case=case, number=2)
    child.name, child.born_on, child.nhs_number = "Ann", date(2025, 11, 2), "9434765919"
    case.place = "1 Some Lane"
    assert (child.name, child.born_on, child.nhs_number, case.place) == (
        "Ann", date(2025, 11, 2), "9434765919", "1 Some Lane",
    )  # fmt: skip
    stored = " ".join((child.sealed_name, child.sealed_born_on, child.sealed_nhs_number, case.sealed_place))
    assert [word for word in ("Ann", "2025-11", "9434765919", "Lane") if word in stored] == []
    child.born_on, child.name = None, ""
    assert (child.sealed_born_on, child.sealed_name, child.born_on) == ("", "", None)


def test_a_file_is_sealed_with_the_first_key_and_opens_under_its_own_name_alone(keys: Any) -> None:
    content = bytes(range(256)) * 9
    sealed = sealing.seal_bytes(content, place=PLACE)
    assert sealed.startswith(b"1:2026:\n")
    assert sealing.unseal_bytes(sealed, place=PLACE) == content
    for wrong in (
        b"",
        b"\n",
        sealed[:-1],
        sealed[:9],
        sealed[7:],
        content,
        sealed.replace(b"2026", b"2027", 1),
    ):
        with pytest.raises(sealing.CannotOpen):
            sealing.unseal_bytes(wrong, place=PLACE)
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal_bytes(sealed, place=f"{PLACE}x")
    keys.IDENTIFIER_KEYS = OLD
    with pytest.raises(sealing.CannotOpen, match="was sealed with the key 2026, which is not among"):
        sealing.unseal_bytes(sealed, place=PLACE)
