"""Requests that nobody should send, made up from the URLconf: any address, any method, as anybody, with anything in it.

Each is made from the seed and its number alone, so that one can be sent again: FUZZ=seed:number. Whatever comes back
may refuse, and must not break, nor show anybody a word of a case that is not theirs.
"""

import random
import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, quote_from_bytes

from django.conf import settings
from django.core import mail
from django.core.signals import request_started
from django.db import close_old_connections, transaction
from django.test import Client, RequestFactory

from config.manifest import METHODS, Line, routes
from config.wsgi import application
from tests.matrix import bad
from tests.matrix.asking import ALWAYS, address, lines, scopes_of, the_client, words_in
from tests.matrix.expected import MAY, PERSONAS, Persona, expected, words_open_to
from tests.matrix.world import Cast

BY_NAME = {persona.name: persona for persona in PERSONAS}
VIEWS = dict(routes())
OFTEN = (
    "business manager",
    "author, same case",
    "agency lead",
    "co-chair",
    "panel",
    "user administrator",
    "auditor",
)
"""Who is let in to much, so that bad input gets further than the door."""
A_TAG = re.compile(r"<(input|select|textarea|button|option)\b([^>]*)>", re.IGNORECASE)
AN_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


@dataclass(frozen=True, slots=True)
class Made:
    """One request, and as whom it is sent."""

    seed: str
    number: int
    persona: Persona
    method: str
    path: str
    body: bytes = b""
    content_type: str = bad.FORM
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [
            f"FUZZ={self.seed}:{self.number} as {self.persona.name}",
            f"{self.method} {self.path[:500]!r}",
        ]
        if self.method in ("POST", "PUT", "PATCH"):
            said.append(f"{self.content_type[:200]!r} {self.body[:1500]!r} ({len(self.body)} bytes)")
        said += [f"{name}: {value[:200]!r}" for name, value in (self.headers | self.cookies).items()]
        return "\n  ".join(said)


class Boxes:
    """The boxes of each address that takes a form: their names, and what may stand in each."""

    def __init__(self, senders: "Senders", cast: Cast) -> None:
        self.senders, self.cast = senders, cast
        self.found: dict[str, dict[str, list[str]]] = {}

    def of(self, line: Line) -> dict[str, list[str]]:
        """Name -> what is offered there: as the page has it, asked once as somebody who may; or as its form declares."""
        if line.route not in self.found:
            self.found[line.route] = self._of_the_page(line) or declared_boxes(VIEWS[line.route])
        return self.found[line.route]

    def _of_the_page(self, line: Line) -> dict[str, list[str]]:
        if not {"GET", "POST"} <= line.methods:
            return {}
        where = [
            (name, scope) for name in ("business manager", *OFTEN, "anonymous") for scope in scopes_of(line)
        ]
        may = (
            (BY_NAME[name], scope)
            for name, scope in where
            if expected(line, BY_NAME[name], scope, "GET") == MAY
        )
        persona, scope = next(may, (None, ""))
        if persona is None:
            return {}
        client = self.senders.client(persona)  # before what is taken back: its session must stay
        with transaction.atomic():
            answer = client.get(address(line, self.cast.where[scope]))
            transaction.set_rollback(True)
        return boxes_in(answer.content.decode()) if answer.status_code == 200 else {}


def declared_boxes(view: Any) -> dict[str, list[str]]:
    """What the form of a view declares, without anything looked up."""
    made_of = getattr(view, "view_class", None)
    if not hasattr(made_of, "asked"):
        return {}
    found: dict[str, list[str]] = {}
    for name, asked in made_of.asked(**ALWAYS).items():
        if boxes := getattr(asked, "boxes", ()):
            found |= {f"{name}_{box}": [] for box in boxes}
        else:
            found[name] = [str(value) for value, _ in getattr(asked, "choices", ())]
    return found


def boxes_in(page: str) -> dict[str, list[str]]:
    """The boxes of the page's own form (after the navigation's), each with the values that stand or may be chosen there."""
    found: dict[str, list[str]] = {}
    last = ""
    for tag, attributes in A_TAG.findall(page.partition("<main")[2]):
        given = {name.lower(): unescape(text) for name, text in AN_ATTRIBUTE.findall(attributes)}
        if tag.lower() == "option":
            if last:
                found[last].append(given.get("value", ""))
            continue
        last = given.get("name", "")
        if last:
            found.setdefault(last, [])
            if "value" in given:
                found[last].append(given["value"])
    return found


class Senders:
    """A browser for each persona, made when it is first asked for."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.made: dict[str, tuple[Client, str]] = {}

    def client(self, persona: Persona, cookies: dict[str, str] | None = None) -> Client:
        """Their browser, signed in as it was at first, whatever it was sent since."""
        if persona.name not in self.made:
            client = the_client(self.cast, persona)
            held = client.cookies.get(settings.SESSION_COOKIE_NAME)
            self.made[persona.name] = client, held.value if held else ""
        client, session = self.made[persona.name]
        client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session} if session else {})
        for name, value in (cookies or {}).items():
            client.cookies[name] = value
        return client


# ---- Making one up -----------------------------------------------------------------------------
class Maker:
    """Makes up requests about the world of the matrix."""

    def __init__(self, cast: Cast, seed: str) -> None:
        self.cast, self.seed = cast, seed
        self.senders = Senders(cast)
        self.boxes = Boxes(self.senders, cast)
        self.lines = lines()
        keys = {str(value) for where in cast.where.values() for value in where.values() if value}
        self.keys = sorted(keys, key=lambda key: (len(key), key))
        """Of all there is in any scope: where one belongs, another is put."""

    def make(self, number: int) -> Made:
        """The request of that number. The first to each address is sent to what is there, so that none is left out."""
        at_random = random.Random(f"{self.seed}:{number}")
        line = self.lines[number % len(self.lines)]  # every address, equally often
        is_first = number < len(self.lines)
        is_sent = "POST" in line.methods and (at_random.random() < 0.85 or is_first)
        scope = at_random.choice(scopes_of(line))
        persona = self._persona(at_random, line, scope, "POST" if is_sent else "GET")
        method = (
            "POST"
            if is_sent
            else at_random.choice(("GET",) * 8 + ("HEAD", *sorted(METHODS), "TRACE", "BREW"))
        )
        path = self._path(at_random, line, scope, is_whole=is_first)
        body, content_type = b"", bad.FORM
        if method in ("POST", "PUT", "PATCH"):
            body, content_type = self._body(at_random, line)
        few = at_random.choice((0,) * 6 + (1, 3))
        return Made(
            self.seed, number, persona, method, path, body, content_type,
            headers=dict(at_random.choice(bad.HEADERS) for _ in range(few)),
            cookies=self._cookies(at_random),
        )  # fmt: skip

    def _persona(self, at_random: random.Random, line: Line, scope: str, method: str) -> Persona:
        """Half of the time somebody who may, where there is one; otherwise anybody."""
        if at_random.random() < 0.5:
            may = [name for name in OFTEN if expected(line, BY_NAME[name], scope, method) == MAY]
            if may:
                return BY_NAME[at_random.choice(may)]
        return at_random.choice(PERSONAS)

    def _path(self, at_random: random.Random, line: Line, scope: str, *, is_whole: bool) -> str:
        """The address of something there; or with another's key, or nonsense, in the place of some part of it."""
        path = address(line, self.cast.where[scope]).partition("?")[0]
        if at_random.random() < 0.3 and not is_whole:
            parts = path.split("/")
            places = [place for place, part in enumerate(parts) if part]
            if places:
                kind = at_random.choice((self.keys, self.keys, bad.IN_AN_ADDRESS))
                parts[at_random.choice(places)] = at_random.choice(kind)
            path = "/".join(parts)
        asked = []
        if at_random.random() < 0.35:
            for _ in range(at_random.choice((1, 1, 2, 4))):
                name = at_random.choice(bad.ASKED)
                asked.append(f"{name}={_quoted(at_random.choice((*bad.EVERYTHING, *self.keys[:30])))[:4000]}")
        if at_random.random() < 0.15:
            asked.append(at_random.choice(bad.IN_A_QUERY))
        return path + (f"?{'&'.join(asked)}" if asked else "")

    def _body(self, at_random: random.Random, line: Line) -> tuple[bytes, str]:
        """A form as the page would send it, with some of it spoilt; or something that is no form at all."""
        chance = at_random.random()
        if chance < 0.06:
            return at_random.choice(bad.BODIES), at_random.choice((bad.FORM, *bad.CONTENT_TYPES))
        boxes = self._filled(at_random, line)
        if chance < 0.16:
            return _in_parts(at_random, boxes), "multipart/form-data; boundary=x"
        body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in boxes).encode()
        if chance < 0.22:
            return body, at_random.choice(bad.CONTENT_TYPES)
        if chance < 0.26:
            place = at_random.randrange(len(body) + 1)
            body = (
                body[:place]
                + at_random.choice((b"\xff", b"%ff", b"\x00", b"%", b"%ed%a0%80", b";"))
                + body[place:]
            )
        return body, bad.FORM

    def _filled(self, at_random: random.Random, line: Line) -> list[tuple[str, str]]:
        spoilt = at_random.choice((0, 1, 1, 1, 2, 3, 30))
        offered = self.boxes.of(line)
        filled = [(name, _something(at_random, name, values)) for name, values in offered.items()]
        filled = [(name, value) for name, value in filled if name != "csrfmiddlewaretoken"]
        for _ in range(min(spoilt, len(filled))):
            place = at_random.randrange(len(filled))
            name = filled[place][0]
            match at_random.randrange(12):
                case 0:
                    del filled[place]
                    if not filled:
                        break
                case 1:
                    filled.append((name, at_random.choice(bad.EVERYTHING)))
                case 2:
                    filled[place] = (name, at_random.choice(self.keys))
                case 3:
                    filled[place] = (at_random.choice(bad.TEXTS), filled[place][1])
                case _:
                    likely = (
                        bad.DAYS if name.endswith(("_day", "_month", "_year", "_time")) else bad.EVERYTHING
                    )
                    filled[place] = (name, at_random.choice(likely))
        if "form_token" not in offered or at_random.random() < 0.03:
            filled.append(("form_token", at_random.choice((*bad.KEYS, str(_uuid(at_random))))))
        if at_random.random() < 0.1:
            filled.append(at_random.choice((("is_superuser", "1"), ("state", "closed"), ("agency", self.keys[0]),
                                            ("seen_version", at_random.choice(bad.NUMBERS)), ("sent_again", "x"))))  # fmt: skip
        return filled

    def _cookies(self, at_random: random.Random) -> dict[str, str]:
        if at_random.random() < 0.93:
            return {}
        name = at_random.choice(
            (
                settings.SESSION_COOKIE_NAME,
                settings.CSRF_COOKIE_NAME,
                settings.DEVICE_COOKIE_NAME,
                "messages",
                "x",
            )
        )
        return {name: at_random.choice(bad.COOKIES)}


def _uuid(at_random: random.Random) -> str:
    digits = f"{at_random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _something(at_random: random.Random, name: str, offered: list[str]) -> str:
    """What a person could put in that box."""
    if name == "form_token":
        return _uuid(at_random)  # the page's own is written anew each time
    chosen = [value for value in offered if value]
    if chosen:
        return at_random.choice(chosen)
    for end, value in (("_day", "1"), ("_month", "4"), ("_year", "2026"), ("_time", "09:30")):
        if name.endswith(end):
            return at_random.choice((value, "20", "2")) if end == "_day" else value
    return at_random.choice(("Words that somebody typed.", "somebody@northborough.example", "5", "5wd"))


def _quoted(text: str) -> str:
    """Percent-encoded, a lone surrogate as the bytes that it would be."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def _in_parts(at_random: random.Random, boxes: list[tuple[str, str]]) -> bytes:
    """The same form as multipart/form-data, a part of it spoilt now and then."""
    said = []
    for name, value in boxes:
        is_spoilt = at_random.random() < 0.1
        header = at_random.choice(bad.PART_HEADERS) if is_spoilt else bad.PART_HEADERS[0]
        lines_of = [f"Content-Disposition: {header.format(quote(name, safe='', errors='replace'))}"]
        if is_spoilt and (kind := at_random.choice(bad.PART_TYPES)):
            lines_of.append(f"Content-Type: {kind}")
        if is_spoilt and (encoding := at_random.choice(bad.PART_ENCODINGS)):
            lines_of.append(f"Content-Transfer-Encoding: {encoding}")
        head = "\r\n".join(lines_of).encode("latin-1", "replace")
        said.append(b"--x\r\n" + head + b"\r\n\r\n" + value.encode("utf-8", "surrogatepass") + b"\r\n")
    return b"".join(said) + at_random.choice((b"--x--\r\n",) * 8 + (b"", b"--x", b"--y--\r\n"))


# ---- Sending it --------------------------------------------------------------------------------
def amiss(made: Made, senders: Senders, answered: Counter[str]) -> list[str]:
    """Send it, take back what it did, and say what is wrong with the answer. Counts it by method and status."""
    mail.outbox.clear()
    client = senders.client(made.persona, made.cookies)  # before what is taken back: its session must stay
    with transaction.atomic():
        try:
            status, said, body, told = (
                _as_served(made) if "charset" in made.content_type.lower() else _by(client, made)
            )
        except Exception:
            return [f"was thrown past every handler:\n{traceback.format_exc(limit=-6)}"]
        finally:
            transaction.set_rollback(True)
    answered[f"{made.method} {status}"] += 1
    wrong = []
    if status >= 500:
        wrong.append(f"answered {status}\n{told}")
    if not_theirs := (words_in(body.decode(errors="replace")) | words_in(said)) - words_open_to(made.persona):
        wrong.append(f"says {', '.join(sorted(not_theirs))}")
    if any(words_in(f"{letter.subject} {letter.body}") for letter in mail.outbox):
        wrong.append("mailed a word of a case")
    return wrong


Answered = tuple[int, str, bytes, str]
"""The status, headers and cookies, the body, and by what it was broken."""


def _by(client: Client, made: Made) -> Answered:
    answer = client.generic(made.method, made.path, made.body, made.content_type, **made.headers)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    told = "".join(traceback.format_exception(*answer.exc_info)[-9:]) if answer.exc_info else ""
    return answer.status_code, f"{answer.headers} {answer.cookies}", body, told


def _as_served(made: Made) -> Answered:
    """As the web server asks, by nobody: an alphabet that is none is looked at before Django reads anything."""
    environ = RequestFactory().generic(made.method, made.path, made.body, bad.FORM, **made.headers).environ
    path = environ["PATH_INFO"].encode().decode("latin-1")  # Django put its own reading there
    given: list[tuple[str, Any]] = []
    request_started.disconnect(
        close_old_connections
    )  # as Django's own client does: the world is not committed
    try:
        answer = application(
            {**environ, "PATH_INFO": path, "CONTENT_TYPE": made.content_type},
            lambda *told: given.append(told[:2]),
        )
        body = b"".join(answer)
    finally:
        request_started.connect(close_old_connections)
    [(status, headers)] = given
    return int(status.partition(" ")[0]), str(headers), body, ""
