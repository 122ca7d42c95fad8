"""Real little files of every kind that is taken, and of many that are not; made here, each in a few lines."""

import io
import struct
import zipfile
import zlib

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The text by which every scanner can be tried: all of them call it a virus, and it is none."""

OFFICE = "http://schemas.openxmlformats.org"
RELATIONS = f"{OFFICE}/officeDocument/2006/relationships"
WORD = f"{OFFICE}/wordprocessingml/2006/main"


# ---- PDF ---------------------------------------------------------------------------------------
def a_pdf(
    *, words: str = "", javascript: str = "", attached: bool = False, password: str = "", launch: bool = False
) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if words:
        writer.add_metadata({"/Title": words})
    if javascript:
        script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject(javascript)}
        writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject(name): value for name, value in script.items()}
        )
    if attached:
        writer.add_attachment("other.txt", b"Something else.")
    if launch:
        writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")}
        )
    if password:
        writer.encrypt(password, algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def with_objects_packed(
    objects: bytes, said: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
) -> bytes:
    """A PDF in which something stands in an object stream, as new programs write it."""
    body = zlib.compress(objects)
    stream = b"9 0 obj << %s /Length %d >>\nstream\n%s\nendstream endobj\n" % (said, len(body), body)
    return a_pdf().replace(b"\nxref", b"\n" + stream + b"xref", 1)


# ---- Word and Excel ----------------------------------------------------------------------------
def a_package(parts: dict[str, bytes | str], *, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def types(*more: str) -> str:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return (
        f'<?xml version="1.0"?><Types xmlns="{OFFICE}/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/>{"".join(more)}</Types>'
    )


def document(inner: str = "<w:p><w:r><w:t>Seen at home.</w:t></w:r></w:p>") -> str:
    return f'<?xml version="1.0"?><w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>'


def relation(kind: str, target: str, mode: str = "External") -> str:
    return (
        f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


def a_docx(more: dict[str, bytes | str] | None = None) -> bytes:
    return a_package({"[Content_Types].xml": types(), "word/document.xml": document(), **(more or {})})


def an_xlsx(more: dict[str, bytes | str] | None = None) -> bytes:
    book = f'<workbook xmlns="{OFFICE}/spreadsheetml/2006/main"><sheets/></workbook>'
    return a_package({"[Content_Types].xml": types(), "xl/workbook.xml": book, **(more or {})})


# ---- Pictures ----------------------------------------------------------------------------------
def a_png(width: int = 2, height: int = 2) -> bytes:
    def part(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(bytes(6))) + part(b"IEND", b"")


def a_jpeg(width: int = 2, height: int = 2) -> bytes:
    def part(marker: int, content: bytes) -> bytes:
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content

    frame = part(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    return (
        b"\xff\xd8"
        + part(0xE0, b"JFIF\x00")
        + frame
        + part(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x12\x34\xff\xd9"
    )
