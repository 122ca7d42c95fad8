"""Bad input at the pages of a review, by the rows of the corpus: a message at the box and in the summary, what was
typed still there, nothing stored, and never an error of ours."""

import html
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn, Case, Child, Decision
from tests import factories
from tests.factories import World
from tests.reviews.asking import beside_the_boxes, row_counts, send, signed_in, summary_of, text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 12, 1, 12, 0, tzinfo=UTC)

REFERRAL = {
    "notifiable": "serious-incident",
    "harm": "death",
    "incident_day": "11",
    "incident_month": "3",
    "incident_year": "2026",
    "aware_day": "12",
    "aware_month": "3",
    "aware_year": "2026",
    "aware_time": "15:40",
    "referred_by": "Children's social care",
    "summary": "What is known now.",
    "child_name": "O'Brien, Zoë",
    "child_is_unborn": "no",
    "child_sex": "not-known",
}
REAL = "Date of incident must be a real date"
PAST = "Date of incident must be today or in the past"
UNUSABLE = "Remove characters that cannot be used from what happened"


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


def incident(text: str) -> dict[str, str]:
    """The boxes of the incident, from `31/02/2026` or `31/10/2027 01:30`."""
    day, _, time = text.partition(" @ ")
    return dict(zip(("incident_day", "incident_month", "incident_year"), day.split("/"), strict=True)) | (
        {"incident_time": time} if time else {}
    )


def stays(answer: Any, typed: str) -> bool:
    """Whether what was typed stands in the page again, as text."""
    page = html.unescape(answer.content.decode())
    return typed.replace("\r\n", "\n") in page


def refused(
    client: Client, address: str, boxes: dict[str, Any], *messages: str, keeps: tuple[str, ...] = ()
) -> Any:
    """Post it: the messages stand in the summary and at their boxes, the text stays, and nothing is stored."""
    before = row_counts()
    answer = send(client, address, **boxes)
    assert answer.status_code == 200
    assert summary_of(answer) == list(messages)
    assert beside_the_boxes(answer) == list(messages)
    assert row_counts() == before
    for typed in keeps:
        assert stays(answer, typed), typed
    return answer


# ---- The referral ------------------------------------------------------------------------------
def test_a_referral_with_nothing_wrong_is_logged(world: World, manager: Client) -> None:
    answer = send(manager, reverse("refer"), **REFERRAL)
    case = Case.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, case.get_absolute_url())
    assert (case.partnership, case.state, case.incident_precision) == (world.partnership, "referred", "day")
    assert Child.objects.get().name == "O'Brien, Zoë"


@pytest.mark.parametrize(
    ("row", "boxes", "message"),
    [
        (1, incident("//"), "Enter the date of the incident"),
        (2, incident("31/02/2026"), REAL),
        (3, incident("29/02/2026"), REAL),
        (4, incident("01/02/24"), "Year must have 4 numbers"),
        (5, incident("02/12/2027"), PAST),
        (6, incident("01/01/1850"), "Date of incident must be after 1 January 1900"),
        (7, incident("31/12/9999"), PAST),
        (8, incident("00/00/0000"), REAL),
        (9, incident("1 2/Feb/2026"), "Day must be a number"),
        (12, incident("31/10/2027 @ 01:30"), "Say whether 1:30am was before or after the clocks went back"),
        (13, incident("28/03/2027 @ 01:30"), "That time did not exist: the clocks went forward at 1am"),
        (22, {"summary": "A\x00B"}, UNUSABLE),
        (25, {"summary": "a\u202efdp.exe"}, UNUSABLE),
        (29, {"summary": " \u200b\u3164 "}, "Enter what happened"),
        (34, {"notifiable": "everything"}, "Select what kind of incident this is"),
    ],
    ids=lambda value: f"row {value}" if isinstance(value, int) else "",
)  # fmt: skip
def test_bad_input_1_to_34_a_referral_says_what_is_wrong_and_where(
    world: World, manager: Client, row: int, boxes: dict[str, str], message: str
) -> None:
    boxes = {**REFERRAL, **boxes}
    if row in (12, 13):  # the authority cannot be aware before
        boxes |= {"aware_day": "1", "aware_month": "11", "aware_year": "2027"}
    before = row_counts()
    answer = send(manager, reverse("refer"), **boxes)
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == beside_the_boxes(answer) == [message]
    for name in ("incident_day", "incident_year", "referred_by", "child_name"):
        assert f'name="{name}"' in answer.content.decode()
        assert stays(answer, f'value="{boxes[name]}"'), name


def test_bad_input_9_and_10_a_month_in_words_and_full_width_digits_are_read(manager: Client) -> None:
    for boxes in (incident("1/Feb/2026"), incident("１/２/２０２６")):
        assert send(manager, reverse("refer"), **{**REFERRAL, **boxes}).status_code == 302
    assert {case.incident_at for case in Case.objects.all()} == {datetime(2026, 2, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("aware", "message"),
    [
        ({"aware_day": "10"}, "Date the local authority became aware must be on or after the incident"),
        ({"aware_time": "25:00"}, "Date the local authority became aware must have a time like 14:30 or 2:30pm"),
    ],
)  # fmt: skip
def test_bad_input_11_the_authority_is_not_aware_before_the_incident(
    manager: Client, aware: dict[str, str], message: str
) -> None:
    refused(manager, reverse("refer"), {**REFERRAL, **aware}, message, keeps=("What is known now.",))


def test_bad_input_12_the_page_asks_which_of_the_two_it_was_and_takes_the_answer(manager: Client) -> None:
    boxes = {
        **REFERRAL,
        **incident("31/10/2027 @ 01:30"),
        "aware_day": "1",
        "aware_month": "11",
        "aware_year": "2027",
    }
    assert "After the clocks went back" in text_of(send(manager, reverse("refer"), **boxes))
    assert send(manager, reverse("refer"), **boxes, incident_which="after").status_code == 302
    assert Case.objects.get().incident_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_bad_input_14_a_child_is_born_on_the_day_of_the_incident_or_before(manager: Client) -> None:
    born = {"child_born_on_month": "3", "child_born_on_year": "2026"}
    refused(
        manager, reverse("refer"), {**REFERRAL, **born, "child_born_on_day": "12"},
        "Date of birth must be before the incident", keeps=("O'Brien, Zoë",),
    )  # fmt: skip
    assert (
        send(manager, reverse("refer"), **{**REFERRAL, **born, "child_born_on_day": "11"}).status_code == 302
    )


def test_bad_input_15_an_unborn_child_has_no_date_of_birth(manager: Client) -> None:
    unborn = {**REFERRAL, "child_is_unborn": "yes"}
    born = {"child_born_on_day": "1", "child_born_on_month": "3", "child_born_on_year": "2026"}
    refused(manager, reverse("refer"), {**unborn, **born},
            "An unborn child has no date of birth: leave it empty, or select no above")  # fmt: skip
    assert send(manager, reverse("refer"), **unborn).status_code == 302
    assert Child.objects.get().is_unborn is True


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"A%ED%A0%80B", UNUSABLE), (b"caf%E9", UNUSABLE), (b"%FF%FE", UNUSABLE), (b"%00", UNUSABLE)],
    ids=["23 lone surrogate", "28 Windows-1252", "28 UTF-16", "22 NUL"],
)
def test_bad_input_23_and_28_bytes_that_are_no_text_are_refused_in_words(
    manager: Client, body: bytes, message: str
) -> None:
    boxes = {**REFERRAL, "form_token": str(uuid.uuid4()), "summary": "here"}
    sent = urlencode(boxes).encode().replace(b"summary=here", b"summary=" + body)
    before = row_counts()
    answer = manager.post(reverse("refer"), sent, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, summary_of(answer), row_counts()) == (200, [message], before)


@pytest.mark.parametrize(("row", "text", "message"), [
    (24, "Z" + "\u0301" * 10_000, "has characters we cannot show"),
    (26, "x" * 20_001, "must be 20,000 characters or less"),
])  # fmt: skip
def test_bad_input_24_and_26_text_that_is_too_much_is_refused_and_kept(
    manager: Client, row: int, text: str, message: str
) -> None:
    answer = refused(manager, reverse("refer"), {**REFERRAL, "summary": text}, f"What happened? {message}")
    assert stays(answer, text)


def test_bad_input_27_five_megabytes_are_refused_early(manager: Client) -> None:
    before = row_counts()
    answer = send(manager, reverse("refer"), **{**REFERRAL, "summary": "x" * 5_000_000})
    assert (answer.status_code, row_counts()) == (413, before)


def test_bad_input_34_boxes_that_no_page_has_change_nothing(
    world: World, manager: Client, other: World
) -> None:
    more = {
        "is_superuser": "1", "state": "closed", "agency": str(other.gp.pk), "partnership": str(other.partnership.pk),
        "version": "9", "code": "R-AAAAAA", "reference_year": "2020", "by": str(other.manager.pk),
    }  # fmt: skip
    answer = send(manager, reverse("refer") + f"?partnership={other.partnership.pk}", **REFERRAL, **more)
    case = Case.objects.get()
    assert answer.status_code == 302
    assert (case.partnership, case.state, case.version, case.reference_year) == (
        world.partnership,
        "referred",
        1,
        None,
    )
    assert case.code != "R-AAAAAA"
    assert case.records.get().by == world.manager


def test_bad_input_35_a_form_without_a_good_csrf_token_is_shown_again(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.manager)
    before = row_counts()
    answer = client.post(
        reverse("refer"),
        {**REFERRAL, "form_token": str(uuid.uuid4())},
        headers={"Origin": "http://testserver"},
    )
    assert (answer.status_code, row_counts()) == (403, before)
    assert stays(answer, "What is known now.")


@pytest.mark.parametrize("token", [None, "", "1", "x" * 5000])
def test_a_form_without_its_token_is_sent_again(manager: Client, token: str | None) -> None:
    before = row_counts()
    answer = manager.post(reverse("refer"), REFERRAL | ({} if token is None else {"form_token": token}))
    assert (answer.status_code, row_counts()) == (200, before)
    assert "This form could not be checked. Send it again." in text_of(answer)


# ---- Sections of a return and of the decision --------------------------------------------------
@pytest.fixture(params=["return", "decision"])
def section(request: pytest.FixtureRequest, world: World) -> tuple[Client, str, str, str]:
    """A client, the page of a section, one of its boxes and what its message calls it."""
    case = factories.a_notified_case(world)
    if request.param == "decision":
        address = reverse("decision-section", args=[case.pk, "safety"])
        return signed_in(world.manager), address, "actions", "what was done at once"
    gp = factories.asked_returns(world, case)["gp"]
    address = reverse("return-section", args=[gp.pk, "chronology"])
    return signed_in(world.gp_author), address, "events", "the contacts and events that matter"


@pytest.mark.parametrize(
    ("text", "starts"),
    [("", "Enter "), (" \u200b ", "Enter "), ("A\x00B", "Remove characters that cannot be used from "),
     ("a\u202eb", "Remove characters that cannot be used from ")],
    ids=["1", "29", "22", "25"],
)  # fmt: skip
def test_bad_input_1_to_29_a_section_says_what_is_wrong(section: Any, text: str, starts: str) -> None:
    client, address, box, subject = section
    refused(client, address, {box: text, "seen": ""}, starts + subject)


def test_bad_input_26_a_section_that_is_too_long_is_refused_and_kept_even_as_a_draft(section: Any) -> None:
    client, address, box, _ = section
    text = "y" * 20_001
    for more in ({}, {"draft": "yes"}):
        before = row_counts()
        answer = send(client, address, **{box: text, "seen": ""}, **more)
        assert (answer.status_code, row_counts()) == (200, before)
        assert summary_of(answer)[0].endswith("must be 20,000 characters or less")
        assert stays(answer, text)


def test_a_draft_may_have_gaps_but_no_characters_that_cannot_be_used(section: Any) -> None:
    client, address, box, subject = section
    refused(client, address, {box: "A\x00B", "seen": "", "draft": "yes"},
            f"Remove characters that cannot be used from {subject}")  # fmt: skip
    assert send(client, address, **{box: "", "seen": "", "draft": "yes"}).status_code == 302


def test_a_section_that_the_form_does_not_have_is_not_there(section: Any) -> None:
    client, address, *_ = section
    for code in ("saved", "nothing", "x" * 500):
        there = "/".join([*address.rstrip("/").split("/")[:-1], code, ""])
        assert (client.get(there).status_code, send(client, there).status_code) == (404, 404)
    assert not Decision.objects.exists()
    assert not AgencyReturn.objects.exclude(answers={}).exists()


# ---- Addresses ---------------------------------------------------------------------------------
@pytest.mark.parametrize("pk", ["99999999999999999999", "-1", "abc", "%27", "..", "0" * 36, "None"])
def test_bad_input_63_an_address_with_no_identifier_in_it_is_not_there(manager: Client, pk: str) -> None:
    for address in (f"/cases/{pk}/", f"/returns/{pk}/", f"/panel/{pk}/record.json", f"/cases/{pk}/notify/"):
        assert manager.get(address).status_code == 404, address


@pytest.mark.parametrize("code", ["NO_SUCH", "RR_COMPLETE", "x" * 300, "'"])
def test_only_what_no_move_ends_is_marked_as_done(
    world: World, manager: Client, code: str, case: Case
) -> None:
    address = reverse("milestone-done", args=[case.pk, code])
    assert manager.get(address).status_code == 404
    before = row_counts()
    answer = send(
        manager, address, happened_day="1", happened_month="4", happened_year="2026", happened_time="9:00"
    )
    assert (answer.status_code, row_counts()) == (200, before)
    assert "That has been recorded already, or is no longer owed." in text_of(answer)
