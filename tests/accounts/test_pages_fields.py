"""What each kind of question accepts, and what it says otherwise. The numbers are rows of the bad-input corpus."""

from typing import Any

import pytest

from accounts.pages import fields
from accounts.pages.forms import PageForm
from tests.accounts.asking import AT, said

UNUSABLE = "Remove characters that cannot be used from the child's name"
EMAIL = "Enter an email address in the correct format, like name@example.com"
NUMBER = "Number of children must be a whole number between 1 and 20"


class NameForm(PageForm):
    name = fields.TextField(subject="the child's name")


class AccountForm(PageForm):
    account = fields.LongTextField(subject="what happened", label="Account")


class ManyForm(PageForm):
    kind = fields.ChoiceField(subject="the kind", choices=[("a", "A"), ("b", "B")])
    agencies = fields.ChoicesField(subject="the agencies", choices=[(1, "Health"), (2, "Police")], coerce=int)
    in_care = fields.YesNoField(subject="the child was in care", label="Was the child in care?")
    checked = fields.TickField(subject="that you checked the answers", label="I have checked the answers")
    children = fields.WholeNumberField(subject="the number of children", least=1, most=20)
    email = fields.EmailField(subject="your email address")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "A",
            "O'Brien",
            "Zoë",
            "李",
            "Null",
            "Test",
            "D’Arcy-Ó Súilleabháin",
            "Nguyễn Thị Ánh",
            "שָׁלוֹם",
        ),  # 19
        "<script>alert(1)</script>",  # 20
        *("{{7*7}}", "${7*7}", "{% debug %}"),  # 21
        "👩‍👧",
    ],
)
def test_bad_input_19_to_21_a_name_is_text_whatever_it_looks_like(name: str) -> None:
    form = NameForm({"name": f"  {name}\u200b "}, at=AT)

    assert form.is_valid()
    assert form.cleaned_data == {"name": name}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("A\x00B", UNUSABLE, id="22-nul"),
        pytest.param("\ud800", UNUSABLE, id="23-lone-surrogate"),
        pytest.param("A" + "\u0301" * 10_000, "Child's name has characters we cannot show", id="24-zalgo"),
        pytest.param("A\u202efdp.exe", UNUSABLE, id="25-right-to-left-override"),
        pytest.param("A\u2066B\u2069", UNUSABLE, id="25-isolates"),
        pytest.param("A\x1b[31m", UNUSABLE, id="25-escape"),
        pytest.param("Zo\ufffd", UNUSABLE, id="28-bytes-that-were-not-utf-8"),
        pytest.param("   ", "Enter the child's name", id="29-spaces"),
        pytest.param("\u200b\u200b \ufeff", "Enter the child's name", id="29-zero-width-spaces"),
        pytest.param("\u2800\u3164", "Enter the child's name", id="29-blank-letters"),
        pytest.param("", "Enter the child's name", id="29-nothing"),
        pytest.param("A" * 201, "Child's name must be 200 characters or less", id="26-too-long"),
    ],
)
def test_bad_input_22_to_29_what_cannot_be_kept_or_shown_is_refused(name: str, message: str) -> None:
    assert said(NameForm, {"name": name}, "name") == (message, ())


def test_letters_of_two_parts_become_one() -> None:
    form = NameForm({"name": "Zoe\u0308"}, at=AT)

    assert form.is_valid()
    assert form.cleaned_data["name"] == "Zo\u00eb"


def test_bad_input_26_twenty_thousand_characters_are_enough() -> None:
    message, _ = said(AccountForm, {"account": "x" * 20_001}, "account")

    assert message == "Account must be 20,000 characters or less"
    assert AccountForm({"account": "x" * 20_000}, at=AT).is_valid()


def test_a_line_end_counts_once_however_the_browser_sends_it() -> None:
    form = AccountForm({"account": "a\r\nb\rc\nd\ve\u2028" + "x" * 19_990}, at=AT)

    assert form.is_valid()
    assert form.cleaned_data["account"].split("\n")[:5] == ["a", "b", "c", "d", "e"]


# ---- The others --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("a@x.test\nBcc: e@x.test", id="30-second-header"),
        pytest.param("a" * 300 + "@x.test", id="31-long-local-part"),
        pytest.param("a" * 65 + "@x.test", id="31-longer-than-mail-allows"),
        "not-an-address",
        "a@x.test\x00",
    ],
)
def test_bad_input_30_and_31_an_address_has_one_form(typed: str) -> None:
    assert said(ManyForm, {"email": typed}, "email") == (EMAIL, ())


@pytest.mark.parametrize(
    "typed", ["1e400000000", "NaN", "inf", "9" * 5000, "0", "21", "-1", "1.5", "½", "0x1"]
)
def test_bad_input_33_a_number_is_whole_and_within_its_limits(typed: str) -> None:
    assert said(ManyForm, {"children": typed}, "children") == (NUMBER, ())


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        ({"kind": "c"}, "kind", "Select the kind"),
        ({}, "kind", "Select the kind"),
        ({"agencies": ["3"]}, "agencies", "Select the agencies"),
        ({"agencies": []}, "agencies", "Select the agencies"),
        ({"in_care": "maybe"}, "in_care", "Select yes if the child was in care"),
        ({}, "checked", "Confirm that you checked the answers"),
    ],
)
def test_bad_input_34_a_choice_that_was_not_offered_is_asked_again(
    given: dict[str, Any], name: str, message: str
) -> None:
    assert said(ManyForm, given, name) == (message, ())


def test_good_answers_come_back_as_what_they_mean() -> None:
    form = ManyForm(
        {
            "kind": "b",
            "agencies": ["2", "1", "2"],
            "in_care": "no",
            "checked": "yes",
            "children": "\uff11 2",
            "email": " Ann.O'Brien@example.org ",
        },
        at=AT,
    )

    assert form.is_valid()
    assert form.cleaned_data == {
        "kind": "b",
        "agencies": [1, 2],
        "in_care": False,
        "checked": True,
        "children": 12,
        "email": "Ann.O'Brien@example.org",
    }
