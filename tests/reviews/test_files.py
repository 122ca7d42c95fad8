"""What a file is, told by what stands in it; and what is not taken, with the sentence that says why."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.files import kinds, packages, pictures
from reviews.files.kinds import EMPTY, LARGEST, NOT_TAKEN, OLD_OFFICE, TOO_LARGE, examine
from reviews.files.names import LONGEST, cleaned
from reviews.files.pdf import RUNS
from reviews.files.refusal import (
    DAMAGED,
    FETCHES,
    HOLDS_FILES,
    LOCKED,
    MACROS,
    TOO_LARGE_UNPACKED,
    TWO_AT_ONCE,
    UNREADABLE,
    NotAccepted,
)
from reviews.files.remarks import in_words
from tests.reviews.little_files import (
    EICAR,
    a_docx,
    a_jpeg,
    a_package,
    a_pdf,
    a_png,
    an_xlsx,
    document,
    relation,
    types,
    with_objects_packed,
)


def said_of(name: str, content: bytes) -> str:
    """The sentence with which it is refused; "" when it is taken."""
    try:
        examine(name, content)
    except NotAccepted as refusal:
        return str(refusal)
    return ""


# ---- Taken -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", a_pdf(words="A letter"), "pdf"),
        ("links.pdf", a_pdf(words="https://x.example/Launch"), "pdf"),
        ("Report.DOCX", a_docx(), "docx"),
        ("links.docx", a_docx({"word/_rels/document.xml.rels": relation("hyperlink", "https://www.gov.uk/")}), "docx"),
        ("mail.docx", a_docx({"word/_rels/document.xml.rels": relation("hyperlink", "mailto:a@b.example")}), "docx"),
        ("picture.docx", a_docx({"word/media/image1.png": a_png()}), "docx"),
        ("visits.xlsx", an_xlsx(), "xlsx"),
        ("printed.xlsx", an_xlsx({"xl/printerSettings/printerSettings1.bin": b"\x01\x02"}), "xlsx"),
        ("photo.png", a_png(), "png"),
        ("photo.jpg", a_jpeg(), "jpeg"),
        ("photo.jpeg", a_jpeg() + b"what a camera appends", "jpeg"),
        ("notes.txt", "Zoë was seen.\r\n".encode(), "text"),
        ("notes.txt", b"\xef\xbb\xbfWith the mark that Notepad writes", "text"),
        ("eicar.txt", EICAR, "text"),
        ("packed.pdf", with_objects_packed(b"5 0 << /Type /Page /Title (Seen) >>"), "pdf"),
    ],
)  # fmt: skip
def test_these_are_taken_for_what_they_are(name: str, content: bytes, kind: str) -> None:
    found = examine(name, content)
    assert (found.kind.code, found.name) == (kind, name)


# ---- Not taken: rows of the table of bad input -------------------------------------------------
def a_lying_package() -> bytes:
    """Its list says that a part is ten bytes long; it unpacks to a hundred megabytes."""
    content = bytearray(a_docx({"word/media/x.emf": bytes(100_000_000)}))
    real = (100_000_000).to_bytes(4, "little")
    while (place := content.find(real)) >= 0:
        content[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def a_link() -> bytes:
    part = zipfile.ZipInfo("word/media/image1.png")
    part.external_attr = 0o120777 << 16
    file = io.BytesIO(a_docx())
    with zipfile.ZipFile(file, "a") as package:
        package.writestr(part, "/etc/passwd")
    return file.getvalue()


def twice_the_same() -> bytes:
    file = io.BytesIO(a_docx())
    with zipfile.ZipFile(file, "a") as package:
        package.writestr("WORD/document.xml", document())
    return file.getvalue()


def locked_in_parts() -> bytes:
    content = bytearray(a_docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + offset] |= 1
    return bytes(content)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">'
MAIN = "word/document.xml"
RELS = "word/_rels/document.xml.rels"


def mismatch(words: str, endings: str) -> str:
    return f"What is in the selected file does not match its name: its kind is {words}, and its name should end in {endings}."


ROWS: list[tuple[str, str, bytes, str]] = [
    ("37 empty", "a.pdf", b"", EMPTY),
    ("38 a byte too many", "a.txt", b"a" * (LARGEST + 1), TOO_LARGE),
    ("38 at the limit", "a.txt", b"a" * LARGEST, ""),
    ("39 a program", "a.pdf", b"MZ\x90\x00" + bytes(100), NOT_TAKEN),
    ("40 PDF as docx", "a.docx", a_pdf(), mismatch("PDF", ".pdf")),
    ("40 docx as xlsx", "a.xlsx", a_docx(), mismatch("Word document", ".docx")),
    ("40 picture without ending", "picture", a_jpeg(), mismatch("JPEG picture", ".jpg or .jpeg")),
    ("41 EICAR in a zip in a docx", "a.docx", a_docx({"word/media/a.png": a_package({"eicar.com": EICAR})}), HOLDS_FILES),
    ("43 a zip bomb", "a.docx", a_docx({"word/media/a.emf": bytes(30_000_000)}), TOO_LARGE_UNPACKED),
    ("43 more than is unpacked", "a.docx", a_docx({f"word/media/{n}.emf": bytes(106_000_000) for n in range(3)}), TOO_LARGE_UNPACKED),
    ("43 its list lies", "a.docx", a_lying_package(), DAMAGED),
    ("43 zip in a zip", "a.docx", a_docx({"word/media/a.dat": a_package({"b": bytes(1000)})}), HOLDS_FILES),
    ("43 objects that unpack to too much", "a.pdf", with_objects_packed(bytes(51 * 1024 * 1024)), TOO_LARGE_UNPACKED),
    ("44 billion laughs", "a.docx", a_docx({MAIN: LAUGHS + "<x>&b;</x>"}), UNREADABLE),
    ("44 DTD from outside", "a.docx", a_docx({MAIN: OUTSIDE + "<x/>"}), UNREADABLE),
    ("44 DTD in UTF-16", "a.docx", a_docx({MAIN: ('<?xml version="1.0" encoding="UTF-16"?>' + LAUGHS + "<x/>").encode("utf-16")}), UNREADABLE),
    ("44 an endless attribute", "a.docx", a_docx({MAIN: f'<x a="{"a" * 5_000_000}"/>'}), UNREADABLE),
    ("44 a long attribute", "a.docx", a_docx({MAIN: f'<x a="{"a" * 1_000_000}"/>'}), ""),
    ("44 a long text", "a.docx", a_docx({MAIN: f"<x>{'a' * 9_000_000}</x>"}), ""),
    ("44 no XML", "a.docx", a_docx({MAIN: "<w:document>"}), UNREADABLE),
    ("44 very deep", "a.docx", a_docx({MAIN: "<a>" * 5_000 + "</a>" * 5_000}), UNREADABLE),
    ("45 remote template", "a.docx", a_docx({"word/_rels/settings.xml.rels": relation("attachedTemplate", "http://evil.example/t.dotm")}), FETCHES),
    ("45 remote picture", "a.docx", a_docx({RELS: relation("image", "https://evil.example/p.png")}), FETCHES),
    ("45 link to a share", "a.docx", a_docx({RELS: relation("hyperlink", "file://evil.example/share")}), FETCHES),
    ("45 a field that starts something", "a.docx", a_docx({MAIN: document("<w:p><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO cmd</w:instrText></w:r></w:p>")}), FETCHES),
    ("45 a field with such a word", "a.docx", a_docx({MAIN: document('<w:fldSimple w:instr=" HYPERLINK &quot;https://x.example/link/dde&quot; "/>')}), ""),
    ("45 a simple field", "a.docx", a_docx({MAIN: document('<w:fldSimple w:instr=" IncludeText &quot;C:/x.docx&quot; "/>')}), FETCHES),
    ("45 the second field", "a.docx", a_docx({MAIN: document("<w:r><w:instrText>PAGE</w:instrText><w:fldChar/><w:instrText> DDE x</w:instrText></w:r>")}), FETCHES),
    ("45 another workbook", "a.xlsx", an_xlsx({"xl/externalLinks/externalLink1.xml": "<a/>"}), FETCHES),
    ("46 macros", "a.docx", a_docx({"word/vbaProject.bin": b"x"}), MACROS),
    ("46 macros by type", "a.docx", a_docx({"[Content_Types].xml": types('<Default Extension="m" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>')}), MACROS),
    ("46 macro sheet", "a.xlsx", an_xlsx({"xl/macrosheets/sheet1.xml": "<a/>"}), MACROS),
    ("46 a control", "a.docx", a_docx({"word/activeX/activeX1.xml": "<a/>"}), MACROS),
    ("46 an embedded object", "a.docx", a_docx({"word/embeddings/oleObject1.bin": b"x"}), HOLDS_FILES),
    ("46 a program as a picture", "a.docx", a_docx({"word/media/image1.png": b"MZ\x90\x00"}), HOLDS_FILES),
    ("47 JavaScript", "a.pdf", a_pdf(javascript="app.alert(1)"), RUNS),
    ("47 JavaScript by other letters", "a.pdf", a_pdf(javascript="app.alert(1)").replace(b"/JavaScript", b"/J#61vaScript"), RUNS),
    ("47 JavaScript in packed objects", "a.pdf", with_objects_packed(b"5 0 << /S/JavaScript/JS(app.alert) >>"), RUNS),
    ("47 objects packed oddly", "a.pdf", with_objects_packed(b"x", b"/Type /ObjStm /First 4 /Filter [/ASCIIHexDecode /FlateDecode]"), UNREADABLE),
    ("47 launch", "a.pdf", a_pdf(launch=True), RUNS),
    ("47 embedded file", "a.pdf", a_pdf(attached=True), HOLDS_FILES),
    ("48 password on a PDF", "a.pdf", a_pdf(password="secret"), LOCKED),
    ("48 password on a docx", "a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), LOCKED),
    ("48 password in the zip", "a.docx", locked_in_parts(), LOCKED),
    ("49 half a PDF", "a.pdf", a_pdf()[: len(a_pdf()) // 2], DAMAGED),
    ("49 half a JPEG", "a.jpg", a_jpeg()[:-2], DAMAGED),
    ("49 half a PNG", "a.png", a_png()[:-6], DAMAGED),
    ("49 a PNG altered", "a.png", a_png().replace(b"IHDR\x00\x00\x00\x02", b"IHDR\x00\x00\x00\x03"), DAMAGED),
    ("49 half a docx", "a.docx", a_docx()[:300], DAMAGED),
    ("50 a huge PNG", "a.png", a_png(30_000, 30_000), pictures.TOO_MANY_PIXELS),
    ("50 a huge JPEG", "a.jpg", a_jpeg(10_001, 10_000), pictures.TOO_MANY_PIXELS),
    ("50 in too many parts", "a.png", a_png()[:33] + (b"\x00\x00\x00\x00teXt" + zlib.crc32(b"teXt").to_bytes(4)) * 20_001 + a_png()[33:], DAMAGED),
    ("50 at the limit", "a.jpg", a_jpeg(10_000, 10_000), ""),
    ("50 a GIF", "a.gif", b"GIF89a" + bytes(50), NOT_TAKEN),
    ("51 SVG", "a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", NOT_TAKEN),
    ("51 HTML as text", "a.txt", b"\n <!DOCTYPE html><script>alert(1)</script>", NOT_TAKEN),
    ("51 XML", "a.xml", b"<?xml version='1.0'?><a/>", NOT_TAKEN),
    ("51 RTF as text", "a.txt", b"{\\rtf1\\ansi}", NOT_TAKEN),
    ("51 a table", "a.csv", b"a,b\r\n", mismatch("Plain text", ".txt")),
    ("51 text with NUL", "a.txt", b"a\x00b", NOT_TAKEN),
    ("51 a zip", "a.zip", a_package({"a.txt": b"a"}), NOT_TAKEN),
    ("51 old Word", "a.doc", OLE, OLD_OFFICE),
    ("52 PDF and zip", "a.pdf", a_pdf() + a_docx(), TWO_AT_ONCE),
    ("57 a way out", "a.docx", a_docx({"word/../../x.txt": "a"}), UNREADABLE),
    ("57 a way out by backslash", "a.docx", a_docx({"word\\..\\x.txt": "a"}), UNREADABLE),
    ("57 a link", "a.docx", a_link(), UNREADABLE),
    ("57 the same name twice", "a.docx", twice_the_same(), UNREADABLE),
    ("57 at most a thousand parts", "a.docx", a_docx({f"word/p{n}.txt": "" for n in range(packages.MOST_PARTS - 2)}), ""),
    ("57 a hundred thousand", "a.zip", a_package({f"{n}": "" for n in range(100_000)}), TOO_LARGE_UNPACKED),
    ("57 a thousand and one", "a.docx", a_docx({f"word/p{n}.txt": "" for n in range(packages.MOST_PARTS - 1)}), TOO_LARGE_UNPACKED),
]  # fmt: skip


@pytest.mark.parametrize(("row", "name", "content", "says"), ROWS, ids=[row[0] for row in ROWS])
def test_bad_input_37_to_57_what_is_not_taken_says_why(
    row: str, name: str, content: bytes, says: str
) -> None:
    assert said_of(name, content) == says


# ---- What its author may not know of ------------------------------------------------------------
def with_exif(order: str, tag: int) -> bytes:
    """A photo whose Exif has one entry."""
    short, long = ("<H", "<I") if order == "II" else (">H", ">I")
    exif = order.encode() + struct.pack(short, 42) + struct.pack(long, 8) + struct.pack(short, 1)
    exif += (
        struct.pack(short, tag)
        + struct.pack(short, 4)
        + struct.pack(long, 1)
        + struct.pack(long, 26)
        + bytes(4)
    )
    part = b"Exif\0\0" + exif
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(part) + 2) + part + a_jpeg()[2:]


HIDDEN_RUN = document("<w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r>")
SHEET = '<workbook xmlns="x"><sheets><sheet name="a" state="veryHidden"/></sheets></workbook>'


@pytest.mark.parametrize(
    ("name", "content", "holds"),
    [
        ("photo.jpg", with_exif("II", 0x8825), "the place where it was taken"),
        ("photo.jpg", with_exif("MM", 0x8825), "the place where it was taken"),
        ("photo.jpg", with_exif("MM", 0x0110), ""),
        ("letter.docx", a_docx({MAIN: document("<w:ins/><w:del/>"), "word/comments.xml": "<c/>"}), "tracked changes and comments"),
        ("letter.docx", a_docx({MAIN: HIDDEN_RUN}), "hidden text, rows or sheets"),
        ("letter.docx", a_docx({"word/styles.xml": HIDDEN_RUN}), ""),
        ("visits.xlsx", an_xlsx({"xl/workbook.xml": SHEET}), "hidden text, rows or sheets"),
        ("visits.xlsx", an_xlsx({"xl/worksheets/sheet1.xml": '<x><row hidden="1"/></x>', "xl/comments1.xml": "<c/>"}), "comments and hidden text, rows or sheets"),
    ],
)  # fmt: skip
def test_bad_input_62_what_is_in_a_file_besides_what_it_shows_is_told(
    name: str, content: bytes, holds: str
) -> None:
    assert in_words(examine(name, content).remarks) == holds


def test_bad_input_62_three_things_are_told_as_a_list() -> None:
    assert in_words(["hidden", "place", "changes"]) == (
        "the place where it was taken, tracked changes and hidden text, rows or sheets"
    )


# ---- Names -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "name", "becomes"),
    [
        (53, "../../etc/passwd", "passwd"),
        (53, "..\\..\\x.pdf", "x.pdf"),
        (53, "/etc/x", "x"),
        (54, "a\x00b.pdf", "ab.pdf"),
        (54, 'a"b;c\r\nSet-Cookie: x.pdf', "a-b-c Set-Cookie- x.pdf"),
        (55, "a\u202efdp.exe", "afdp.exe"),
        (56, "x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        (56, "CON", "file-CON"),
        (56, "con.txt", "file-con.txt"),
        (56, ".htaccess", "file.htaccess"),
        (56, " .pdf", "file.pdf"),
        (56, "...", "file"),
        (56, "", "file"),
        (56, "Bericht über Zoë 李.docx", "Bericht über Zoë 李.docx"),
        (56, "a\ud800.pdf", "a.pdf"),
    ],
)
def test_bad_input_53_to_56_a_name_becomes_one_that_harms_nobody(row: int, name: str, becomes: str) -> None:
    assert cleaned(name) == becomes


@given(st.text(max_size=400))
def test_whatever_a_name_is_it_becomes_a_short_one_and_stays_that(name: str) -> None:
    once = cleaned(name)
    assert 0 < len(once) <= LONGEST
    assert cleaned(once) == once
    assert not set(once) & set('/\\"<>:|?*;%\r\n\0')


# ---- Whatever comes ----------------------------------------------------------------------------
WHOLE = {"a.pdf": a_pdf(), "a.docx": a_docx(), "a.xlsx": an_xlsx(), "a.png": a_png(), "a.jpg": a_jpeg()}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 10**9))
def test_whatever_is_spoilt_in_a_file_it_is_taken_or_refused_in_words(name: str, seed: int) -> None:
    rest = random.Random(seed)
    content = bytearray(WHOLE[name])
    for _ in range(rest.randint(1, 12)):
        content[rest.randrange(len(content))] = rest.randrange(256)
    cut = rest.choice((len(content), rest.randrange(len(content))))
    said = said_of(name, bytes(content[:cut]))
    assert said == "" or said.startswith(("The selected", "What is in the selected file"))


def test_the_kinds_are_six() -> None:
    assert sorted(kinds.KINDS) == ["docx", "jpeg", "pdf", "png", "text", "xlsx"]
