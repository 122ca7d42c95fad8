"""A form of one's own, as data: questions hidden, shown, moved and added; and what may not be."""

from typing import Any

import pytest

from reviews.questions import RETURN_FORM
from reviews.questions.changing import (
    MOST_OWN,
    NEEDED,
    Data,
    FormError,
    Given,
    arranged,
    as_data,
    differences,
    of_data,
    section_of,
    with_question,
)

FORM = as_data(RETURN_FORM)
FAMILY = ["household", "men"]
INVOLVEMENT = ["known", "known_from", "open", "earlier", "others"]


def asked(data: Data, section: str) -> list[str]:
    return [question.code for question in of_data("x", data).section(section).questions]


def test_a_form_comes_back_from_data_as_it_was() -> None:
    assert of_data(RETURN_FORM.version, FORM) == RETURN_FORM


def test_what_every_agency_must_be_asked_is_in_the_form_we_ship() -> None:
    there = {(section.code, question.code) for section in RETURN_FORM for question in section.questions}
    assert there >= NEEDED


def test_a_hidden_question_is_not_asked_and_keeps_its_place() -> None:
    hidden = arranged(FORM, "involvement", INVOLVEMENT, {"known_from"})
    assert asked(hidden, "involvement") == ["known", "open", "earlier", "others"]
    assert arranged(hidden, "involvement", INVOLVEMENT, set()) == FORM


def test_questions_are_asked_in_another_order() -> None:
    moved = arranged(FORM, "family", ["men", "household"], set())
    assert asked(moved, "family") == ["men", "household"]
    assert [section for section in moved if section["code"] != "family"] == [
        section for section in FORM if section["code"] != "family"
    ]


@pytest.mark.parametrize(
    ("section", "order", "hidden", "why"),
    [
        ("family", ["men"], set(), "Cannot change the order: say a place for each question."),
        ("family", ["men", "men"], set(), "Cannot change the order: say a place for each question."),
        ("family", FAMILY, set(FAMILY), "Cannot hide every question of “The child and family as you know them”: leave at least one."),
        ("safety", ["risk", "action"], {"risk"}, "Cannot hide “Is any child at risk now?”: the review needs it of every agency."),
    ],
)  # fmt: skip
def test_what_would_break_the_form_is_refused(
    section: str, order: list[str], hidden: set[str], why: str
) -> None:
    with pytest.raises(FormError) as refusal:
        arranged(FORM, section, order, hidden)
    assert str(refusal.value) == why


@pytest.mark.parametrize("section", ["", "nowhere", "own"])
def test_there_is_no_such_section(section: str) -> None:
    with pytest.raises(KeyError):
        arranged(FORM, section, [], set())
    with pytest.raises(KeyError):
        with_question(FORM, section, Given("Who?"))


def test_a_question_of_ones_own_stands_last_with_a_code_of_its_own() -> None:
    once = with_question(FORM, "family", Given("  Which   school? ", "line", " The last one. ", True))
    twice = with_question(once, "child", Given("Was the child heard alone?", "yes-no"))
    assert asked(twice, "family") == [*FAMILY, "own_1"]
    [school] = [q for q in of_data("x", twice).section("family").questions if q.code == "own_1"]
    assert (school.label, school.kind, school.hint, school.required) == (
        "Which school?",
        "line",
        "The last one.",
        True,
    )
    [alone] = [q for q in of_data("x", twice).section("child").questions if q.code == "own_2"]
    assert alone.subject == "yes if the answer to “Was the child heard alone?” is yes"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"label": " "}, "Cannot add a question without its words and what it is answered with."),
        ({"label": "Who?", "kind": "choice"}, "Cannot add a question without its words and what it is answered with."),
        ({"label": "WHAT was done  well?"}, "Cannot add this question: the form asks it already."),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(FormError) as refusal:
        with_question(FORM, "learning", Given(**given))
    assert str(refusal.value) == why


def test_there_is_an_end_to_asking() -> None:
    data = FORM
    for number in range(MOST_OWN):
        data = with_question(data, "learning", Given(f"Question {number}?"))
    with pytest.raises(FormError, match=f"more than {MOST_OWN} questions"):
        with_question(data, "learning", Given("One more?"))


def test_what_another_form_does_is_said_in_sentences() -> None:
    after = arranged(FORM, "involvement", ["known_from", "known", "open", "earlier", "others"], {"earlier"})
    after = with_question(after, "family", Given("Which school?"))
    assert differences(FORM, after) == [
        "Your involvement with the family: no longer asks “Were there significant events before the period asked about?”.",
        "Your involvement with the family: asks in another order.",
        "The child and family as you know them: asks “Which school?”.",
    ]
    assert differences(after, FORM[:2] + after[2:])[:1] == [
        "Your involvement with the family: asks “Were there significant events before the period asked about?”."
    ]
    assert differences(FORM, FORM) == []
    assert section_of(FORM, "family")["questions"][0]["hidden"] is False
