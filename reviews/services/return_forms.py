"""A partnership's own form of a return: a draft that is changed until it is put to use, from then on."""

import secrets
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.models import Partnership, User
from reviews.models.return_forms import ReturnForm
from reviews.questions import RETURN_FORM, Definition
from reviews.questions.changing import Data, FormError, as_data, differences
from reviews.services.access import must_run
from workflows.actors import System
from workflows.exceptions import Stale
from workflows.services import ledger

Actor = User | System


def forms_of(partnership: Partnership) -> list[ReturnForm]:
    """Every form of its own, the newest first; a draft before all."""
    return list(
        ReturnForm.objects.filter(partnership=partnership).select_related("changed_by").order_by("-number")
    )


def form_in_use(partnership: Partnership) -> Definition:
    """The form that a new return of the partnership is begun with: its own, or the product's."""
    own = _in_use(partnership)
    return own.as_definition() if own else RETURN_FORM


def _in_use(partnership: Partnership) -> ReturnForm | None:
    used = ReturnForm.objects.filter(partnership=partnership).exclude(used_from=None)
    return used.order_by("-number").first()


def data_in_use(partnership: Partnership) -> Data:
    """The same as it is stored, with what is hidden."""
    own = _in_use(partnership)
    return own.sections if own else as_data(RETURN_FORM)


def draft_of(partnership: Partnership) -> ReturnForm | None:
    """The form that is being changed, if there is one."""
    return ReturnForm.objects.filter(partnership=partnership, used_from=None).first()


@transaction.atomic
def change_form(
    partnership: Partnership, change: Callable[[Data], Data], *, seen: int, by: Actor, at: datetime
) -> ReturnForm:
    """Change the draft, which is begun from the form in use if there is none. No return is asked by it yet.

    seen is how often the draft that the page showed had been changed; 0 without one. Raises PermissionDenied,
    FormError, Stale, and KeyError for a section that is not there.
    """
    must_run(partnership, by, at=at)
    draft = _locked_draft(partnership, seen=seen)
    if draft is None:
        draft = ReturnForm(
            partnership=partnership,
            number=max((form.number for form in forms_of(partnership)), default=0) + 1,
            code=f"own-{secrets.token_hex(7)}",
            sections=data_in_use(partnership),
        )
    draft.sections = change(draft.sections)
    draft.edits += 1
    draft.changed_by, draft.changed_at = by if isinstance(by, User) else None, at
    draft.save()
    return draft


@transaction.atomic
def put_to_use(partnership: Partnership, *, seen: int, by: Actor, at: datetime) -> ReturnForm:
    """Ask every return that is requested from now on by the draft. Those there are keep the form they were begun with.

    Raises PermissionDenied; Stale when the draft is another than the page showed; FormError if it changes nothing.
    """
    must_run(partnership, by, at=at)
    draft = _locked_draft(partnership, seen=seen)
    if draft is None or not differences(data_in_use(partnership), draft.sections):
        raise FormError("Cannot use this form: it asks the same as the one in use.")
    draft.used_from = at
    draft.changed_by, draft.changed_at = by if isinstance(by, User) else None, at
    draft.save()
    told = ledger.Line(
        ledger.SERVICE,
        "use_return_form",
        f"reviews.returnform {draft.pk}",
        by,
        changed=[
            f"{section['code']}.{one['code']}"
            for section in draft.sections
            for one in section["questions"]
            if one["own"] or one["hidden"]
        ],
    )
    ledger.append_all([told], at=at)
    return draft


@transaction.atomic
def drop_draft(partnership: Partnership, *, seen: int, by: Actor, at: datetime) -> None:
    """Go back to the form in use. Raises PermissionDenied, Stale."""
    must_run(partnership, by, at=at)
    draft = _locked_draft(partnership, seen=seen)
    if draft is not None:
        draft.delete()


def _locked_draft(partnership: Partnership, *, seen: int) -> ReturnForm | None:
    """The draft as it is now, which nobody else changes meanwhile."""
    Partnership.objects.select_for_update(no_key=True).get(pk=partnership.pk)
    draft = draft_of(partnership)
    if (draft.edits if draft else 0) != seen:
        who = draft.changed_by.full_name if draft and draft.changed_by else "Somebody"
        raise Stale(
            f"{who} changed this form while the page was open. Look at it as it is now, then do this again."
        )
    return draft
