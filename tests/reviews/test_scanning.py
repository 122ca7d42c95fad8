"""Files of returns and the virus scanner, a real conversation: nobody gets what was not found clean."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from notifications.models import Notice
from reviews.files.clamav import Verdict
from reviews.models import AgencyReturn, Attachment
from reviews.models.attachments import LOOKED_AGAIN_AFTER
from reviews.services import attachments
from reviews.services.scanning import _claim, _record, scan_attachments
from reviews.tasks import scan_files, sweep_files
from tests.factories import World
from tests.reviews.attaching import LATER, added, sent
from tests.reviews.clamd import CLEAN, GARBAGE, SILENT, TOO_LARGE, Clamd, a_clamd
from tests.reviews.little_files import EICAR, a_pdf
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


@pytest.fixture
def clamd(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clamd]:
    monkeypatch.setattr("reviews.files.clamav.ANSWER_WITHIN", 0.4)
    with a_clamd() as daemon:
        settings.CLAMAV = daemon.address
        yield daemon


def states() -> list[tuple[str, str, bool]]:
    found = Attachment.objects.order_by("added_at", "name")
    return [(one.name, one.state, one.can_be_taken) for one in found]


def test_a_clean_file_can_be_taken_once_a_worker_has_asked(
    clamd: Clamd, world: World, gp: AgencyReturn
) -> None:
    content = a_pdf(words="Seen at home")
    made = added(gp, world.gp_author, content=content)
    assert states() == [("letter.pdf", "held", False)]

    scan_files()

    # Then the scanner had every byte, and the ledger says that it was found clean, once
    assert clamd.received == [content]
    assert states() == [("letter.pdf", "clean", True)]
    entry = LedgerEntry.objects.get(action="scan_clean")
    assert (entry.actor, entry.changed) == ("system", str(made.pk))
    # And nothing is asked again until a week is over.
    scan_files()
    assert len(clamd.received) == 1
    scanned = Attachment.objects.get().scanned_at
    assert scan_attachments(at=scanned + LOOKED_AGAIN_AFTER - A_MINUTE) == 0
    assert scan_attachments(at=scanned + LOOKED_AGAIN_AFTER) == 1
    assert (len(clamd.received), LedgerEntry.objects.filter(action="scan_clean").count()) == (2, 1)


def test_bad_input_41_a_virus_stays_where_it_is_and_two_hear_of_it(
    clamd: Clamd, world: World, gp: AgencyReturn, caplog: Any
) -> None:
    # Given a return with a virus in one of two files, which was sent before anybody looked
    added(gp, world.gp_author, name="good.pdf")
    added(gp, world.gp_author, name="virus.txt", content=EICAR)
    sent(gp, world)
    Notice.objects.all().delete()

    scan_attachments(at=LATER)

    assert states() == [("good.pdf", "clean", True), ("virus.txt", "infected", False)]
    found = Attachment.objects.get(name="virus.txt")
    assert found.virus == "Eicar-Test-Signature"
    told = Notice.objects.filter(news="virus-found").values_list("recipient__email", flat=True)
    assert set(told) == {world.gp_author.email, world.manager.email}
    # And the log has its id and what was found, and no name of anything.
    assert f"attachment {found.pk} has a virus: Eicar-Test-Signature" in caplog.text
    assert "virus.txt" not in caplog.text
    # And a week later only what was clean is looked at again, and nobody is told again.
    assert scan_attachments(at=LATER + 2 * LOOKED_AGAIN_AFTER) == 1
    assert Notice.objects.filter(news="virus-found").count() == 2


def test_a_scanner_may_learn_of_a_virus_later(clamd: Clamd, world: World, gp: AgencyReturn) -> None:
    made = added(gp, world.gp_author, name="virus.txt", content=EICAR)
    Attachment.objects.filter(pk=made.pk).update(state="clean", scanned_at=LATER - LOOKED_AGAIN_AFTER)
    assert states() == [("virus.txt", "clean", True)]
    scan_attachments(at=LATER)
    assert states() == [("virus.txt", "infected", False)]


@pytest.mark.parametrize("does", [GARBAGE, SILENT, TOO_LARGE, "down"])
def test_bad_input_42_while_the_scanner_says_nothing_files_wait_and_go_on_by_themselves(
    clamd: Clamd, world: World, gp: AgencyReturn, settings: Any, does: str, caplog: Any
) -> None:
    # Given a scanner that is away, or of no use
    added(gp, world.gp_author)
    clamd.does = does
    if does == "down":
        settings.CLAMAV = "tcp://127.0.0.1:1"
    for _ in range(3):
        assert scan_attachments(at=LATER) == 0
    assert states() == [("letter.pdf", "held", False)]
    assert Attachment.objects.get().tries == 1  # it is not asked again at once
    assert f"{Attachment.objects.get()} waits: the scanner" in caplog.text

    # When it is back, then the next look but one finds it clean.
    clamd.does, settings.CLAMAV = CLEAN, clamd.address
    assert scan_attachments(at=LATER + timedelta(seconds=39)) == 0
    assert scan_attachments(at=LATER + timedelta(seconds=40)) == 1
    assert states() == [("letter.pdf", "clean", True)]


def test_a_file_that_the_scanner_cannot_swallow_does_not_stop_the_others(
    clamd: Clamd, world: World, gp: AgencyReturn
) -> None:
    added(gp, world.gp_author, name="first.pdf")
    clamd.does = TOO_LARGE
    scan_attachments(at=LATER)
    added(gp, world.gp_author, name="second.pdf")
    clamd.does = CLEAN
    scan_attachments(at=LATER + timedelta(seconds=1))
    assert states() == [("first.pdf", "held", False), ("second.pdf", "clean", True)]


def test_what_is_missing_from_the_store_is_told_and_stops_nothing(
    clamd: Clamd, world: World, gp: AgencyReturn, folder: Path, caplog: Any
) -> None:
    one = added(gp, world.gp_author, name="1.pdf")
    added(gp, world.gp_author, name="2.pdf")
    (folder / one.stored).unlink()
    assert scan_attachments(at=LATER) == 1
    assert states() == [("1.pdf", "held", False), ("2.pdf", "clean", True)]
    assert f"attachment {one.pk} cannot be scanned: the store does not have {one.stored}" in caplog.text


def test_what_was_removed_while_the_scanner_looked_is_not_written_down(
    world: World, gp: AgencyReturn
) -> None:
    made = added(gp, world.gp_author)
    attachments.remove_attachment(gp, made.pk, by=world.gp_author, at=LATER)
    assert _record(made.pk, Verdict(""), at=LATER) == 0
    assert (Attachment.objects.count(), LedgerEntry.objects.filter(action="scan_clean").count()) == (0, 0)


def test_two_workers_beside_each_other_ask_once(clamd: Clamd, world: World, gp: AgencyReturn) -> None:
    added(gp, world.gp_author)
    first, second = Attachment.objects.get(), Attachment.objects.get()
    assert (_claim(first, at=LATER), _claim(second, at=LATER)) == (True, False)


# ---- Without a scanner -----------------------------------------------------------------------------
@pytest.mark.parametrize(("chosen", "can_be_taken"), [("held", False), ("served", True)])
def test_without_a_scanner_files_wait_unless_the_operator_chose_otherwise(
    world: World, gp: AgencyReturn, settings: Any, chosen: str, can_be_taken: bool
) -> None:
    settings.CLAMAV, settings.UNSCANNED_FILES = "", chosen
    added(gp, world.gp_author)
    scan_files()
    assert states() == [("letter.pdf", "held", can_be_taken)]
    # Where there is a scanner, that choice counts for nothing.
    settings.CLAMAV = "tcp://127.0.0.1:1"
    assert states() == [("letter.pdf", "held", False)]


def test_the_database_lets_nobody_call_a_file_clean_that_was_not_scanned(
    world: World, gp: AgencyReturn
) -> None:
    added(gp, world.gp_author)
    for wrong in (
        {"state": "clean"},
        {"state": "infected", "scanned_at": LATER},
        {"virus": "Eicar"},
        {"removed_at": LATER},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attachment.objects.update(**wrong)


def test_cron_does_the_same_as_the_clock(clamd: Clamd, world: World, gp: AgencyReturn, capsys: Any) -> None:
    added(gp, world.gp_author)
    call_command("look_after_files", "--once")
    assert capsys.readouterr().out == "Files scanned: 1. Left over and taken away: 0.\n"
    sweep_files()
    assert states() == [("letter.pdf", "clean", True)]
