"""A partnership asks more, less, or in another order: a draft, put to use for the returns requested from then on."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn, Case, ReturnForm
from reviews.models.return_forms import definition
from reviews.questions import RETURN_FORM
from reviews.questions.changing import FormError, Given, as_data, with_question
from reviews.services import answering, return_forms, returns
from tests import factories
from tests.reviews.asking import hidden, row_counts, send, signed_in, summary_of, text_of
from tests.standing import standing
from workflows.exceptions import Stale
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
AT = factories.NOTIFIED + timedelta(hours=1)
SCHOOL = Given("Which school did the child go to?", "line", "", True)


@standing
def case(world: factories.World) -> Case:
    return factories.a_notified_case(world)


def add_school(data: Any) -> Any:
    return with_question(data, "family", SCHOOL)


def in_use(world: factories.World) -> ReturnForm:
    """A form of the partnership's own, which asks for the school."""
    draft = return_forms.change_form(world.partnership, add_school, seen=0, by=world.manager, at=AT)
    return return_forms.put_to_use(world.partnership, seen=draft.edits, by=world.manager, at=AT)


def a_return(world: factories.World, case: Case, agency: str) -> AgencyReturn:
    return returns.ask_agencies(case, [world.agencies[agency]], by=world.manager, at=AT)[0]


# ---- What counts for which return --------------------------------------------------------------
def test_a_draft_asks_nobody_and_in_use_it_asks_those_requested_from_then_on(
    world: factories.World, case: Case
) -> None:
    # Given a return that was requested before, and a draft with one question more
    before = a_return(world, case, "gp")
    draft = return_forms.change_form(world.partnership, add_school, seen=0, by=world.manager, at=AT)
    assert a_return(world, case, "school").form_version == RETURN_FORM.version

    # When it is put to use, then who is requested now is asked, and must answer; who was before, is not
    used = return_forms.put_to_use(world.partnership, seen=draft.edits, by=world.manager, at=AT)
    asked = a_return(world, case, "trust")
    assert asked.form_version == used.code
    assert [q.label for q in definition(asked.form_version).section("family").questions][-1] == SCHOOL.label
    for section, given in factories.full_answers(RETURN_FORM).items():
        asked = returns.save_section(asked, section, given, by=world.people["trust_author"], at=AT)
        before = returns.save_section(before, section, given, by=world.gp_author, at=AT)
    assert [one.code for one in answering.sections_with_gaps(asked)] == ["family"]
    assert answering.sections_with_gaps(before) == []

    # And the chain of the service says who changed it
    [entry] = LedgerEntry.objects.filter(action="use_return_form")
    assert (entry.actor, entry.target) == (str(world.manager.pk), f"reviews.returnform {used.pk}")


def test_another_partnership_is_asked_by_the_form_we_ship(world: factories.World) -> None:
    in_use(world)
    other = factories.a_world("Westvale")
    assert return_forms.form_in_use(other.partnership) == RETURN_FORM


def test_a_form_in_use_is_never_changed_but_followed_by_another(world: factories.World) -> None:
    first = in_use(world)
    more = Given("Who taught the child?")
    draft = return_forms.change_form(
        world.partnership, lambda data: with_question(data, "family", more), seen=0, by=world.manager, at=AT
    )
    second = return_forms.put_to_use(world.partnership, seen=draft.edits, by=world.manager, at=AT)
    first.refresh_from_db()
    assert [form.number for form in return_forms.forms_of(world.partnership)] == [2, 1]
    assert len(definition(first.code).section("family").questions) == 3
    assert len(definition(second.code).section("family").questions) == 4


# ---- What is refused ---------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["administrator", "member", "gp_author"])
def test_nobody_but_the_business_manager_changes_the_form(world: factories.World, who: str) -> None:
    by = world.people[who]
    for deed in (
        lambda: return_forms.change_form(world.partnership, add_school, seen=0, by=by, at=AT),
        lambda: return_forms.put_to_use(world.partnership, seen=0, by=by, at=AT),
        lambda: return_forms.drop_draft(world.partnership, seen=0, by=by, at=AT),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    assert not ReturnForm.objects.exists()


def test_a_draft_that_somebody_changed_since_is_not_changed_over_them(world: factories.World) -> None:
    draft = return_forms.change_form(world.partnership, add_school, seen=0, by=world.manager, at=AT)
    for deed in (
        lambda: return_forms.change_form(world.partnership, add_school, seen=0, by=world.manager, at=AT),
        lambda: return_forms.put_to_use(world.partnership, seen=0, by=world.manager, at=AT),
        lambda: return_forms.drop_draft(world.partnership, seen=7, by=world.manager, at=AT),
    ):
        with pytest.raises(
            Stale, match=f"^{world.manager.full_name} changed this form while the page was open"
        ):
            deed()
    assert ReturnForm.objects.get() == draft


def test_a_form_that_asks_the_same_is_not_put_to_use(world: factories.World) -> None:
    with pytest.raises(FormError, match="it asks the same as the one in use"):
        return_forms.put_to_use(world.partnership, seen=0, by=world.manager, at=AT)
    draft = return_forms.change_form(world.partnership, lambda data: data, seen=0, by=world.manager, at=AT)
    with pytest.raises(FormError, match="it asks the same as the one in use"):
        return_forms.put_to_use(world.partnership, seen=draft.edits, by=world.manager, at=AT)


def test_a_dropped_draft_leaves_the_form_as_it_was(world: factories.World) -> None:
    draft = return_forms.change_form(world.partnership, add_school, seen=0, by=world.manager, at=AT)
    return_forms.drop_draft(world.partnership, seen=draft.edits, by=world.manager, at=AT)
    assert return_forms.data_in_use(world.partnership) == as_data(RETURN_FORM)


# ---- The pages ---------------------------------------------------------------------------------
@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def test_the_business_manager_hides_moves_adds_and_puts_to_use(
    world: factories.World, manager: Client
) -> None:
    # Given the page of the form, on which nothing was changed yet
    assert "Nobody here has changed the form yet" in text_of(manager.get(reverse("return-form")))

    # When a question is hidden and another takes its place, both are in a draft
    involvement = reverse("return-form-section", args=["involvement"])
    boxes = {
        "seen": hidden(manager.get(involvement), "seen"),
        "place_known": "1", "place_known_from": "2", "place_open": "1", "place_earlier": "4", "place_others": "5",
        "asked_known": "on", "asked_open": "on", "asked_earlier": "on", "asked_others": "on",
    }  # fmt: skip
    answer = send(manager, involvement, **boxes)
    assert answer.headers["Location"] == reverse("return-form")
    said = text_of(manager.get(reverse("return-form")))
    assert "This is a draft: nobody is asked by it yet." in said
    assert "When did you first know the family? Not asked" in said
    assert said.index("Was the case open to you") < said.index("Who in the family is known")

    # And one is added
    add = reverse("return-form-add", args=["family"])
    seen = hidden(manager.get(add), "seen")
    send(manager, add, seen=seen, label="Which school?", hint="", kind="line", required="no")
    assert "Which school? (optional) Your own" in text_of(manager.get(reverse("return-form")))

    # Then before it counts, it is said what changes; and then it counts
    use = reverse("return-form-use")
    page = manager.get(use)
    assert (
        "Your involvement with the family: no longer asks “When did you first know the family?”. "
        "Your involvement with the family: asks in another order. "
        "The child and family as you know them: asks “Which school?”."
    ) in text_of(page)
    send(manager, use, seen=hidden(page, "seen"))
    assert "Form 1, used from" in text_of(manager.get(reverse("return-form")))
    form = return_forms.form_in_use(world.partnership)
    assert [q.code for q in form.section("involvement").questions] == ["open", "known", "earlier", "others"]


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ({"label": ""}, "Enter the question"),
        ({"label": "x" * 201}, "Question must be 200 characters or less"),
        ({"kind": "choice"}, "Select what it is answered with"),
        ({"required": ""}, "Select yes if every agency must answer it"),
        ({"label": "What was done well?"}, "Cannot add this question: the form asks it already"),
    ],
)
def test_a_question_that_cannot_be_added_is_said_beside_it_and_nothing_is_lost(
    world: factories.World, manager: Client, boxes: dict[str, str], said: str
) -> None:
    add = reverse("return-form-add", args=["family"])
    typed = {
        "seen": "0",
        "label": "Which school?",
        "hint": "The last one.",
        "kind": "line",
        "required": "no",
        **boxes,
    }
    before = row_counts()
    answer = send(manager, add, **typed)
    assert row_counts() == before
    assert summary_of(answer) == [said]
    assert 'value="The last one."' in answer.content.decode()


def test_what_every_agency_must_be_asked_has_no_box_to_hide_it(
    world: factories.World, manager: Client
) -> None:
    page = manager.get(reverse("return-form-section", args=["safety"])).content.decode()
    assert ('name="asked_action"' in page, 'name="asked_risk"' in page) == (True, False)


@pytest.mark.parametrize("name", ["return-form-section", "return-form-add"])
def test_a_section_that_is_not_there_is_not_found(world: factories.World, manager: Client, name: str) -> None:
    assert manager.get(reverse(name, args=["nowhere"])).status_code == 404


def test_a_user_administrator_reads_the_form_and_changes_nothing(world: factories.World) -> None:
    client = signed_in(world.administrator)
    assert client.get(reverse("return-form")).status_code == 200
    assert "Order and hide" not in text_of(client.get(reverse("return-form")))
    for address in (reverse("return-form-use"), reverse("return-form-add", args=["family"])):
        assert client.get(address).status_code == 403


def test_an_author_is_asked_what_the_partnership_asks(world: factories.World, case: Case) -> None:
    in_use(world)
    gp = a_return(world, case, "gp")
    author = signed_in(world.gp_author)
    address = reverse("return-section", args=[gp.pk, "family"])
    page = author.get(address)
    assert SCHOOL.label in text_of(page)
    boxes = {"seen": hidden(page, "seen"), "household": "All.", "men": "None known."}
    answer = send(author, address, **boxes)
    assert summary_of(answer) == [f"Enter an answer to “{SCHOOL.label}”"]
    send(author, address, **boxes, own_1="The primary school.")
    assert AgencyReturn.objects.get(pk=gp.pk).answers["family"]["own_1"] == "The primary school."
