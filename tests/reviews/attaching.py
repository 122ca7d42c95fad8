"""What tests of files of returns share: a file given, a scanner that is asked, a return sent."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from reviews.files.kinds import examine
from reviews.models import AgencyReturn, Attachment
from reviews.questions import RETURN_FORM
from reviews.services import attachments, returns
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.little_files import a_pdf

LATER = NOTIFIED + timedelta(hours=3)


def added(
    gp: AgencyReturn, by: User, *, name: str = "letter.pdf", content: bytes = b"", **given: Any
) -> Attachment:
    file = examine(name, content or a_pdf(words=name))
    return attachments.add_attachment(gp, file, by=by, at=LATER, **given)


def uploaded(content: bytes = b"", name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or a_pdf(words=name))


def sent(gp: AgencyReturn, world: World) -> AgencyReturn:
    """Every section answered, and sent to the safeguarding lead."""
    gp = AgencyReturn.objects.get(pk=gp.pk)
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)
    return returns.finish_return(gp, by=world.gp_author, at=LATER)


def signed_off(gp: AgencyReturn, world: World) -> AgencyReturn:
    return returns.sign_off_return(sent(gp, world), by=world.gp_lead, at=LATER)


def in_the_store() -> set[str]:
    """The names of what lies in the store."""
    folder = settings.ATTACHMENTS_DIR
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
