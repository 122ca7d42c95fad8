"""The sealed identifiers of all cases: sealed anew under another key, and whether our keys open them."""

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from reviews import sealing
from reviews.files import store
from reviews.models import Attachment, Case, Child, Disclosure
from workflows.actors import SYSTEM
from workflows.models import Subject
from workflows.services import ledger

logger = logging.getLogger(__name__)

SEALED: list[tuple[type[Case] | type[Child] | type[Disclosure], str]] = [
    *((Child, column) for column in Child.SEALED),
    *((Case, column) for column in Case.SEALED),
    *((Disclosure, column) for column in Disclosure.SEALED),
]
"""Every column that is sealed."""


@dataclass(slots=True)
class Resealed:
    """What a run did: values and files sealed anew, cases whose values they are, and codes of cases not opened."""

    values: int = 0
    cases: int = 0
    not_opened: list[str] = field(default_factory=list)


def reseal_everything(*, at: datetime) -> Resealed:
    """Seal every value with the first key that is not yet. Case by case, each in its own transaction with its ledger
    entry: it may be killed, run twice, or beside itself and people at work.

    The files of returns follow, one by one. Raises ImproperlyConfigured without a key. What the keys do not open is
    left as it is, and named.
    """
    done = Resealed()
    for pk in sorted(_cases_to_seal_anew(sealing.current())):
        try:
            values = _reseal(pk, at=at)
        except sealing.CannotOpen as error:
            code = Case.objects.only("code").get(pk=pk).code
            logger.error("The identifiers of %s were not sealed anew: %s", code, error)
            done.not_opened.append(code)
            continue
        done.values += values
        done.cases += bool(values)
    for one in Attachment.objects.kept().select_related("agency_return__case").order_by("pk").iterator():
        try:
            if store.is_under_an_old_key(one.stored):
                store.seal_anew(one.stored)
                done.values += 1
        except (sealing.CannotOpen, store.NotThere) as error:
            code = one.agency_return.case.code
            logger.error("A file of %s was not sealed anew: %s", code, error)
            if code not in done.not_opened:
                done.not_opened.append(code)
    return done


def _cases_to_seal_anew(name: str) -> set[UUID]:
    """Those with a value under another key than this."""
    found: set[UUID] = set()
    for model, column in SEALED:
        old = model.objects.exclude(**{column: ""}).exclude(**{f"{column}__startswith": _prefix(name)})
        found |= set(old.values_list("pk" if model is Case else "case", flat=True))
    return found


@transaction.atomic
def _reseal(pk: UUID, *, at: datetime) -> int:
    """The values of one case. Returns how many were sealed anew; 0 when another run was quicker."""
    Subject.objects.select_for_update(no_key=True).only("pk").get(pk=pk)
    case = Case.objects.get(pk=pk)
    count = 0
    rows: list[Child | Case | Disclosure] = [case, *case.children.all(), *case.disclosures.all()]
    for row in rows:
        old = [column for column in row.SEALED if not sealing.is_current(getattr(row, column))]
        for column in old:
            place = sealing.place_of_column(row, column)
            setattr(row, column, sealing.seal(sealing.unseal(getattr(row, column), place=place), place=place))
        if old:
            row.save(update_fields=old)
            count += len(old)
    if count:
        ledger.append(case, "reseal", by=SYSTEM, at=at)
    return count


def what_is_amiss() -> list[str]:
    """What of the identifiers cannot be opened, in sentences; none when all can.

    Opens one value of each key and column, and counts those of keys that we do not have: a few queries, however much
    there is. That there is no key at all is said by a check of the settings.
    """
    try:
        keys = sealing.keys()
    except ImproperlyConfigured:
        return []
    unknown: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    for model, column in SEALED:
        held = model.objects.exclude(**{column: ""})
        for name in keys:
            of_this_key = held.filter(**{f"{column}__startswith": _prefix(name)})
            held = held.exclude(**{f"{column}__startswith": _prefix(name)})
            if row := of_this_key.first():
                try:
                    sealing.unseal(getattr(row, column), place=sealing.place_of_column(row, column))
                except sealing.CannotOpen as error:
                    wrong.setdefault(name, str(error))
        unknown.update(sealing.key_of(value) for value in held.values_list(column, flat=True).iterator())
    files = Attachment.objects.kept().order_by("-added_at").values_list("stored", flat=True)
    for name in [*files[:1], *files.reverse()[:1]]:  # the newest and the oldest
        try:
            store.get(name)
        except (sealing.CannotOpen, store.NotThere) as error:
            wrong.setdefault("a file", f"A file of a return cannot be given out: {error}")
    return [
        *wrong.values(),
        *(
            f"{count} names, dates of birth or places were sealed with the key {name}, "
            "which is not among IDENTIFIER_KEYS."
            for name, count in sorted(unknown.items())
        ),
    ]


def _prefix(name: str) -> str:
    return f"{sealing.VERSION}:{name}:"
