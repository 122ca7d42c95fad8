"""What may be read of the ledger, by whom, and in which words. References only: nothing of what a case is about."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from accounts.models import LONDON, Membership, Partnership, Role, Seat, User
from reviews.models import Case
from reviews.services.references import parse_reference
from workflows.calendars import start_of
from workflows.models import LedgerEntry, Subject
from workflows.services.ledger import REFUSED, SERVICE

LOOKED = ("read", "read_decision", "read_notices", "print", "export")
"""Actions by which somebody saw what a case is about."""
LISTED = ("list", "feed", "audit")
KINDS = {
    "looked": "Looked at a case",
    "listed": "Saw in a list",
    "taken": "Took a file",
    "done": "Changed something",
    "refused": "Was refused",
    "account": "Accounts",
}
"""What the page can be narrowed down to."""
WORDS = {
    "read": "Looked at it",
    "read_decision": "Looked at the decision record",
    "read_notices": "Looked at what was sent",
    "read_access": "Looked at who has looked",
    "print": "Looked at it for printing",
    "export": "Took a file of it",
    "list": "Saw in a list",
    "feed": "Fetched their calendar",
    "audit": "Looked at the ledger",
    "mail": "Sent a mail about it",
    "ask": "Asked for it",
    "send": "Sent a form",
    "hold": "Placed a legal hold",
    "lift_hold": "Lifted a legal hold",
    "propose_disposal": "Proposed a disposal",
    "propose_keeping": "Proposed to keep it longer",
    "agree_disposal": "Agreed to a disposal",
    "agree_keeping": "Agreed to keep it longer",
    "withdraw_disposal": "Withdrew a proposal about keeping it",
    "certify_disposal": "Disposed of records",
    "prepare_disclosure": "Made a subject-access copy",
    "black_out": "Blacked something out in a copy",
    "release_disclosure": "Released a subject-access copy",
    "withdraw_disclosure": "Withdrew a subject-access copy",
    "set_retention": "Set how long records are kept",
    "use_return_form": "Put another form of returns to use",
}
"""What an action is called; a verb that is not here is called by its name."""
WHY = {
    "not-visible": "it may not be seen, or is not there",
    "not-permitted": "it may be seen, and that may not be done",
    "ignored-fields": "boxes that the page does not have were ignored",
}
THINGS = {
    "reviews.case": "Case",
    "reviews.agencyreturn": "Return",
    "reviews.panelrecord": "Panel record",
    "workflows.subject": "Case",
    "accounts.user": "Account",
    "notifications.notice": "Notice",
}


def audited_by(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships whose ledger this person may read, as their auditor. Deputies audit nothing."""
    on = at.astimezone(LONDON).date()
    if not user.is_active:
        return []
    seats = Seat.objects.held_by(user, on=on).filter(role=Role.AUDITOR)
    return list(Partnership.objects.filter(seats__in=seats).distinct().order_by("name"))


def entries_of(partnerships: Sequence[Partnership]) -> QuerySet[LedgerEntry]:
    """The entries of their cases, and those of what their people listed, were refused, or did about accounts."""
    cases = Subject.objects.filter(partnership__in=partnerships, root=None).order_by()
    people = list(
        Membership.objects.filter(seat__partnership__in=partnerships)
        .values_list("user", flat=True)
        .distinct()
    )
    mine = Q(chain__in=cases.values("pk")) | Q(chain__in=people)
    mine |= Q(chain=SERVICE) & (
        Q(actor__in=[str(person) for person in people])
        | Q(target__in=[f"accounts.user {person}" for person in people])
    )
    return LedgerEntry.objects.filter(mine).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page was narrowed down to, as understood. What is nonsense is nothing."""

    case: str = ""
    person: str = ""
    kind: str = ""
    on: date | None = None

    @classmethod
    def read(cls, asked: Any) -> "Wanted":
        try:
            on = date.fromisoformat(asked.get("on", ""))
        except ValueError:
            on = None
        kind = asked.get("kind", "")
        return cls(
            asked.get("case", "").strip()[:60],
            asked.get("person", "").strip()[:100],
            kind if kind in KINDS else "",
            on if on and 1900 <= on.year <= 2100 else None,
        )


def narrowed(
    entries: QuerySet[LedgerEntry], wanted: Wanted, partnerships: Sequence[Partnership]
) -> QuerySet[LedgerEntry]:
    """Those of the case, the person, the kind and the London day that are wanted."""
    if wanted.case:
        entries = entries.filter(_about(wanted.case, partnerships))
    if wanted.person:
        people = User.objects.filter(
            Q(full_name__icontains=wanted.person) | Q(email__icontains=wanted.person),
            memberships__seat__partnership__in=partnerships,
        ).distinct()
        keys = [str(pk) for pk in people.values_list("pk", flat=True)[:500]]
        entries = entries.filter(Q(actor__in=keys) | Q(on_behalf_of__in=keys))
    if wanted.on:
        entries = entries.filter(at__gte=start_of(wanted.on), at__lt=start_of(wanted.on + timedelta(days=1)))
    match wanted.kind:
        case "looked":
            return entries.filter(action__in=LOOKED)
        case "listed":
            return entries.filter(action__in=LISTED)
        case "taken":
            return entries.filter(action="export")
        case "refused":
            return entries.filter(outcome=REFUSED)
        case "account":
            return entries.filter(chain=SERVICE)
        case "done":
            return (
                entries.exclude(action__in=(*LOOKED, *LISTED)).exclude(outcome=REFUSED).exclude(chain=SERVICE)
            )
    return entries


def _about(text: str, partnerships: Sequence[Partnership]) -> Q:
    """That an entry is about the case of this reference or code: in its chain, refused, or among what a list showed."""
    subjects = Subject.objects.filter(partnership__in=partnerships)
    if parts := parse_reference(text):
        found = Case.objects.filter(
            reference_body=parts[0], reference_year=parts[1], reference_number=parts[2], partnership__in=partnerships
        ).values_list("pk", flat=True)  # fmt: skip
        roots = list(found)
    else:
        named = subjects.filter(code__iexact=text)
        roots = [root or pk for pk, root in named.values_list("pk", "root")]
        roots += Case.objects.filter(
            reference_as_given__iexact=text, partnership__in=partnerships
        ).values_list("pk", flat=True)
    if not roots:
        return Q(pk__in=[])
    parts_of = list(subjects.filter(Q(pk__in=roots) | Q(root__in=roots)).values_list("pk", "code", "kind"))
    asked_for = [f"{kind} {pk}" for pk, _, kind in parts_of] + [f"workflows.subject {pk}" for pk in roots]
    listed = Q()
    for _, code, _ in parts_of:
        listed |= Q(listed__contains=code)
    return Q(chain__in=roots) | Q(outcome=REFUSED, target__in=asked_for) | listed


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in words."""

    entry: LedgerEntry
    who: str
    for_whom: str
    what: str
    thing: str
    code: str
    why: str
    listed: list[str]

    @property
    def is_refused(self) -> bool:
        return self.entry.outcome == REFUSED


def in_words(entries: Iterable[LedgerEntry], partnerships: Sequence[Partnership]) -> list[Shown]:
    """The entries as the page and its file show them; of what lists showed, what is of these partnerships.

    Three queries for all of them.
    """
    entries = list(entries)
    people = {e.actor for e in entries} | {e.on_behalf_of for e in entries}
    people |= {e.target.split(" ")[-1] for e in entries if e.target.startswith("accounts.user")}
    names = {
        str(pk): name
        for pk, name in User.objects.filter(pk__in=[p for p in people if _is_key(p)]).values_list(
            "pk", "full_name"
        )
    }
    keys = {key for e in entries if _is_key(key := e.target.split(" ")[-1])}
    subjects = Subject.objects.filter(pk__in=keys, partnership__in=partnerships)
    codes = {str(pk): code for pk, code in subjects.values_list("pk", "code")}
    said = {code for e in entries for code in e.listed.split()}
    ours = set(
        Subject.objects.filter(code__in=said, partnership__in=partnerships).values_list("code", flat=True)
    )
    return [
        Shown(
            entry=e,
            who=names.get(e.actor, "The system" if e.actor == "system" else "Somebody unknown"),
            for_whom=names.get(e.on_behalf_of, ""),
            what=WORDS.get(e.action, e.action.replace("_", " ").replace("-", " ").capitalize()),
            thing=_thing(e, names),
            code=codes.get(e.target.split(" ")[-1], ""),
            why=WHY.get(e.reason, e.reason.replace("-", " ")),
            listed=[code for code in e.listed.split() if code in ours],
        )
        for e in entries
    ]


def _thing(entry: LedgerEntry, names: dict[str, str]) -> str:
    kind, _, key = entry.target.partition(" ")
    if kind == "accounts.user":
        return f"Account of {names.get(key, 'somebody unknown')}"
    if kind == "form":
        return "Form"
    return THINGS.get(kind, kind.rpartition(".")[2].capitalize()) if key else ""


def _is_key(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


# ---- Who has looked at a case ------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Looked:
    """That a person looked at a case on a London day: how often, first and last, and for whom."""

    who: str
    for_whom: str
    on: date
    times: int
    files: int
    first: datetime
    last: datetime


def who_looked_at(case: Subject) -> list[Looked]:
    """Who saw what the case is about, by day, the newest first, then by name. Lists show its code alone."""
    rows = (
        case.ledger.filter(action__in=LOOKED)
        .exclude(actor="system")
        .annotate(day=TruncDate("at", tzinfo=LONDON))
        .order_by()
        .values_list("day", "actor", "on_behalf_of")
        .annotate(
            times=Count("pk"), files=Count("pk", filter=Q(action="export")), first=Min("at"), last=Max("at")
        )
    )
    found = list(rows)
    keys = {key for _, actor, behalf, *_ in found for key in (actor, behalf) if key}
    names = {str(pk): name for pk, name in User.objects.filter(pk__in=keys).values_list("pk", "full_name")}
    looked = [
        Looked(names.get(actor, ""), names.get(behalf, ""), day, times, files, first, last)
        for day, actor, behalf, times, files, first, last in found
    ]
    return sorted(looked, key=lambda one: (-one.on.toordinal(), one.who, one.for_whom))


def who_was_refused(case: Subject) -> list[Looked]:
    """Who asked for the case or a part of it and was refused, by day."""
    parts = Subject.objects.filter(Q(pk=case.pk) | Q(root=case.pk)).values_list("kind", "pk")
    targets = [f"{kind} {pk}" for kind, pk in parts] + [f"workflows.subject {case.pk}"]
    rows = (
        LedgerEntry.objects.filter(outcome=REFUSED, action="ask", target__in=targets)
        .annotate(day=TruncDate("at", tzinfo=LONDON))
        .order_by()
        .values_list("day", "actor")
        .annotate(times=Count("pk"), first=Min("at"), last=Max("at"))
    )
    found = list(rows)
    names = {
        str(pk): name
        for pk, name in User.objects.filter(pk__in={actor for _, actor, *_ in found}).values_list(
            "pk", "full_name"
        )
    }
    refused = [
        Looked(names.get(actor, ""), "", day, times, 0, first, last)
        for day, actor, times, first, last in found
    ]
    return sorted(refused, key=lambda one: (-one.on.toordinal(), one.who))
