"""The pages of a return's files: who takes them when, what is sent with them, and what an upload that fails says."""

import html
import re
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reviews.files.kinds import EMPTY, LARGEST, MEGABYTE, TOO_LARGE
from reviews.models import AgencyReturn, Attachment
from reviews.services import attachments, recusals, returns
from tests.factories import World
from tests.reviews.asking import bare, beside_the_boxes, row_counts, send, signed_in, summary_of, text_of
from tests.reviews.attaching import LATER, added, in_the_store, sent, signed_off, uploaded
from tests.reviews.little_files import a_docx, a_pdf, document
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any, settings: Any, tmp_path: Path) -> None:
    time_machine.move_to(LATER, tick=False)
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    settings.CLAMAV = "tcp://127.0.0.1:1"


def page_of(it: AgencyReturn, *more: object) -> str:
    return f"{it.get_absolute_url()}files/" + "".join(f"{one}/" for one in more)


def clean(made: Attachment) -> Attachment:
    Attachment.objects.filter(pk=made.pk).update(state="clean", scanned_at=LATER)
    return made


# ---- Giving and removing ---------------------------------------------------------------------------
def test_an_author_gives_a_file_and_removes_it(world: World, gp: AgencyReturn) -> None:
    author = signed_in(world.gp_author)
    assert "There is no file here yet." in text_of(author.get(page_of(gp)))
    answer = send(author, page_of(gp, "add"), about="A letter", file=uploaded())
    assert answer.url == page_of(gp)
    shown = text_of(author.get(page_of(gp)))
    assert (
        "The file letter.pdf was added" in author.get(page_of(gp)).content.decode() or "letter.pdf" in shown
    )
    assert "letter.pdf A letter PDF, 1KB Wednesday 18 March 2026 by" in shown
    assert "Waiting Remove letter.pdf" in shown
    made = Attachment.objects.get()
    asked = author.get(page_of(gp, made.pk, "remove"))
    assert "Remove a file letter.pdf A letter. Added Wednesday 18 March 2026 by" in text_of(asked)
    assert send(author, page_of(gp, made.pk, "remove")).url == page_of(gp)
    assert "There is no file here yet." in text_of(author.get(page_of(gp)))
    # And who had its page open meanwhile reads that it is gone.
    assert author.get(page_of(gp, made.pk, "remove")).status_code == 404
    assert summary_of(send(author, page_of(gp, made.pk, "remove"))) == ["This file was removed already."]


def test_bad_input_62_an_author_reads_what_a_file_holds_besides_what_it_shows(
    world: World, gp: AgencyReturn
) -> None:
    author = signed_in(world.gp_author)
    letter = a_docx({"word/document.xml": document("<w:ins/>")})
    send(author, page_of(gp, "add"), about="A letter", file=SimpleUploadedFile("a.docx", letter))
    page = author.get(page_of(gp))
    words = "It holds tracked changes: remove it, and add it without, if others should not have those."
    assert f"The file a.docx was added. {words}" in page.content.decode()
    assert "a.docx A letter Also holds tracked changes Word document, 1KB" in text_of(page)


def test_the_same_form_twice_adds_one_file(world: World, gp: AgencyReturn) -> None:
    author, token = signed_in(world.gp_author), str(uuid.uuid4())
    answers = [send(author, page_of(gp, "add"), form_token=token, file=uploaded()) for _ in range(2)]
    assert [one.url for one in answers] == [page_of(gp)] * 2
    assert Attachment.objects.count() == 1
    other = send(author, page_of(gp, "add"), form_token=token, file=uploaded(name="other.pdf"))
    assert (other.status_code, Attachment.objects.count()) == (422, 1)


REFUSED = [
    ("37 empty", {"file": SimpleUploadedFile("a.pdf", b"")}, EMPTY),
    ("37 none", {}, "Choose a file"),
    ("37 no file but words", {"file": "words"}, "Choose a file"),
    ("39 a program", {"file": SimpleUploadedFile("a.pdf", b"MZ" + bytes(99))}, "The selected file must be a PDF, a Word document (.docx), an Excel workbook (.xlsx), a PNG or JPEG picture, or plain text (.txt)"),
    ("40 PDF as docx", {"file": SimpleUploadedFile("a.docx", a_pdf())}, "What is in the selected file does not match its name: its kind is PDF, and its name should end in .pdf."),
    ("46 macros", {"file": SimpleUploadedFile("a.docx", a_docx({"word/vbaProject.bin": b"x"}))}, "The selected file has macros, which are not allowed. Save it without them, or as a PDF."),
    ("52 said to be a picture", {"file": SimpleUploadedFile("a.png", b"<svg/>", content_type="image/png")}, "The selected file must be a PDF, a Word document (.docx), an Excel workbook (.xlsx), a PNG or JPEG picture, or plain text (.txt)"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "boxes", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_bad_input_37_to_52_a_refusal_stands_at_the_box_and_the_words_stay(
    world: World, gp: AgencyReturn, row: str, boxes: dict[str, Any], says: str
) -> None:
    before = row_counts()
    answer = send(signed_in(world.gp_author), page_of(gp, "add"), about="A letter of 12 March", **boxes)
    assert (answer.status_code, summary_of(answer), beside_the_boxes(answer)) == (
        200,
        [says.rstrip(".")],
        [says.rstrip(".")],
    )
    assert 'value="A letter of 12 March"' in answer.content.decode()
    assert 'href="#id_file"' in answer.content.decode()
    assert (row_counts(), in_the_store()) == (before, set())


def test_bad_input_58_59_a_limit_is_told_at_the_box_too(world: World, gp: AgencyReturn) -> None:
    added(gp, world.gp_author, name="first.pdf", content=a_pdf())
    answer = send(signed_in(world.gp_author), page_of(gp, "add"), file=uploaded(a_pdf(), "again.pdf"))
    assert beside_the_boxes(answer) == ["You already added this file. It is called first.pdf here"]


def test_bad_input_53_to_56_a_name_with_a_path_is_shown_by_its_last_part(
    world: World, gp: AgencyReturn
) -> None:
    author = signed_in(world.gp_author)
    for name, becomes in (
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("x" * 240 + ".pdf", "x" * 96 + ".pdf"),
    ):
        content = a_pdf(words=becomes)
        answer = send(author, page_of(gp, "add"), file=SimpleUploadedFile(name, content))
        assert answer.status_code == 302, summary_of(answer)
        assert Attachment.objects.filter(name__endswith=becomes[-12:]).count() == 1


def test_after_it_was_sent_no_file_is_added(world: World, gp: AgencyReturn) -> None:
    author = signed_in(world.gp_author)
    made = added(gp, world.gp_author)
    sent(gp, world)
    assert author.get(page_of(gp, "add")).url == page_of(gp)
    assert author.get(page_of(gp, made.pk, "remove")).url == page_of(gp)
    answer = send(author, page_of(gp, "add"), file=uploaded(name="late.pdf"))
    assert summary_of(answer) == ["Cannot change these files: the return is waiting for sign-off now."]


# ---- Taking ----------------------------------------------------------------------------------------
def test_a_file_leaves_as_something_to_be_saved_and_can_do_nothing(world: World, gp: AgencyReturn) -> None:
    content = a_pdf(words="Wren Tolland")
    made = clean(added(gp, world.gp_author, name="Wren Tolland.pdf", content=content))

    answer = signed_in(world.gp_author).get(page_of(gp, made.pk))

    assert (answer.status_code, answer.content) == (200, content)
    headers = answer.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    # Its own name may say who a child is.
    assert headers["Content-Disposition"] == f'attachment; filename="{gp.code}-{made.pk.hex[:8]}.pdf"'
    # And that it was taken, which one and by whom, stands in the ledger: each time.
    signed_in(world.gp_author).head(page_of(gp, made.pk))
    taken = LedgerEntry.objects.filter(action="export").values_list("actor", "changed", "target")
    assert list(taken) == [(str(world.gp_author.pk), str(made.pk), f"reviews.agencyreturn {gp.pk}")] * 2


def takes(person: Any, it: AgencyReturn, made: Attachment) -> int:
    return int(signed_in(person).get(page_of(it, made.pk)).status_code)


def test_who_may_read_the_answers_may_take_the_files_and_nobody_else(world: World, gp: AgencyReturn) -> None:
    made = clean(added(gp, world.gp_author, name="CANARY.pdf"))
    agency, others = (world.gp_author, world.gp_lead), (world.manager, world.co_chair)
    # While it is written, its agency alone: to others the file is as if it were not there, in the same bytes.
    assert [takes(one, gp, made) for one in (*agency, *others)] == [200, 200, 404, 404]
    for person in others:
        client = signed_in(person)
        assert "CANARY" not in client.get(page_of(gp)).content.decode()
        assert "What the agency writes is shown here once" in text_of(client.get(page_of(gp)))
        missing = client.get(page_of(gp, uuid.uuid4()))
        assert bare(client.get(page_of(gp, made.pk))) == bare(missing)
    # Signed off, the people of the case too; and another agency never.
    gp = signed_off(gp, world)
    assert [takes(one, gp, made) for one in (*agency, *others)] == [200] * 4
    assert "CANARY.pdf" in text_of(signed_in(world.manager).get(page_of(gp)))
    assert [takes(one, gp, made) for one in (world.school_author, world.chair, world.administrator)] == [
        404
    ] * 3
    assert Client().get(page_of(gp, made.pk)).status_code == 302
    recusals.recuse(gp.case, world.co_chair, kind="other", reason="Kin.", by=world.chair, at=LATER)
    assert takes(world.co_chair, gp, made) == 404


@pytest.mark.parametrize("state", ["held", "infected"])
def test_bad_input_41_42_what_was_not_found_clean_nobody_takes(
    world: World, gp: AgencyReturn, state: str
) -> None:
    made = added(gp, world.gp_author)
    if state == "infected":
        Attachment.objects.filter(pk=made.pk).update(state=state, virus="Eicar", scanned_at=LATER)
    assert takes(world.gp_author, gp, made) == 404
    shown = signed_in(world.gp_author).get(page_of(gp))
    assert page_of(gp, made.pk) + '"' not in shown.content.decode()
    words = {
        "held": "A file is checked for viruses before",
        "infected": "Nobody can take a file in which a virus",
    }
    assert words[state] in text_of(shown)
    assert LedgerEntry.objects.filter(action="export").count() == 0


def test_a_file_whose_bytes_are_missing_is_a_fault_and_nothing_is_told_as_taken(
    world: World, gp: AgencyReturn, settings: Any
) -> None:
    made = clean(added(gp, world.gp_author, name="CANARY.pdf"))
    (settings.ATTACHMENTS_DIR / made.stored).unlink()
    client = signed_in(world.gp_author)
    client.raise_request_exception = False
    answer = client.get(page_of(gp, made.pk))
    assert (answer.status_code, "CANARY" in answer.content.decode()) == (500, False)
    assert LedgerEntry.objects.filter(action="export").count() == 0


def test_what_a_nil_return_left_behind_is_not_given_out(world: World, gp: AgencyReturn) -> None:
    made = clean(added(gp, world.gp_author))
    gp = returns.declare_nil(
        AgencyReturn.objects.get(pk=gp.pk), searched="All.", by=world.gp_author, at=LATER
    )
    assert [takes(one, gp, made) for one in (world.gp_author, world.manager)] == [404, 404]
    shown = signed_in(world.manager).get(page_of(gp))
    assert (shown.status_code, "letter.pdf" in shown.content.decode()) == (200, False)


def test_a_file_that_was_removed_is_taken_by_who_reads_the_version_that_has_it(
    world: World, gp: AgencyReturn
) -> None:
    # Given a return that its lead sent back with one file, which was sent again and signed off with another, and a third time
    first = clean(added(gp, world.gp_author, name="first.pdf"))
    gp = returns.send_back_return(sent(gp, world), reason="The other letter.", by=world.gp_lead, at=LATER)
    attachments.remove_attachment(gp, first.pk, by=world.gp_author, at=LATER)
    second = clean(added(gp, world.gp_author, name="second.pdf", about="The other letter"))
    gp = returns.send_back_return(signed_off(gp, world), reason="Both.", by=world.manager, at=LATER)
    attachments.remove_attachment(gp, second.pk, by=world.gp_author, at=LATER)
    third = added(gp, world.gp_author, name="third.pdf")
    # Then while it is written, the agency alone takes any of them that was found clean
    assert [takes(world.gp_author, gp, one) for one in (first, second, third)] == [200, 200, 404]
    assert [takes(world.manager, gp, one) for one in (first, second, third)] == [404, 404, 404]
    # And once it is in, others take what was signed off, and not what lead and author sent each other.
    gp = signed_off(gp, world)
    clean(third)
    assert [takes(world.gp_lead, gp, one) for one in (first, second, third)] == [200, 200, 200]
    assert [takes(world.manager, gp, one) for one in (first, second, third)] == [404, 200, 200]
    # And the pages of the versions say which had which.
    manager, here = signed_in(world.manager), f"{gp.get_absolute_url()}versions/"
    page = manager.get(f"{here}2/")
    assert "Files second.pdf : The other letter (PDF, 1KB)" in text_of(page)
    assert page_of(gp, second.pk) in page.content.decode()
    assert "Files Removed second.pdf Added third.pdf" in text_of(manager.get(f"{here}changes/"))
    assert "Files first.pdf (PDF, 1KB)" in text_of(signed_in(world.gp_author).get(f"{here}1/"))
    Attachment.objects.filter(pk=second.pk).update(state="infected", virus="Eicar", scanned_at=LATER)
    page = manager.get(f"{here}2/")
    assert "A virus was found in it." in text_of(page)
    assert page_of(gp, second.pk) not in page.content.decode()


def test_a_file_of_one_return_is_not_there_under_another(
    world: World, asked: dict[str, AgencyReturn]
) -> None:
    made = clean(added(asked["school"], world.school_author))
    assert takes(world.gp_author, asked["gp"], made) == 404


def test_the_page_says_how_it_stands_with_the_scanner(world: World, gp: AgencyReturn, settings: Any) -> None:
    made = added(gp, world.gp_author)
    author = signed_in(world.gp_author)
    assert "That takes a minute or so" in text_of(author.get(page_of(gp)))
    settings.CLAMAV = ""
    assert "These files cannot be taken yet: no virus scanner is set up" in text_of(author.get(page_of(gp)))
    settings.UNSCANNED_FILES = "served"
    shown = text_of(author.get(page_of(gp)))
    assert "whoever runs this service chose to do without one. Open them with care." in shown
    assert "Not checked Remove" in shown
    assert takes(world.gp_author, gp, made) == 200


# ---- On the other pages ----------------------------------------------------------------------------
def read(person: Any, address: str) -> str:
    return text_of(signed_in(person).get(address)).replace(" ,", ",").replace(" .", ".")


def test_the_files_are_counted_where_the_return_is_read_and_sent(world: World, gp: AgencyReturn) -> None:
    author, here = world.gp_author, gp.get_absolute_url()
    assert "Files: none yet" in read(author, here)
    clean(added(gp, world.gp_author))
    added(gp, world.gp_author, name="other.pdf")
    assert "Files: 2 files, of which 1 waits for a virus check" in read(author, here)
    assert "Files Files: 2 files" in read(author, reverse("return-finish", args=[gp.pk]))
    gp = sent(gp, world)
    assert "Files: 2 files" in read(world.gp_lead, reverse("return-sign-off", args=[gp.pk]))
    assert "Files: " not in read(world.manager, here)
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)
    assert "Files: 2 files" in read(world.manager, here)
    Attachment.objects.filter(name="other.pdf").update(state="infected", virus="Eicar", scanned_at=LATER)
    assert "Files: 2 files. A virus was found in one of them." in read(world.manager, here)


# ---- Large bodies ----------------------------------------------------------------------------------
def test_bad_input_38_a_large_file_comes_through_and_one_byte_more_does_not(
    world: World, gp: AgencyReturn
) -> None:
    author = signed_in(world.gp_author)
    large = SimpleUploadedFile("large.txt", b"a" * LARGEST)
    assert send(author, page_of(gp, "add"), file=large).status_code == 302
    answer = send(
        author, page_of(gp, "add"), about="Notes", file=SimpleUploadedFile("b.txt", b"b" * (LARGEST + 1))
    )
    assert beside_the_boxes(answer) == [TOO_LARGE]
    assert 'value="Notes"' in answer.content.decode()


def test_bad_input_38_a_body_that_no_page_takes_is_not_read_and_the_words_stay(
    world: World, gp: AgencyReturn, settings: Any
) -> None:
    # Given a limit of three megabytes, and a file of nine
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
    content = b"a" * (9 * 1024 * 1024)
    answer = send(
        signed_in(world.gp_author),
        page_of(gp, "add"),
        about="A film",
        file=SimpleUploadedFile("a.txt", content),
    )
    assert (answer.status_code, summary_of(answer), beside_the_boxes(answer)) == (
        200,
        [TOO_LARGE],
        [TOO_LARGE],
    )
    assert 'value="A film"' in answer.content.decode()
    assert Attachment.objects.count() == 0


def test_bad_input_38_from_nobody_and_for_other_pages_no_large_body_is_read(
    world: World, gp: AgencyReturn, settings: Any
) -> None:
    settings.FILE_UPLOAD_HANDLERS = ["a.handler.that.is.asked.Nothing"]
    file = SimpleUploadedFile("a.txt", b"a" * 3_000_000)
    assert send(Client(), page_of(gp, "add"), file=file).status_code == 403
    file.seek(0)
    author = signed_in(world.gp_author)
    assert send(author, reverse("return-nil", args=[gp.pk]), file=file).status_code == 413
    file.seek(0)
    assert author.post(page_of(gp, "add"), "x" * 3_000_000, content_type="text/plain").status_code == 413


def test_bad_input_35_who_was_signed_out_meanwhile_keeps_the_words_and_chooses_the_file_again(
    world: World, gp: AgencyReturn
) -> None:
    answer = Client().post(
        page_of(gp, "add"),
        {
            "form_token": str(uuid.uuid4()),
            "about": "A letter",
            "file": SimpleUploadedFile("a.txt", b"a" * 3_000_000),
        },
        headers={"Origin": "http://testserver"},
    )
    assert answer.status_code == 403
    assert "You need to sign in again" in text_of(answer)
    assert "A letter" in answer.content.decode()
    assert "file" in text_of(answer).lower()


def test_bad_input_35_a_file_that_came_without_a_token_is_refused(world: World, gp: AgencyReturn) -> None:
    author = Client(enforce_csrf_checks=True)
    author.force_login(world.gp_author)
    answer = send(
        author, page_of(gp, "add"), about="A letter", file=SimpleUploadedFile("a.txt", b"a" * 3_000_000)
    )
    assert (answer.status_code, Attachment.objects.count()) == (403, 0)


class Sender:
    """A browser by hand: the form of a page with a file in it, over a socket."""

    def __init__(self, live_server: Any, person: Any, page: str) -> None:
        self.address = live_server.thread.host, live_server.thread.port
        self.page, client = page, signed_in(person)
        client.get(page)
        self.cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
        self.token = client.cookies["csrftoken"].value

    def body(self, content: bytes, about: str = "") -> bytes:
        fields = {"csrfmiddlewaretoken": self.token, "form_token": str(uuid.uuid4()), "about": about}
        parts = [
            f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        file = '--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
        return "".join([*parts, file]).encode() + content + b"\r\n--B--\r\n"

    def post(self, what: bytes, promised: int) -> tuple[str, str]:
        """Send this, of so many bytes promised, and hang up; returns the status and the page."""
        host, port = self.address
        lines = (
            f"POST {self.page} HTTP/1.1", f"Host: {host}:{port}", f"Cookie: {self.cookies}", "Connection: close",
            "Content-Type: multipart/form-data; boundary=B", f"Content-Length: {promised}", "", "",
        )  # fmt: skip
        with socket.create_connection(self.address, 30) as link:
            link.sendall("\r\n".join(lines).encode() + what)
            link.shutdown(socket.SHUT_WR)
            answer = b""
            while more := link.recv(65536):
                answer += more
        text = answer.decode(errors="replace")
        found = re.match(r"HTTP/1.[01] (\d+)", text)
        return (found[1] if found else "", html.unescape(text))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_bad_input_60_a_connection_that_is_cut_leaves_nothing(
    live_server: Any, world: World, gp: AgencyReturn, size: int
) -> None:
    # Given an author who sends a file of plain text, of which half would be a file too
    sender = Sender(live_server, world.gp_author, page_of(gp, "add"))
    body = sender.body(b"a" * size)
    # When the line is cut at half of it, then nothing is kept
    assert sender.post(body[: len(body) // 2], len(body))[0] == "400"
    assert (Attachment.objects.count(), in_the_store()) == (0, set())
    # And the same again, whole, works.
    assert sender.post(body, len(body))[0] == "302"
    assert Attachment.objects.get().size == size


@pytest.mark.django_db(transaction=True)
def test_bad_input_38_of_half_a_gigabyte_the_page_says_that_it_is_too_large(
    live_server: Any, world: World, gp: AgencyReturn
) -> None:
    # Given an author whose browser begins to send 500 MB, of which 32 are sent before it is answered
    sender = Sender(live_server, world.gp_author, page_of(gp, "add"))
    status, page = sender.post(
        sender.body(b"a" * (32 * MEGABYTE), about="A film of the room"), 500 * MEGABYTE
    )

    # Then nothing is kept but what was typed, and the page says why.
    assert (status, TOO_LARGE in page, 'value="A film of the room"' in page) == ("200", True, True)
    assert (Attachment.objects.count(), in_the_store()) == (0, set())
