"""Files of a return in a real browser: chosen, saved, and one that is far too large."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from reviews.files.kinds import MEGABYTE
from reviews.models import AgencyReturn, Attachment
from tests import factories
from tests.browser.test_by_hand import Opens, opens, press
from tests.reviews.little_files import a_docx

__all__ = ["opens"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(settings: Any, tmp_path: Path) -> tuple[factories.World, AgencyReturn]:
    """A GP practice that was asked for a return; files lie in a folder of this test."""
    settings.ATTACHMENTS_DIR, settings.CLAMAV = tmp_path / "attachments", "tcp://127.0.0.1:1"
    world = factories.a_world()
    return world, factories.asked_returns(world, factories.a_notified_case(world))["gp"]


def test_a_file_is_given_and_saved_again_without_javascript(opens: Opens, asked: Any, tmp_path: Path) -> None:
    # Given a letter on somebody's computer
    world, gp = asked
    letter = tmp_path / "Wren Tolland.docx"
    letter.write_bytes(a_docx())
    page = opens(world.gp_author, gp.get_absolute_url())

    # When they give it with the return
    page.get_by_role("link", name="Files: none yet").click()
    page.get_by_role("button", name="Add a file").click()
    page.get_by_label("What it is").fill("A letter")
    page.get_by_label("Choose a file").set_input_files(letter)
    press(page, "Add it")
    expect(page.get_by_role("row", name="Wren Tolland.docx")).to_contain_text("Waiting")
    assert page.get_by_role("link", name="Wren Tolland.docx", exact=True).count() == 0

    # Then, once it was found clean, it is saved as it came, under a code.
    made = Attachment.objects.get()
    Attachment.objects.update(state="clean", scanned_at=made.added_at)
    page.reload()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Wren Tolland.docx", exact=True).click()
    assert saved.value.suggested_filename == f"{gp.code}-{made.pk.hex[:8]}.docx"
    assert Path(saved.value.path()).read_bytes() == letter.read_bytes()


@pytest.mark.parametrize("megabytes", [27, 48])
def test_bad_input_38_a_browser_that_sends_far_too_much_reads_why(
    opens: Opens, asked: Any, tmp_path: Path, megabytes: int
) -> None:
    world, gp = asked
    film = tmp_path / "film.txt"
    film.write_bytes(b"a" * (megabytes * MEGABYTE))
    page = opens(world.gp_author, f"{gp.get_absolute_url()}files/add/")
    page.get_by_label("What it is").fill("A film of the room")
    page.get_by_label("Choose a file").set_input_files(film)
    press(page, "Add it")
    expect(page.locator(".govuk-error-summary")).to_contain_text(
        "The selected file must be smaller than 25MB"
    )
    assert page.get_by_label("What it is").input_value() == "A film of the room"
    assert Attachment.objects.count() == 0
