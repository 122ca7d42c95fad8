"""Subject access: a copy with passages blacked out, read and released by another, in whose bytes the words are not."""

import base64
import hashlib
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from reviews.models import Case, Child, Correction, Disclosure
from reviews.retention import CASE_FILE
from reviews.sealing import key_of
from reviews.services import disclosing, identifiers, recusals, retention
from reviews.tasks import empty_copies
from tests.factories import World
from tests.reviews.asking import send, signed_in, summary_of, text_of
from tests.reviews.disposing import ADOPTED, THEN, WORD, where_it_stands
from workflows.exceptions import RetentionError, WrongState
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
SIBLING = "Zqsibling"


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(ADOPTED, tick=False)


@pytest.fixture
def copy(closed: Case, world: World) -> Disclosure:
    """A copy about the first of two children, both of whom something was put right about."""
    other = Child(case=closed, number=2)
    other.name, other.born_on = SIBLING, date(2015, 1, 1)
    other.save()
    put_right = {"case": closed, "what": "age_as_given", "by": world.manager, "at": ADOPTED}
    Correction.objects.create(child=other, was="10", reason=f"{SIBLING} was younger.", **put_right)
    Correction.objects.create(
        child=closed.children.get(number=1), was="6", reason="The GP knew better.", **put_right
    )
    return disclosing.prepare(
        closed, child=closed.children.get(number=1), reference="SAR 1", by=world.manager, at=ADOPTED
    )


def released(copy: Disclosure, world: World) -> Disclosure:
    return disclosing.release(copy, seen=disclosing.mark_of(copy), by=world.co_chair, at=ADOPTED)


def again(copy: Disclosure) -> Disclosure:
    return Disclosure.objects.get(pk=copy.pk)


# ---- What is in it -------------------------------------------------------------------------------
def test_a_copy_holds_what_is_held_about_a_child_and_names_no_other(copy: Disclosure) -> None:
    text = {(part["heading"], part["label"]): part["text"] for part in copy.parts}
    assert text["Child 1", "Name"] == f"{WORD} Child"
    assert text["Child 1", "Date of birth"] == "Monday 2 November 2020"
    assert text["The incident", "What happened"] == f"{WORD} fell down."
    assert text["The incident", "Place"] == f"{WORD} Lane"
    assert {heading for heading, _ in text} == {
        "Child 1", "The incident", "Return of Northborough gp", "Return of Northborough school", "Decision record 1",
        "What was put right",
    }  # fmt: skip
    assert text["Return of Northborough gp", f"File {WORD}.txt"] == (
        f"{WORD}\nPlain text, 1KB, added Tuesday 7 April 2026. What stands in it is not part of this copy."
    )
    assert text["What was put right", "age"] == "6 The GP knew better."
    assert SIBLING not in disclosing.file_of(copy).decode()


def test_a_copy_is_sealed_in_the_database_and_sealed_anew_with_a_new_key(
    copy: Disclosure, settings: Any
) -> None:
    assert "reviews_disclosure" not in where_it_stands(WORD)
    parts = copy.parts
    settings.IDENTIFIER_KEYS = f"new:{base64.b64encode(b'n' * 32).decode()},{settings.IDENTIFIER_KEYS}"
    identifiers.reseal_everything(at=ADOPTED)
    assert key_of(again(copy).sealed_document) == "new"
    assert again(copy).parts == parts


# ---- Blacking out --------------------------------------------------------------------------------
def test_what_is_blacked_out_is_not_in_the_bytes_of_any_file(
    copy: Disclosure, closed: Case, world: World
) -> None:
    # Given a summary that names a neighbour, on two lines, and again elsewhere in another spelling:
    parts = copy.parts
    parts[8]["text"], parts[9]["text"] = "Mrs\n Zqneighbour saw it.", "mrs zqneighbour, and Zqneighbour's dog"
    copy.parts = parts
    copy.save()

    # When the name is blacked out everywhere, and one part as a whole:
    given = {"reason": "third-party", "by": world.manager, "at": ADOPTED}
    assert disclosing.black_out(copy, part="", passage="Mrs Zqneighbour", everywhere=True, **given) == 2
    assert disclosing.black_out(copy, part="", passage="zqneighbour", everywhere=True, **given) == 1
    first = again(copy).parts[0]
    assert disclosing.black_out(copy, part=first["key"], passage="", everywhere=False, **given) == 1
    taken = released(again(copy), world)

    # Then none of it is in the file of data, on paper, or in what is stored; a mark and its reason are.
    page = signed_in(world.manager)
    json_file = page.get(reverse("copy-json", args=[closed.pk, copy.pk]))
    paper = page.get(reverse("copy-print", args=[closed.pk, copy.pk]))
    stored = again(copy)._document.encode()
    for raw in (json_file.content, paper.content, stored):
        assert b"zqneighbour" not in raw.lower()
        assert f"{WORD} Child".encode() not in raw
        assert "██████ [third-party]".encode() in raw
    assert (
        hashlib.sha256(json_file.content).hexdigest() == json_file.headers["X-Record-SHA256"] == taken.sha256
    )
    assert json.loads(json_file.content)["parts"][8]["text"] == "██████ [third-party] saw it."
    # The case itself is as it was.
    assert closed.children.get(number=1).name == f"{WORD} Child"
    assert [one["times"] for one in taken.redactions] == [2, 1, 1]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"part": "1", "passage": "nowhere", "everywhere": False, "reason": "safety"},
            "does not stand there",
        ),
        ({"part": "999", "passage": "", "everywhere": False, "reason": "safety"}, "does not stand there"),
        ({"part": "", "passage": " ", "everywhere": True, "reason": "safety"}, "Type what is blacked out"),
        ({"part": "1", "passage": "", "everywhere": False, "reason": "dislike"}, "Say why"),
    ],
)
def test_what_cannot_be_blacked_out_is_refused(
    copy: Disclosure, world: World, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(RetentionError, match=why):
        disclosing.black_out(copy, by=world.manager, at=ADOPTED, **given)
    assert again(copy).redactions == []


# ---- Two people ----------------------------------------------------------------------------------
def test_another_person_releases_it_as_they_read_it(copy: Disclosure, closed: Case, world: World) -> None:
    seen = disclosing.mark_of(copy)
    for person in (world.manager, world.chair, world.member):
        with pytest.raises(PermissionDenied):
            disclosing.release(copy, seen=seen, by=person, at=ADOPTED)
    given = {
        "part": "1",
        "passage": "",
        "everywhere": False,
        "reason": "safety",
        "by": world.manager,
        "at": ADOPTED,
    }
    disclosing.black_out(copy, **given)
    with pytest.raises(RetentionError, match="changed while this page was open"):
        disclosing.release(copy, seen=seen, by=world.co_chair, at=ADOPTED)
    fixed = released(again(copy), world)
    with pytest.raises(RetentionError, match="This copy is fixed"):
        disclosing.black_out(fixed, **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.update(released_by=world.manager)
    told = closed.ledger.filter(action__contains="disclosure").order_by("sequence")
    assert list(told.values_list("action", "actor")) == [
        ("prepare_disclosure", str(world.manager.pk)), ("release_disclosure", str(world.co_chair.pk)),
    ]  # fmt: skip


def test_a_recused_person_neither_makes_nor_releases_one(
    copy: Disclosure, closed: Case, world: World
) -> None:
    recusals.recuse(closed, world.co_chair, kind="other", reason="Kin.", by=world.chair, at=ADOPTED)
    with pytest.raises(PermissionDenied):
        released(copy, world)
    with pytest.raises(PermissionDenied):
        disclosing.prepare(closed, child=None, reference="SAR 2", by=world.co_chair, at=ADOPTED)


# ---- How it ends ---------------------------------------------------------------------------------
def test_a_copy_can_be_taken_until_it_expires_and_is_emptied_then(
    copy: Disclosure, closed: Case, world: World, time_machine: Any
) -> None:
    taken = released(copy, world)
    address = reverse("copy-json", args=[closed.pk, copy.pk])
    assert signed_in(world.manager).get(address).status_code == 200
    entry = LedgerEntry.objects.filter(chain=closed.pk).latest("pk")
    assert (entry.action, entry.actor) == ("export", str(world.manager.pk))
    time_machine.move_to(taken.expires_at - timedelta(minutes=1), tick=False)
    empty_copies()
    assert signed_in(world.manager).get(address).status_code == 200
    time_machine.shift(60)
    assert signed_in(world.manager).get(address).status_code == 404
    empty_copies()
    assert again(copy).sealed_document == ""
    assert "Expired." in text_of(signed_in(world.manager).get(reverse("copies", args=[closed.pk])))


def test_where_cron_does_the_work_of_the_worker_an_expired_copy_is_emptied_too(
    copy: Disclosure, world: World, time_machine: Any
) -> None:
    taken = released(copy, world)
    for when, says, is_kept in (
        (taken.expires_at - timedelta(minutes=1), "Copies emptied: 0.", True),
        (taken.expires_at, "Copies emptied: 1.", False),
        (taken.expires_at, "Copies emptied: 0.", False),
    ):
        time_machine.move_to(when, tick=False)
        out = io.StringIO()
        call_command("empty_copies", "--once", stdout=out)
        assert (out.getvalue().strip(), bool(again(copy).sealed_document)) == (says, is_kept)


def test_a_withdrawn_copy_is_empty(copy: Disclosure, world: World) -> None:
    released(copy, world)
    disclosing.end(copy, by=world.manager, at=ADOPTED)
    assert (again(copy).sealed_document, again(copy).can_be_taken(at=ADOPTED)) == ("", False)
    with pytest.raises(RetentionError, match="withdrawn already"):
        disclosing.end(copy, by=world.manager, at=ADOPTED)


def test_a_copy_goes_with_the_case_file(copy: Disclosure, closed: Case, world: World) -> None:
    released(copy, world)
    review = retention.propose(closed, CASE_FILE, outcome="dispose", reason="Old.", by=world.manager, at=THEN)
    retention.agree(review, by=world.chair, at=THEN)
    assert again(copy).sealed_document == ""
    empty_copies()
    with pytest.raises(WrongState):
        disclosing.prepare(closed, child=None, reference="SAR 2", by=world.manager, at=THEN)


# ---- The pages -----------------------------------------------------------------------------------
def test_a_copy_is_made_blacked_out_and_released_on_its_pages(closed: Case, world: World) -> None:
    manager, co_chair = signed_in(world.manager), signed_in(world.co_chair)
    listed, add = reverse("copies", args=[closed.pk]), reverse("copy-add", args=[closed.pk])
    assert "No copy was made." in text_of(manager.get(listed))
    assert summary_of(send(manager, add)) == [
        "Select whom the copy is about",
        "Enter the reference of the request",
    ]
    here = send(manager, add, child="1", reference="SAR 1").headers["Location"]
    made = Disclosure.objects.get()
    black_out, release, withdraw = (
        reverse(f"copy-{name}", args=[closed.pk, made.pk]) for name in ("black-out", "release", "withdraw")
    )
    assert "Somebody else has to read and release it." in text_of(manager.get(here))
    assert manager.get(release).status_code == 404
    assert summary_of(send(manager, black_out)) == ["Select where it stands", "Select the reason"]
    assert summary_of(send(manager, black_out, everywhere="yes", reason="safety")) == [
        "Enter what is blacked out everywhere"
    ]
    send(manager, black_out, everywhere="yes", passage=f"{WORD} Lane", reason="safety")
    page = text_of(manager.get(here))
    assert "Everywhere, 1 time: it could put somebody in danger" in page
    assert f"{WORD} Lane" not in page
    assert manager.get(reverse("copy-print", args=[closed.pk, made.pk])).status_code == 404

    # The second person reads all of it, and releases what they read.
    read = co_chair.get(release)
    assert "[safety]: it could put somebody in danger" in text_of(read)
    seen = disclosing.mark_of(again(made))
    assert summary_of(send(co_chair, release, seen=seen)) == ["Confirm that you have read the whole copy"]
    assert send(co_chair, release, seen=seen, has_read="yes").headers["Location"] == here
    assert again(made).sha256 in text_of(manager.get(here))
    paper = text_of(manager.get(reverse("copy-print", args=[closed.pk, made.pk])))
    assert "Request SAR 1, as held on Monday 13 April 2026." in paper
    send(manager, withdraw)
    assert "Its words are no longer kept." in text_of(manager.get(here))
    assert manager.get(withdraw).status_code == 404


def test_others_are_refused_and_everybody_confirms_who_they_are(
    copy: Disclosure, closed: Case, world: World, other: World, time_machine: Any
) -> None:
    released(copy, world)
    names = ("copy", "copy-print", "copy-json", "copy-withdraw")
    addresses = [reverse(name, args=[closed.pk, copy.pk]) for name in names]
    assert {signed_in(world.chair).get(one).status_code for one in addresses} == {403}
    assert {signed_in(other.manager).get(one).status_code for one in addresses} == {404}
    manager = signed_in(world.manager)
    manager.get("/")
    time_machine.shift(11 * 60)
    asked = [manager.get(one).headers.get("Location", "") for one in addresses[:3]]
    assert [one.startswith("/confirm/") for one in asked] == [True, True, True]
