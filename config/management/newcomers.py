"""People whom the operator lets in from the command line: their address, their seat, and how they begin."""

from datetime import datetime

from django.conf import settings
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.forms import ValidationError

from accounts.models import Seat, User
from reviews.milestones import WT18
from reviews.services import partnerships
from workflows.actors import SYSTEM
from workflows.exceptions import WorkflowError

MILESTONES_FROM = WT18
"""From when a new partnership's milestones count: cases that are under way when it is set up have clocks too."""


def valid_address(given: str) -> str:
    """The address as accounts keep it. Raises CommandError for what is none."""
    email = given.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email!r} is not an e-mail address.") from None
    return email


def let_in(seat: Seat, *, email: str, full_name: str, at: datetime) -> User:
    """Put somebody in a seat, making their account if there is none, and mail them. Raises CommandError."""
    try:
        return partnerships.add_person(
            seat, email=valid_address(email), full_name=full_name, by=SYSTEM, at=at
        )
    except WorkflowError as refusal:
        raise CommandError(str(refusal)) from None


def how_to_begin(person: User) -> str:
    """What to tell the operator: a mail goes to the person, and to where when nothing is sent outside."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    where = f" No mail server is set (EMAIL_URL): it is written into {folder}." if folder else ""
    if person.has_usable_password():
        return f"{person.email} has an account already, and keeps its name and password. A mail tells them.{where}"
    return f"{person.email} is mailed a link to choose a password, which works once, for 7 days.{where}"
