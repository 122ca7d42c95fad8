"""Files of a return: given, kept sealed, frozen with what was sent, removed; and what the limits refuse."""

import base64
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from reviews import sealing
from reviews.files import store
from reviews.files.kinds import MEGABYTE
from reviews.models import AgencyReturn, Attachment, ReturnVersion
from reviews.services import attachments, identifiers, returns
from reviews.services.answering import mark_of
from reviews.services.scanning import sweep_store
from tests.factories import World
from tests.reviews.attaching import LATER, added, in_the_store, sent
from tests.reviews.little_files import a_pdf
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


def again(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


# ---- Given and kept --------------------------------------------------------------------------------
def test_a_file_is_kept_sealed_under_a_name_that_says_nothing(
    world: World, gp: AgencyReturn, folder: Path
) -> None:
    # When an author gives a file with a return that was not begun
    content = a_pdf(words="CANARY")
    made = added(gp, world.gp_author, name="letter.pdf", content=content, about="A letter")

    # Then the draft has begun, the row says what it is, and it waits
    assert again(gp).state == AgencyReturn.State.IN_PROGRESS
    assert (made.name, made.kind, made.size, made.about, made.state) == (
        "letter.pdf",
        "pdf",
        len(content),
        "A letter",
        "held",
    )
    # And its bytes lie under a random name, for this account alone, and not as they came
    assert in_the_store() == {made.stored}
    path = folder / made.stored
    assert re.fullmatch("[0-9a-f]{32}", path.name)
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert b"CANARY" not in path.read_bytes()
    assert b"%PDF" not in path.read_bytes()
    assert store.get(made.stored) == content
    # And the ledger says that files were changed, and not which.
    entry = LedgerEntry.objects.get(action="add_attachment")
    assert (entry.actor, entry.changed, entry.target) == (
        str(world.gp_author.pk),
        "attachments",
        f"reviews.agencyreturn {gp.pk}",
    )


def test_what_is_altered_or_moved_in_the_store_is_not_given_out(
    world: World, gp: AgencyReturn, folder: Path
) -> None:
    one = added(gp, world.gp_author, name="one.pdf")
    two = added(gp, world.gp_author, name="two.pdf")
    (folder / one.stored).write_bytes((folder / two.stored).read_bytes())
    with pytest.raises(sealing.CannotOpen):
        store.get(one.stored)
    raw = bytearray((folder / two.stored).read_bytes())
    raw[-1] ^= 1
    (folder / two.stored).write_bytes(bytes(raw))
    with pytest.raises(sealing.CannotOpen):
        store.get(two.stored)
    for name in ("", "../../etc/passwd", "0" * 32, "x" * 32):
        with pytest.raises(store.NotThere):
            store.get(name)


def test_nobody_else_gives_or_removes_a_file(world: World, gp: AgencyReturn) -> None:
    made = added(gp, world.gp_author)
    for person in (world.school_author, world.manager, world.member, world.chair):
        with pytest.raises(PermissionDenied):
            added(gp, person, name="other.pdf")
        with pytest.raises(PermissionDenied):
            attachments.remove_attachment(gp, made.pk, by=person, at=LATER)
    assert list(attachments.attachments_of(gp)) == [made]


# ---- Limits ----------------------------------------------------------------------------------------
def test_bad_input_58_the_twenty_first_file_is_refused_and_twenty_stay(
    world: World, gp: AgencyReturn
) -> None:
    for number in range(attachments.MOST):
        added(gp, world.gp_author, name=f"{number}.pdf")
    with pytest.raises(WorkflowError, match="^A return can have 20 files, and it has 20") as refusal:
        added(gp, world.gp_author, name="21.pdf")
    assert refusal.value.about == "file"
    assert attachments.attachments_of(gp).count() == attachments.MOST


def test_bad_input_58_all_of_them_together_have_a_limit_too(world: World, gp: AgencyReturn) -> None:
    size = len(a_pdf(words="last.pdf"))
    made = added(gp, world.gp_author)
    Attachment.objects.filter(pk=made.pk).update(size=attachments.MOST_BYTES - size + 1)
    with pytest.raises(
        WorkflowError, match="can have 200MB together. Those that are saved have 200MB, and this one has 1KB"
    ):
        added(gp, world.gp_author, name="last.pdf")
    Attachment.objects.filter(pk=made.pk).update(size=attachments.MOST_BYTES - size)
    added(gp, world.gp_author, name="last.pdf")


def test_bad_input_59_the_same_file_twice_is_told_by_what_is_in_it(world: World, gp: AgencyReturn) -> None:
    added(gp, world.gp_author, name="letter.pdf", content=a_pdf())
    with pytest.raises(WorkflowError, match="^You already added this file. It is called letter.pdf here.$"):
        added(gp, world.gp_author, name="other.pdf", content=a_pdf())
    # Beside two authors at the same moment stands the database.
    there = Attachment.objects.get()
    there.pk, there._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        there.save(force_insert=True)


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1KB"), (1500, "1KB"), (900_000, "879KB"), (MEGABYTE, "1MB"), (26_000_000, "24.8MB")],
)
def test_how_large_it_is_is_said_as_people_say_it(count: int, words: str) -> None:
    assert attachments.in_megabytes(count) == words


# ---- Sent, and removed -----------------------------------------------------------------------------
def test_a_version_keeps_the_files_that_it_was_sent_with(world: World, gp: AgencyReturn) -> None:
    # Given a return sent with a file, which its lead sends back
    made = added(gp, world.gp_author, about="A letter")
    gp = sent(gp, world)
    assert gp.versions.get().attachments == [made.as_kept()]
    with pytest.raises(
        WorkflowError, match="^Cannot change these files: the return is waiting for sign-off now"
    ):
        added(gp, world.gp_author, name="late.pdf")
    with pytest.raises(WorkflowError, match="^Cannot change these files"):
        attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)
    gp = returns.send_back_return(gp, reason="Another letter.", by=world.gp_lead, at=LATER)

    # When its author puts another in its place
    attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)
    other = added(gp, world.gp_author, name="other.pdf")

    # Then the return has the other one alone, and the bytes of the first stay for the version that has it.
    assert list(attachments.attachments_of(gp)) == [other]
    assert in_the_store() == {made.stored, other.stored}
    sent(gp, world)
    kept = ReturnVersion.objects.order_by("number").values_list("attachments", flat=True)
    assert [[one["name"] for one in files] for files in kept] == [["letter.pdf"], ["other.pdf"]]
    # And the same file may be given again.
    gp = returns.send_back_return(again(gp), reason="The first after all.", by=world.gp_lead, at=LATER)
    added(gp, world.gp_author, name="letter.pdf")


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_never_sent_is_gone_when_it_is_removed(world: World, gp: AgencyReturn) -> None:
    made = added(gp, world.gp_author)
    with pytest.raises(RuntimeError), transaction.atomic():
        attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)
        raise RuntimeError
    assert in_the_store() == {made.stored}

    attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)

    assert (Attachment.objects.count(), in_the_store()) == (0, set())
    with pytest.raises(Stale, match="removed already"):
        attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)


def test_a_return_with_a_virus_is_not_sent(world: World, gp: AgencyReturn) -> None:
    made = added(gp, world.gp_author)
    Attachment.objects.filter(pk=made.pk).update(state="infected", virus="Eicar", scanned_at=LATER)
    with pytest.raises(NotMet, match="a virus was found in the file letter.pdf. Remove the file first"):
        sent(gp, world)
    attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)
    assert sent(gp, world).state == AgencyReturn.State.SUBMITTED


def test_what_was_read_is_what_is_sent_files_too(world: World, gp: AgencyReturn) -> None:
    gp = returns.send_back_return(sent(gp, world), reason="More.", by=world.gp_lead, at=LATER)
    gp = returns.save_section(gp, "chronology", {"events": "More."}, by=world.gp_author, at=LATER)
    seen = mark_of(gp)
    added(gp, world.gp_lead, name="meanwhile.pdf")
    with pytest.raises(Stale, match="changed the answers while this page was open"):
        returns.finish_return(gp, seen=seen, by=world.gp_author, at=LATER)


# ---- What is left over -----------------------------------------------------------------------------
def test_what_uploads_left_is_swept_away_and_nothing_else(
    world: World, gp: AgencyReturn, folder: Path
) -> None:
    # Given a file of a return, one whose row was rolled back, and half of one that was being written
    made = added(gp, world.gp_author)
    left = store.put(b"left")
    (folder / "new-half").write_bytes(b"half")
    old = (LATER - timedelta(hours=1, seconds=1)).timestamp()
    for name in in_the_store():
        os.utime(folder / name, (old, old))
    young = store.put(b"being uploaded")
    os.utime(folder / young, (LATER.timestamp(), LATER.timestamp()))

    assert left in in_the_store()
    assert sweep_store(at=LATER) == 2
    assert in_the_store() == {made.stored, young}
    assert sweep_store(at=LATER) == 0


def test_a_store_that_was_never_used_has_nothing_to_sweep(folder: Path) -> None:
    assert (sweep_store(at=LATER), folder.exists()) == (0, False)


# ---- A new key -------------------------------------------------------------------------------------
def test_a_new_key_seals_the_files_anew(world: World, gp: AgencyReturn, folder: Path, settings: Any) -> None:
    # Given a file under one key, and another that is put first
    made = added(gp, world.gp_author, content=a_pdf(words="Seen"))
    was = settings.IDENTIFIER_KEYS
    settings.IDENTIFIER_KEYS = f"new:{base64.b64encode(b'n' * 32).decode()},{was}"

    done = identifiers.reseal_everything(at=LATER)

    # Then it opens without the old one, and a second run finds nothing to do.
    assert done.not_opened == []
    settings.IDENTIFIER_KEYS = settings.IDENTIFIER_KEYS.partition(",")[0]
    assert store.get(made.stored) == a_pdf(words="Seen")
    assert (identifiers.reseal_everything(at=LATER).values, in_the_store()) == (0, {made.stored})
    # And one whose key is away is named by its case, and left as it is.
    settings.IDENTIFIER_KEYS = f"newer:{base64.b64encode(b'm' * 32).decode()}"
    assert gp.case.code in identifiers.reseal_everything(at=LATER).not_opened
    assert in_the_store() == {made.stored}
