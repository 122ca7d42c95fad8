"""ClamAV's daemon, asked by its own protocol: what it says, and every way in which it may say nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviews.files.clamav import PIECE, CannotBeAsked, NoAnswer, Verdict, scan
from tests.reviews.clamd import CUT, EARLY, GARBAGE, SILENT, TOO_LARGE, Clamd, a_clamd
from tests.reviews.little_files import EICAR, a_pdf


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with a_clamd() as daemon:
        yield daemon


def test_a_clean_file_is_clean_and_a_virus_has_its_name(clamd: Clamd) -> None:
    assert scan(a_pdf(), address=clamd.address) == Verdict("")
    assert scan(EICAR, address=clamd.address) == Verdict("Eicar-Test-Signature")
    assert clamd.received[1:] == [EICAR]


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_every_byte_reaches_the_scanner(clamd: Clamd, length: int) -> None:
    content = bytes(range(256)) * (length // 256) + bytes(length % 256)
    assert scan(content, address=clamd.address).is_clean
    assert clamd.received == [content]


def test_it_can_be_asked_over_a_socket_of_this_machine(tmp_path: Path) -> None:
    with a_clamd(tmp_path / "clamd.ctl") as daemon:
        assert scan(EICAR, address=daemon.address) == Verdict("Eicar-Test-Signature")


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (GARBAGE, "the scanner says what we do not understand: \ufffd??[31m OK"),
        (TOO_LARGE, "the scanner says what we do not understand: INSTREAM size limit exceeded. ERROR"),
        (SILENT, "the scanner cannot be asked (TimeoutError)"),
    ],
)
def test_bad_input_42_a_scanner_that_says_nothing_of_use_has_said_nothing(
    clamd: Clamd, does: str, says: str
) -> None:
    clamd.does = does
    with pytest.raises(NoAnswer) as refusal:
        scan(a_pdf(), address=clamd.address, within=0.3)
    assert str(refusal.value) == says


def test_bad_input_42_a_scanner_that_hangs_up_has_said_nothing(clamd: Clamd) -> None:
    clamd.does = CUT
    with pytest.raises(CannotBeAsked):
        scan(bytes(80 * PIECE), address=clamd.address)


def test_a_scanner_that_hangs_up_early_may_have_said_why(tmp_path: Path) -> None:
    # Then it is this file that it cannot swallow: others may be asked about.
    with a_clamd(tmp_path / "clamd.ctl") as daemon:
        daemon.does = EARLY
        with pytest.raises(NoAnswer, match="INSTREAM size limit exceeded. ERROR$") as refusal:
            scan(bytes(80 * PIECE), address=daemon.address)
    assert type(refusal.value) is NoAnswer


def test_bad_input_42_where_nobody_listens_there_is_no_answer(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        for address in (f"tcp://127.0.0.1:{taken.getsockname()[1]}", f"unix://{tmp_path / 'none'}"):
            with pytest.raises(NoAnswer, match="^the scanner cannot be asked"):
                scan(b"a", address=address)


@pytest.mark.parametrize(
    "address", ["", "clamd", "http://127.0.0.1", "unix://", "tcp://", "tcp://127.0.0.1:x"]
)
def test_what_is_no_address_is_asked_nothing(address: str) -> None:
    with pytest.raises(NoAnswer, match="is no address of a scanner"):
        scan(b"a", address=address)
