"""Disposal: what of a case holds somebody's words or says who a child is, and how that is removed for good.

Every column of every table that hangs on a case is here, or named in KEPT: a test looks. What people typed is gone in
one transaction with the certificate; what is left are dates, codes and answers that were chosen, for statistics.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Q

from accounts.models import User
from reviews.files import store
from reviews.models import (
    AgencyReturn,
    Attachment,
    Case,
    Child,
    ChronologyRow,
    Correction,
    Decision,
    Disclosure,
    Disposal,
    PanelRecord,
    PhoneCall,
    RetentionReview,
    ReturnVersion,
    SectionComment,
    SignOff,
)
from reviews.questions import DEFINITIONS
from reviews.retention import CASE_FILE, Standing
from workflows.calendars import local_date, start_of
from workflows.models import (
    BreakGlass,
    Deadline,
    Fact,
    Interest,
    Mute,
    Recusal,
    Share,
    TransitionRecord,
)
from workflows.services import ledger
from workflows.services.folding import fold, logs_of
from workflows.services.moving import perform
from workflows.triggers import FORGOTTEN

Left = Callable[[Any], Any]
"""What stands in a column afterwards, given the row as it was."""


def _nothing(row: Any) -> str:
    return ""


def _an_empty_object(row: Any) -> dict[str, Any]:
    return {}


def _mark(column: str) -> Left:
    """The mark, where somebody had written something."""
    return lambda row: FORGOTTEN if getattr(row, column) else ""


def _its_bytes(attachment: Attachment) -> str:
    """No name in the store: when the row says so for good, the bytes go too, and if not then, with the next sweep."""
    if attachment.stored:
        transaction.on_commit(partial(store.forget, attachment.stored), robust=True)
    return ""


def _year_of_incident(case: Case) -> datetime | None:
    return start_of(local_date(case.incident_at).replace(month=1, day=1)) if case.incident_at else None


def _age(child: Child) -> str:
    years = child.age_in_years
    return "" if years is None else f"{years} years"


def _chosen(decision: Decision) -> dict[str, Any]:
    """The answers that were chosen from a list, or are yes or no: they count things, and say nothing of anybody."""
    kept = {
        section.code: {
            q.code: decision.answers[section.code][q.code]
            for q in section.questions
            if q.kind in ("yes-no", "choice") and q.code in decision.answers.get(section.code, {})
        }
        for section in DEFINITIONS[decision.form_version]
    }
    return {code: answers for code, answers in kept.items() if answers}


@dataclass(frozen=True, slots=True)
class Holding:
    """A table in which something about a case stands: how its rows lead to the case, and what becomes of its columns.

    with_returns: whether it goes when only the returns are disposed of.
    """

    model: type[models.Model]
    case: tuple[str, ...]
    columns: dict[str, Left]
    with_returns: bool = False

    def rows(self, case: Case) -> Any:
        """Those of the case. Of each table by its key, so that what is hashed has one order."""
        wanted = Q()
        for path in self.case:
            wanted |= Q(**{path: case.pk})
        return self.model._base_manager.filter(wanted).order_by("pk")


_OF_SUBJECT = ("subject", "subject__root")

HOLDINGS: Final[tuple[Holding, ...]] = (
    Holding(
        Case,
        ("pk",),
        {
            "summary": _mark("summary"), "referred_by": _nothing, "sealed_place": _nothing,
            "notification_reference": _nothing, "method": _nothing, "sources": lambda case: [],
            "incident_at": _year_of_incident, "incident_precision": lambda case: "year",
        },
    ),
    Holding(
        Child,
        ("case",),
        # The age first, while the day of birth is still there.
        {"age_as_given": _age, "sealed_name": _nothing, "sealed_born_on": _nothing, "sealed_nhs_number": _nothing},
    ),
    Holding(
        AgencyReturn,
        ("case",),
        {"answers": _an_empty_object, "searched": _mark("searched"), "given": _mark("given")},
        True,
    ),
    Holding(
        ReturnVersion,
        ("agency_return__case",),
        {
            "answers": _an_empty_object, "chronology": lambda version: [], "attachments": lambda version: [],
        },
        True,
    ),
    Holding(
        Attachment,
        ("agency_return__case",),
        {"name": _mark("name"), "about": _mark("about"), "sha256": _nothing, "stored": _its_bytes},
        True,
    ),
    Holding(
        ChronologyRow,
        ("agency_return__case",),
        {
            **{name: _mark(name) for name in ("said", "source", "event", "voice", "action", "comment")},
            **{name: lambda row: None for name in (
                "first_on", "last_on", "at_time", "first_of_life", "last_of_life"
            )},
        },
        True,
    ),
    Holding(SectionComment, ("version__agency_return__case",), {"text": _mark("text")}, True),
    Holding(PhoneCall, ("agency_return__case",), {"spoke_to": _mark("spoke_to"), "said": _mark("said")}, True),
    Holding(Decision, ("case",), {"answers": _chosen, "late_reason": _mark("late_reason")}),
    Holding(SignOff, ("decision__case",), {"dissent": _mark("dissent")}),
    Holding(PanelRecord, ("case",), {"document": lambda record: {"code": record.document.get("code", record.code)}}),
    Holding(Correction, ("case",), {"was": _mark("was"), "reason": _mark("reason")}),
    Holding(TransitionRecord, _OF_SUBJECT, {"reason": _mark("reason")}),
    Holding(
        Fact,
        ("deadline__subject", "deadline__subject__root"),
        {"authority": _mark("authority"), "reason": _mark("reason")},
    ),
    Holding(Disclosure, ("case",), {"sealed_document": _nothing, "reference": _mark("reference")}),
    Holding(Share, ("case",), {"reason": _mark("reason")}),
    Holding(BreakGlass, ("case",), {"words": _mark("words"), "review": _mark("review")}),
    Holding(Recusal, ("case",), {"reason": _mark("reason"), "ended_reason": _mark("ended_reason")}),
    Holding(Interest, ("case",), {"words": _mark("words"), "answer": _mark("answer")}),
    Holding(Mute, ("case",), {"reason": _mark("reason")}),
)  # fmt: skip

KEPT: Final[dict[str, str]] = {
    "reviews.case": "notifiable harm review_type aware_precision reference_body reference_as_given",
    "reviews.child": "sex",
    "reviews.chronologyrow": "child_seen",
    "reviews.attachment": "kind remarks state virus",
    "reviews.agencyreturn": "form_version",
    "reviews.returnversion": "form_version",
    "reviews.sectioncomment": "section",
    "reviews.decision": "form_version",
    "reviews.correction": "what",
    "reviews.panelrecord": "sha256",
    "reviews.disclosure": "redactions sha256",
    "reviews.legalhold": "kind reference lifted_reason",
    "reviews.retentionreview": "record_class outcome reason basis answer",
    "reviews.disposal": "record_class rules removed digest ledger_hash",
    "workflows.subject": "kind code state definition",
    "workflows.transitionrecord": "verb source target precision",
    "workflows.fact": "kind details",
    "workflows.deadline": "rule_code state derivation",
    "workflows.daterecord": "because state_before state_after calendar_before calendar_after",
    "workflows.rung": "key tell news",
    "workflows.breakglass": "kind",
    "workflows.recusal": "kind",
    "workflows.interest": "kind",
    "notifications.notice": "key news state message_id last_error",
}
"""Columns of text that stay, and why they may: codes and words of the program, what proves the disposal itself, and
the derivation, which is made anew from facts that say nothing any more."""


def holdings_of(record_class: str) -> list[Holding]:
    return [one for one in HOLDINGS if record_class == CASE_FILE or one.with_returns]


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value


def digest_of(case: Case, record_class: str) -> tuple[str, dict[str, int]]:
    """SHA-256 of what would be removed, and from how many rows of each kind.

    Of what is stored, in one order: a line of JSON for each row, with its table, key and columns. Who a child is goes
    in as it is sealed, so that nobody can try names against it.
    """
    sha, counted = hashlib.sha256(), Counter[str]()
    for holding in holdings_of(record_class):
        label = holding.model._meta.label_lower
        for row in holding.rows(case):
            columns = {name: _stored(getattr(row, name)) for name in holding.columns}
            line = json.dumps([label, str(row.pk), columns], sort_keys=True, ensure_ascii=False)
            sha.update(line.encode() + b"\n")
            if any(columns.values()):
                counted[str(holding.model._meta.verbose_name)] += 1
    return sha.hexdigest(), dict(sorted(counted.items()))


def dispose(case: Case, review: RetentionReview, standing: Standing, *, by: User, at: datetime) -> Disposal:
    """Remove it for good, and certify that. Needs a transaction, the lock of the case, and a review that was agreed to.

    The certificate comes first: the database takes none while the case is held, and lets nothing append-only be
    forgotten without one. The whole case file gone, the case moves to its last state.
    """
    assert standing.from_on is not None  # the caller has looked
    digest, removed = digest_of(case, review.record_class)
    entry = ledger.append(case, "certify_disposal", by=by, at=at, changed=[review.record_class])
    certificate = Disposal.objects.create(
        case=case, record_class=review.record_class, review=review, due_from=standing.from_on,
        rules=list(standing.lines), removed=removed, digest=digest, proposed_by=review.proposed_by, agreed_by=by, at=at,
        ledger_sequence=entry.sequence, ledger_hash=entry.hash,
    )  # fmt: skip
    for holding in holdings_of(review.record_class):
        _remove(holding, case)
    _derive_anew(case)
    if review.record_class == CASE_FILE:
        perform(Case.objects.get(pk=case.pk), Case.dispose, by=by, at=at)
    return certificate


def _remove(holding: Holding, case: Case) -> None:
    """Overwrite the columns, row by row: what is left may depend on what was there."""
    for row in holding.rows(case):
        left = {name: leave(row) for name, leave in holding.columns.items()}
        if any(getattr(row, name) != value for name, value in left.items()):
            holding.model._base_manager.filter(pk=row.pk).update(**left)


def _derive_anew(case: Case) -> None:
    """The derivation of a deadline repeats the reasons of its facts. Folded again, it says what they say now."""
    deadlines = list(
        Deadline.objects.filter(Q(subject=case.pk) | Q(subject__root=case.pk)).select_related(
            "rule", "calendar"
        )
    )
    logs = logs_of(deadlines)
    for deadline in deadlines:
        Deadline.objects.filter(pk=deadline.pk).update(derivation=fold(deadline, logs[deadline.pk]).as_json())
