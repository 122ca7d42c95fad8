"""Bad input before any page sees it, by the rows of the corpus: hosts, methods, bodies, cookies, headers. Never an error
of ours, nothing stored, and nothing in the log that could pass for a line of its own."""

import logging
import socket
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.module_loading import import_string

from config.logs import Line
from config.urls import handler429
from config.wsgi import application
from tests import factories, services
from tests.factories import World
from tests.house.routes import every_route
from tests.reviews.asking import row_counts, signed_in, text_of

pytestmark = pytest.mark.django_db
TYPED = "Zebedee Canary, born 1 March 2020"


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, written as in production."""
    caplog.handler.setFormatter(Line("%(levelname)s %(name)s: %(message)s"))
    caplog.set_level(logging.INFO)
    return caplog


# ---- 66 to 69: what a list is asked -------------------------------------------------------------
def test_bad_input_66_to_68_no_list_is_upset_by_what_it_is_asked(manager: Client, world: World) -> None:
    factories.asked_returns(world, factories.a_notified_case(world))
    asked = [
        "page=0&order=password&q=%25'%20OR%201=1--&on=9999-12-31&year=99999999999",
        "page=٣&page[]=1&sort=case__child__name&filter=__class__&q=%5C&on=2026-02-30&state=%27&show="
        + "x" * 3000,
    ]
    lists = [
        route.path for route in every_route() if "<" not in route.pattern and "POST" not in route.pattern
    ]
    found = {
        (path, query): status
        for path in lists
        if manager.get(path).status_code == 200
        for query in asked
        if (status := manager.get(f"{path}?{query}").status_code) not in (200, 302, 400, 404)
    }
    assert found == {}


def test_bad_input_69_a_search_is_never_a_pattern(manager: Client, world: World) -> None:
    factories.a_referral(world)
    for q in ("(a+)+$", "a" * 5000 + "!", "(" * 5000, "[" * 5000, ".*"):
        with CaptureQueriesContext(connection) as asked:
            answer = manager.get(reverse("case-list"), {"q": q})
        assert (answer.status_code, "No case matches." in text_of(answer)) == (200, True)
        said = " ".join(query["sql"].upper() for query in asked)
        assert [word for word in (" REGEXP ", " ~ ", " ~* ", "SIMILAR TO") if word in said] == []


# ---- 71 to 73: who is asked, and how ------------------------------------------------------------
@pytest.mark.parametrize(
    "host", ["evil.test", "testserver,evil.test", "testserver, testserver", "testserver:80@evil.test", "a b", "[::"]
)  # fmt: skip
def test_bad_input_71_only_our_own_host_is_answered(client: Client, host: str) -> None:
    for path in ("/sign-in/", "/health/live", "/nowhere/"):
        answer = client.get(path, HTTP_HOST=host)
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()


def test_bad_input_71_no_header_moves_where_we_lead(manager: Client, world: World) -> None:
    poison = {"X-Forwarded-Host": "evil.test", "X-Host": "evil.test", "Forwarded": "host=evil.test",
              "X-Forwarded-Server": "evil.test", "X-Original-URL": "/administration/"}  # fmt: skip
    for path in ("/", "/administration/people/", "/due/feed/", "/sign-in/"):
        answer = manager.get(path, headers=poison)
        assert "evil.test" not in answer.content.decode() + str(dict(answer.headers))
    factories.a_notified_case(world)
    assert [one for one in mail.outbox if "evil" in one.body] == []


def test_bad_input_73_no_address_is_moved_by_a_method_that_it_does_not_take(
    manager: Client, world: World
) -> None:
    case = factories.a_notified_case(world)
    before = row_counts() | {"workflows.ledgerentry": 0}
    for path in (case.get_absolute_url(), reverse("case-list"), reverse("health-live")):
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            assert manager.generic(method, path).status_code == 405, (method, path)
        for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
            assert manager.get(path + "?_method=DELETE", headers={name: "DELETE"}).status_code == 200
    answer = manager.get("/sign-out/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Nothing has been changed" in text_of(answer)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert row_counts() | {"workflows.ledgerentry": 0} == before  # that the case was read is noted


# ---- 74: bodies ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a": 1, "a": 2}',
        "1e999",
        '{"__proto__": {}}',
        '"\\ud800"',
        "nul",
        "{}",
    ],
    ids=["deep", "twice", "large", "proto", "surrogate", "cut off", "plain"],
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml", "", "multipart/mixed"])
def test_bad_input_74_what_is_no_form_is_refused_with_a_reason(manager: Client, body: str, kind: str) -> None:
    before = row_counts()
    answer = manager.post(reverse("refer"), body, content_type=kind)
    assert answer.status_code == 400
    assert "takes the forms of its own pages and nothing else, such as JSON" in text_of(answer)
    assert row_counts() == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=hex", b"a=1"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"a=1"),
        ("multipart/form-data; boundary=x; charset=zip", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
        ("multipart/form-data; boundary=x; charset=idna", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
        ("multipart/form-data", b"a=1"),
        ("multipart/form-data; boundary=", b"a=1"),
        ("multipart/form-data; boundary=" + "x" * 500, b"a=1"),
        ("multipart/form-data; boundary=x", b"\x00\xff" * 500),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n'),
    ],
)  # fmt: skip
def test_bad_input_61_a_form_that_cannot_be_read_is_refused(manager: Client, kind: str, body: bytes) -> None:
    before = row_counts()
    answer = manager.generic("POST", reverse("refer"), body, content_type=kind)
    assert answer.status_code in (200, 400)  # 200: nothing was in it, and the form says what is missing
    assert row_counts() == before


def said_to(rf: RequestFactory, method: str, kind: str) -> tuple[str, dict[str, str]]:
    """Status and headers, asked as gunicorn asks: Django reads the kind of a body before any middleware."""
    environ = {
        **rf.generic(method, "/sign-in/?a=1", b"a=1").environ,
        "CONTENT_TYPE": kind,
    }  # a query is read with it
    given: list[Any] = []
    b"".join(application(environ, lambda status, headers: given.append((status, dict(headers)))))
    [(status, headers)] = given
    return status, headers


@pytest.mark.parametrize(
    "charset",
    [
        "=hex", '="HEX"', "=zip", "=bz2", "=base64", "=rot13", "=idna", "=undefined", "=utf-16", "=nope", "=",
        "=utf-8; charset=none", "*=nope''utf-8", "*=utf-8''nope", "*0=he; charset*1=x", "*00; charset*=utf-8''x", "=\xff",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bad_input_61_an_alphabet_that_is_none_is_refused_whatever_is_asked_for(
    rf: RequestFactory, method: str, charset: str
) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        status, headers = said_to(rf, method, f"{kind}; charset{charset}")
        assert (status, headers["Cache-Control"]) == ("400 Bad Request", "no-store"), kind


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_the_alphabet_that_browsers_write_in_is_taken(rf: RequestFactory, charset: str) -> None:
    for method in ("GET", "POST"):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        assert said_to(rf, method, kind)[0] == (
            "200 OK" if method == "GET" else "403 Forbidden"
        )  # it has no token


@pytest.mark.parametrize("said", ["", "; charset=UTF-8", '; charset="utf8"'])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_too_many_fields_in_an_address_break_nothing_also_when_an_alphabet_is_said(
    rf: RequestFactory, kind: str, said: str
) -> None:
    environ = rf.post("/cases/refer/", b"", content_type=kind + said).environ
    given: list[str] = []

    b"".join(application({**environ, "QUERY_STRING": "a=1&" * 1500}, lambda status, *_: given.append(status)))

    assert given == ["403 Forbidden"]  # it has no token


@pytest.mark.parametrize("length", ["abc", "-1", "+5", "1e3", "１２", "1, 1", " 7"])
def test_bad_input_61_a_length_that_is_none_is_refused(client: Client, length: str) -> None:
    assert client.post("/sign-in/", {"username": "a"}, CONTENT_LENGTH=length).status_code == 400


# ---- 75 and 80: cookies and headers -------------------------------------------------------------
@pytest.mark.parametrize(
    "cookie", ['"\\000' + "a" * 32 + '"', "a" * 40_000, "'; DROP TABLE", "%00", '"\\377\\376"', "\\", "ÿ"]
)  # fmt: skip
def test_bad_input_75_a_cookie_that_no_server_made_is_nobody_s(cookie: str) -> None:
    answer = Client().get(
        "/", headers={"Cookie": f"sessionid={cookie}; csrftoken={cookie}; messages={cookie}"}
    )
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).path == "/sign-in/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-10"},
        {"Range": "bytes=" + "0-1," * 5000},
        {"If-None-Match": '"x", *'},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "x" * 5000},
        {"Accept": "application/x-" + "y" * 8000},
        {"Accept-Language": "xx-" + "y" * 500 + ", *;q=9, \xff"},
        {"Referer": "http://["},
        {"Origin": "http://["},
        {"Cookie": "=; ;;=;\x01"},
        {"X-Forwarded-For": "' OR 1=1, ::1, " + "9" * 5000},
        {"Authorization": "Basic AAA"},
        {"Expect": "200-maybe"},
    ],
)  # fmt: skip
def test_bad_input_80_no_header_opens_shortens_or_breaks_a_page(
    manager: Client, world: World, headers: dict[str, str]
) -> None:
    case = factories.a_referral(world)
    for client, address, status in (
        (manager, case.get_absolute_url(), 200),
        (manager, reverse("case-list-csv"), 200),
        (signed_in(factories.a_person("x@example.org", "X")), case.get_absolute_url(), 404),
    ):
        given = {**headers}
        if "Cookie" in given:
            given["Cookie"] += f"; sessionid={client.cookies['sessionid'].value}"
        assert client.get(address, headers=given).status_code == status
    forged = Client(enforce_csrf_checks=True).post("/sign-in/", {"sent_again": "x"}, headers=headers)
    assert forged.status_code == 403


@pytest.mark.parametrize(
    "path", ["/%0d%0aSet-Cookie:%20a=b/", "/%0aERROR%20root:%20forged", "/%7f", "/%1b[2J"]
)
def test_bad_input_80_a_line_end_in_a_path_ends_no_line(
    client: Client, log: pytest.LogCaptureFixture, path: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, "Set-Cookie" in str(answer.headers)) == (400, False)
    (line,) = log.text.splitlines()
    assert line.startswith("WARNING django.request: Bad Request: /")
    assert not any(character in line for character in "\r\x1b\x7f")


def test_bad_input_80_a_line_end_in_whatever_is_logged_ends_no_line(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("any").warning("Host %s", "a\r\nERROR root: forged\x85\u2028\x00")
    assert log.text == "WARNING any: Host a\\r\\nERROR root: forged\\x85\\u2028\\x00\n"


# ---- The pages for errors -----------------------------------------------------------------------
def quoted(answer: Any) -> str:
    """The id that an error page asks people to quote."""
    words = text_of(answer)
    return words.partition("quote ")[2].partition(".")[0].strip()


@pytest.mark.parametrize(
    ("given", "status"),
    [({"path": "/?q=%00"}, 400), ({"path": "/cases/abc/"}, 404), ({"path": "/sign-out/"}, 405)],
)
def test_an_error_page_has_an_id_that_the_log_has_too(
    manager: Client, log: pytest.LogCaptureFixture, given: dict[str, str], status: int
) -> None:
    answer = manager.get(**given)
    assert (answer.status_code, len(quoted(answer))) == (status, 10)
    assert log.text.splitlines()[-1].endswith(f"[{quoted(answer)}]")


def test_a_page_that_breaks_is_told_by_kind_and_place_and_without_what_was_typed(
    manager: Client, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a page that fails over what somebody typed
    def broken(*given: Any, **more: Any) -> None:
        try:
            int(TYPED)
        except ValueError as error:
            raise RuntimeError(TYPED) from error

    monkeypatch.setattr("reviews.views.cases.render", broken)
    manager.raise_request_exception = False

    answer = manager.get(reverse("case-list"))

    # Then page and log have one id, the log has the place of both errors, and neither has the name.
    assert answer.status_code == 500
    assert "Sorry, there is a problem with the service" in text_of(answer)
    assert f"Internal Server Error: /cases/ [{quoted(answer)}]" in log.text
    assert "builtins.ValueError\nThen:" in log.text
    assert log.text.rstrip().endswith("builtins.RuntimeError")
    assert "test_bad_input_at_the_edge.py" in log.text
    assert "Zebedee" not in log.text + answer.content.decode() + str(answer.headers)
    assert mail.outbox == []


def test_a_database_that_is_away_is_a_page_that_says_to_come_back(log: pytest.LogCaptureFixture) -> None:
    # Given a database that refuses whatever is asked, from the session on
    def away(*given: Any) -> None:
        raise OperationalError("connection to server failed: No space left")

    client = Client(raise_request_exception=False, headers={"Cookie": "sessionid=" + "a" * 32})
    with connection.execute_wrapper(away):
        answer = client.get("/cases/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Sorry, the service is not available" in text_of(answer)
    assert quoted(answer) in log.text
    assert "No space left" in log.text  # of the server, not of a case: who mends it must know


def test_the_page_for_whoever_tried_too_often_says_what_to_do(rf: Any) -> None:
    answer = import_string(handler429)(rf.get("/"))

    assert (answer.status_code, answer.headers["Cache-Control"]) == (429, "no-store")
    assert "Wait a few minutes, then try again." in text_of(answer)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-18T14:05:06+00:00", "2026-03-18T14:05:06Z"),
        ("2026-07-18T14:05:06+00:00", "2026-07-18T14:05:06Z"),
        ("2026-10-25T00:30:00.999+00:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T01:30:00Z"),
    ],
    ids=["winter", "summer", "half past one in London", "half past one again"],
)
def test_a_line_of_the_log_says_its_instant_in_utc_and_that_it_is(at: str, said: str) -> None:
    record = logging.makeLogRecord(
        {"name": "any", "levelname": "INFO", "msg": "Said", "created": datetime.fromisoformat(at).timestamp()}
    )
    line = Line(settings.LOGGING["formatters"]["line"]["format"])

    assert line.format(record) == f"{said} INFO any: Said"


def test_a_task_that_failed_is_told_without_what_it_said(log: pytest.LogCaptureFixture) -> None:
    try:
        raise LookupError(TYPED)
    except LookupError:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] raised unexpected: %(exc)s", {"name": "sweep", "id": "1", "exc": "Zebedee"},
            exc_info=True, extra={"data": {"name": "sweep", "id": "1"}},
        )  # fmt: skip
    assert log.text.startswith("ERROR celery.app.trace: Task sweep[1] failed\n")
    assert log.text.rstrip().endswith("builtins.LookupError")
    assert "Zebedee" not in log.text


# ---- The same at the real server ----------------------------------------------------------------
@pytest.mark.processes
@pytest.mark.once
def test_what_is_no_request_at_all_gets_an_answer_and_the_next_one_is_served(tmp_path: Path) -> None:
    environment = services.environment_with(VAR_DIR=str(tmp_path), HTTPS="0", SECRET_KEY="x" * 60)
    port = services.free_port()

    def said(raw: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(raw)
            return line.recv(200).split(b"\r\n")[0]

    def is_up() -> bool:
        try:
            return said(
                b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            ).endswith(b"200 OK")
        except OSError:
            return False

    post = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    with services.gunicorn(environment, tmp_path / "web.log", port):
        services.wait_for(is_up, saying="the web")
        for raw in (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\nConnection: close\r\n\r\n",
            post + b"Content-Length: 1\r\nContent-Length: 5\r\n\r\nx",
            post + b"Content-Length: x\r\n\r\n",
            post + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
            b"nonsense\r\n\r\n",
        ):
            assert said(raw).split(b" ")[1] in (b"400", b"431"), raw[:80]
        assert is_up()
