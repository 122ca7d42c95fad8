"""The pages of the files of returns that are worth a look, and who looks at them. Of the demonstration."""

from django.utils import timezone

from accounts.models import Role, User
from reviews.files.kinds import examine
from reviews.models import AgencyReturn, Attachment
from reviews.services import attachments
from tests.browser.walks_everywhere import Look

GIVEN = (
    ("discharge-letter.txt", "Discharge letter of 12 March 2026", "clean"),
    (
        "a-very-long-name-of-a-file-that-somebody-brought-from-a-scanner-0000000000000000000017.txt",
        "",
        "held",
    ),
    ("genogram.txt", "Genogram", "infected"),
)


def _given(it: AgencyReturn, author: User) -> Attachment:
    """Three files of that return, in the three states: nobody in the demonstration is in the middle of it."""
    now = timezone.now()
    for name, about, state in GIVEN:
        made = attachments.add_attachment(it, examine(name, name.encode()), about=about, by=author, at=now)
        if state == "clean":
            Attachment.objects.filter(pk=made.pk).update(remarks=["changes", "comments"])
        if state != "held":
            virus = "Eicar-Test-Signature" if state == "infected" else ""
            Attachment.objects.filter(pk=made.pk).update(state=state, scanned_at=now, virus=virus)
    return made


def _one_of(role: Role, **seat: object) -> User:
    seats = {f"memberships__seat__{name}": value for name, value in seat.items()}
    return User.objects.filter(memberships__seat__role=role, **seats).earliest("pk")


def looks() -> list[Look]:
    """The list as its author has it, empty, and as the partnership reads it; adding, right and wrong; removing."""
    drafting, empty = AgencyReturn.objects.filter(state="in_progress", attachments=None).order_by("pk")[:2]
    author = _one_of(Role.AUTHOR, agency=drafting.agency)
    other = _one_of(Role.AUTHOR, agency=empty.agency)
    last = attachments.attachments_of(drafting).last() or _given(drafting, author)
    read = AgencyReturn.objects.filter(state="accepted", attachments__isnull=False).distinct()[0]
    manager = _one_of(Role.BUSINESS_MANAGER, partnership=read.partnership_id)
    here = f"{drafting.get_absolute_url()}files/"
    return [
        Look(author.email, "files", here),
        Look(author.email, "files-add", f"{here}add/", is_sent_wrong=True),
        Look(author.email, "files-remove", f"{here}{last.pk}/remove/"),
        Look(author.email, "files-return", drafting.get_absolute_url()),
        Look(other.email, "files-none", f"{empty.get_absolute_url()}files/"),
        Look(manager.email, "files-read", f"{read.get_absolute_url()}files/"),
        Look(manager.email, "files-version", f"{read.get_absolute_url()}versions/1/"),
    ]
