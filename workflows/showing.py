"""What a page shows of cases: its view declares it, notes it while the page is made, and the ledger is told before
anything leaves. Whoever forgets to note what a page shows finds that it shows nothing.

A view says `@shows(Shows.CASE)`, a class of views `shows = Shows.CASE`. One that says nothing counts as showing
a case, and fails a system check.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model
from django.http import Http404, HttpRequest

from accounts.models import User
from workflows.models import Subject
from workflows.services.ledger import REFUSED, Line, line

V = TypeVar("V", bound=Callable[..., Any])


class Shows(StrEnum):
    """CASE: what was written about one case. LIST: which cases there are, by their codes. NOTHING: neither."""

    CASE = "case"
    LIST = "list"
    NOTHING = "nothing"


def shows(what: Shows) -> Callable[[V], V]:
    """Declare what the pages of a view function show."""

    def declared(view: V) -> V:
        view.shows = what  # type: ignore[attr-defined]
        return view

    return declared


def declared_of(view: Any) -> Shows | None:
    """What a view declares that it shows; None if it declares nothing.

    Views of packages that know of no case show nothing of one: the layers see to it. This is the one place that is
    asked: a manifest of routes takes its answer from here, or gives it here.
    """
    made_of = getattr(view, "view_class", view)
    found = getattr(view, "shows", None) or getattr(made_of, "shows", None)
    if found:
        return Shows(found)
    return Shows.NOTHING if f"{made_of.__module__}.".startswith(settings.KNOW_NO_CASE) else None


@dataclass(slots=True)
class Notes:
    """What one request showed, refused and ignored. is_told: something was noted, if only an empty list."""

    shown: list[Line] = field(default_factory=list)
    aside: list[Line] = field(default_factory=list)
    is_told: bool = False


def notes_of(request: HttpRequest) -> Notes:
    """The notes of this request."""
    if not hasattr(request, "notes"):
        request.notes = Notes()  # type: ignore[attr-defined]
    notes: Notes = request.notes  # type: ignore[attr-defined]
    return notes


def note_shown(
    request: HttpRequest, subject: Subject, action: str = "read", *, parts: Sequence[str] = ()
) -> None:
    """That the page shows this subject, or these parts of it, by their ids.

    Noted again, the same thing stays one entry, and keeps its first action.
    """
    assert isinstance(request.user, User)
    notes, told = notes_of(request), line(subject, action, by=request.user, changed=parts)
    notes.is_told = True
    if all(told.target != other.target for other in notes.shown):
        notes.shown.append(told)


def note_listed(
    request: HttpRequest, what: str, codes: Iterable[str], *, by: User | None = None, action: str = "list"
) -> None:
    """That the page lists subjects with these codes: one entry, in the person's own chain. Of none, no entry.

    what says of which kind the list is, such as `reviews.case`. by is the person, when nobody is signed in.
    """
    person = by or request.user
    assert isinstance(person, User)
    notes = notes_of(request)
    notes.is_told = True
    if listed := list(dict.fromkeys(codes)):
        notes.shown.append(Line(person.pk, action, what, person, listed=listed))


def note_refused(request: HttpRequest, model: type[Model], pk: uuid.UUID, reason: str) -> None:
    """That somebody asked for a thing they may not have, or that is not there: this does not look which.

    In the person's own chain, so that it is the same work, and the same time, whether there is such a thing or not.
    """
    assert isinstance(request.user, User)
    target = f"{model._meta.label_lower} {pk}"
    notes_of(request).aside.append(
        Line(request.user.pk, "ask", target, request.user, outcome=REFUSED, reason=reason)
    )


def not_found(request: HttpRequest, model: type[Model], pk: uuid.UUID) -> Http404:
    """What to raise for what may not be seen, or is not there. It is noted."""
    note_refused(request, model, pk, "not-visible")
    return Http404()


_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
SO_MANY = 20


def note_ignored(request: HttpRequest, names: Iterable[str]) -> None:
    """That a form came with boxes that its page does not have, or answers that it did not offer. Names only.

    A name that looks like no name of a field may itself be text that somebody typed: it is told as `other`.
    """
    if not isinstance(request.user, User):
        return
    told = sorted({name if _NAME.fullmatch(name) else "other" for name in names})[:SO_MANY]
    if told:
        here = request.resolver_match.view_name if request.resolver_match else ""
        notes_of(request).aside.append(
            Line(request.user.pk, "send", f"form {here}"[:80], request.user, outcome=REFUSED,
                 reason="ignored-fields", changed=told)
        )  # fmt: skip
