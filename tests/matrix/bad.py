"""What nobody should send, and some do: values for boxes, addresses, queries, bodies and headers. Data alone.

After the corpus of bad input (tests/reviews/test_bad_input.py and its like say what each is answered); here they come
in any order, anywhere.
"""

NUL, LONE, ZALGO = "\0", "\ud800", "Z" + "\u0334\u0321\u0489" * 3000

TEXTS = (
    "", " ", "\u200b\u200b", "Words.", "O'Brien, Zoë", "李", "Null", "<script>alert(1)</script>", "{{7*7}}", "${7*7}",
    "{% debug %}", "%s %(a)s {0}", f"A{NUL}B", LONE, f"a{LONE}b", ZALGO, "a\u202efdp.exe", "x" * 20_001, "x" * 300,
    "a\r\nBcc: e@x.test", "a@x.test\nBcc: e@x.test", "x" * 300 + "@example.org", "\u0131@example.org", "' OR 1=1--",
    "%' OR 1=1--", "%25%25%25", "_", "\\", "(a+)+$", "(" * 3000, "=HYPERLINK(\"http://evil.test\")", "+1", "-1", "@x",
    "＝1", "\ufeffa", "\u2028", "\x85", "\x7f", "\ufffd", "\U0001f600" * 50, "../../etc/passwd", "javascript:alert(1)",
)  # fmt: skip
NUMBERS = (
    "0", "-1", "1", "1.5", "1e400000000", "NaN", "inf", "-inf", "9" * 5000, "2147483648", "9223372036854775808",
    "99999999999999999999", "٣", "１２", "+5", " 7 ", "1_000", "0x10", "²", "1e3", "-0", "00000000001", "True",
)  # fmt: skip
DAYS = (
    "31/02/2026", "29/02/2026", "01/01/1850", "31/12/9999", "0000-00-00", "1 2", "Feb", "２０２６", "2026-02-30",
    "10000", "0", "-1", "9999", "1", "24:00", "01:30", "25:61", "2027-10-31", "2026-05-04", "1e9", "aa:bb", "",
    "99999999999", "0001", "1899", "2101", "12:00:00+99:99", "٣", "²",
)  # fmt: skip
KEYS = (
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "abc", "{1}", "1", "-1", "None",
    "00000000-0000-4000-8000-00000000000", "urn:uuid:00000000-0000-4000-8000-000000000000",
)  # fmt: skip
EVERYTHING = TEXTS + NUMBERS + DAYS + KEYS

IN_AN_ADDRESS = (
    "%00", "%ed%a0%80", "%ff", "%0d%0aX:%20y", "%2e%2e%2f", "..", "%2f", "%5c", "a%20b", "x" * 3000, "%", "%zz", "'",
    "~", "%E2%80%AE", "%25", "*", ";", "a=b", "１", "99999999999999999999", "9223372036854775808", "-1", "0", "abc",
)  # fmt: skip
IN_A_QUERY = (
    "%00", "%ed%a0%80", "%ff", "%", "=", "&&&", "a", "a[]=1&a[b]=2", "q=%00", "q=%25%27", "page=-1", "page=1e9",
    "page=%D9%A3", "next=https://evil.test", "next=//evil.test", "next=/%5Cevil.test", "next=javascript:alert(1)",
    "order=password&sort=case__child__name&filter=__class__", "a=1&" * 1100, "x=" + "y" * 30_000, "?", "#",
)  # fmt: skip
ASKED = (
    "agency", "before", "case", "check", "from", "gap", "key", "kind", "limit", "next", "on", "on_day", "on_month", "on_year",
    "page", "partnership", "person", "q", "rule", "show", "since", "sort", "state", "to", "year", "today_day", "today_month",
    "today_year", "format", "date",
)  # fmt: skip
"""Names that our pages ask of an address, and some that they do not."""

FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = (
    "", "application/json", "text/plain", "text/xml", "multipart/mixed; boundary=x", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 500, "multipart/form-data; boundary=\xff",
    f"{FORM}; charset=hex", f"{FORM}; charset=utf-16", f"{FORM}; charset=zip", f"{FORM}; charset=rot13",
    f"{FORM}; charset=idna", f"{FORM}; charset=", f"{FORM}; charset=\xff", f"{FORM}; charset=\"utf-8", f"{FORM};;;",
    f"{FORM}; charset*=utf-8''hex", f"{FORM}; charset=UTF8", f"{FORM}; Charset=hex", f"{FORM}; charset=undefined",
    "multipart/form-data; boundary=x; charset=hex", "multipart/form-data; boundary=x; charset=undefined", "a/b/c", "/",
)  # fmt: skip
BODIES = (
    b"", b"&", b"=", b"a", b"%", b"%00=%00", b"a=%ed%a0%80", b"a=\xff\xfe", b"a=1&" * 1100, b"[" * 100_000, b"nul",
    b'{"a": 1, "a": 2}', b'{"a": 1e999}', b'"\\ud800"', b"\x00" * 100, b"--x--", b"--x\r\n", b"\xef\xbb\xbfa=1",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n', b"a=" + b"x" * 2_200_000,
)  # fmt: skip
PART_HEADERS = (
    'form-data; name="{}"', "form-data; name={}", "form-data", 'form-data; name="{}"; filename="a\\x00.pdf"',
    'form-data; name="{}"; filename="../../etc/passwd"', 'form-data; name="{}"; filename*=hex\'\'zz', "attachment",
    'form-data; name="{}"; filename=""', 'form-data; name*=utf-8\'\'%ff; name="{}"', 'form-data; name="{}"; filename="\xff"',
    'form-data; name="{}"; filename*=undefined\'\'%ff',
)  # fmt: skip
PART_TYPES = (
    "", "text/plain", "text/plain; charset=hex", "text/plain; charset=undefined", "text/plain; charset=\xff",
    "multipart/mixed; boundary=y", "application/octet-stream", "application/octet-stream; charset=zip", ";;",
)  # fmt: skip
PART_ENCODINGS = ("", "base64", "quoted-printable", "8bit", "gzip", "\xff")

HEADERS = (
    ("HTTP_HOST", "evil.test"), ("HTTP_HOST", "[::"), ("HTTP_HOST", ""), ("HTTP_X_FORWARDED_HOST", "evil.test"),
    ("HTTP_RANGE", "bytes=0-10"), ("HTTP_RANGE", "bytes=" + "0-1," * 2000), ("HTTP_IF_NONE_MATCH", '"x", *'),
    ("HTTP_IF_NONE_MATCH", "\xff" * 50), ("HTTP_IF_MODIFIED_SINCE", "x" * 500), ("HTTP_IF_MATCH", "*"),
    ("HTTP_IF_MODIFIED_SINCE", "Thu, 01 Jan 0000 00:00:00 GMT"), ("HTTP_IF_MODIFIED_SINCE", "Sun, 31 Feb 2026 99:99:99 GMT"),
    ("HTTP_IF_UNMODIFIED_SINCE", "Thu, 01 Jan 99999 00:00:00 GMT"), ("HTTP_ACCEPT", "\xff" * 100),
    ("HTTP_ACCEPT_LANGUAGE", "xx-" + "y" * 500 + ", *;q=9, \xff"), ("HTTP_ACCEPT_LANGUAGE", "en" + ",de" * 3000),
    ("HTTP_REFERER", "http://["), ("HTTP_REFERER", "\xff"), ("HTTP_ORIGIN", "http://["), ("HTTP_ORIGIN", "null"),
    ("HTTP_X_FORWARDED_FOR", "' OR 1=1, ::1, " + "9" * 2000), ("HTTP_X_FORWARDED_FOR", "\xff"),
    ("HTTP_AUTHORIZATION", "Basic \xff"), ("HTTP_EXPECT", "200-maybe"), ("HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"),
    ("HTTP_USER_AGENT", "\xff" * 3000), ("HTTP_USER_AGENT", ""), ("CONTENT_LENGTH", "-1"), ("CONTENT_LENGTH", "abc"),
    ("CONTENT_LENGTH", "１２"), ("HTTP_TRANSFER_ENCODING", "chunked"),
    ("REMOTE_ADDR", "\xff"), ("REMOTE_ADDR", ""), ("HTTP_X_REQUESTED_WITH", "XMLHttpRequest"), ("HTTP_ACCEPT_ENCODING", "gzip;q=x"),
)  # fmt: skip
COOKIES = (
    '"\\000' + "a" * 32 + '"',
    "a" * 4000,
    "'; DROP TABLE",
    "%00",
    '"\\377\\376"',
    "\\",
    "ÿ",
    "",
    '"[[\\"__json_message\\"]]"',
)
