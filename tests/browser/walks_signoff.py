"""The pages on which returns are sent back, compared and chased, and who looks at them. Of the demonstration."""

from django.utils import timezone

from accounts.models import Role, User
from reviews.models import AgencyReturn
from reviews.questions import RETURN_FORM
from reviews.services import returns
from tests import factories
from tests.browser.walks_everywhere import Look


def _one_of(role: Role, it: AgencyReturn) -> User:
    return User.objects.filter(memberships__seat__role=role, memberships__seat__agency=it.agency).earliest(
        "pk"
    )


def _sent_back(it: AgencyReturn, author: User, lead: User) -> None:
    """Sent twice, with a change between, and sent back twice: nothing in the demonstration was."""
    now = timezone.now()
    said = {"involvement": "Since when did you know them?\n\nWhich of the two surgeries?", "analysis": "Why?"}
    returns.send_back_return(it, reason="Two things are missing.", comments=said, by=lead, at=now)
    first, answers = next(iter(it.answers.items()))
    changed = {
        name: f"{value} And more." if isinstance(value, str) else value for name, value in answers.items()
    }
    returns.save_section(it, first, changed, by=author, at=now)
    returns.finish_return(it, by=author, at=now, late_reason="Two of us were on leave.")
    returns.send_back_return(it, reason="One thing is missing.", comments=said, by=lead, at=now)


def _submitted(it: AgencyReturn, author: User) -> None:
    now = timezone.now()
    for section, answers in factories.full_answers(RETURN_FORM).items():
        returns.save_section(it, section, answers, by=author, at=now)
    returns.finish_return(it, by=author, at=now, late_reason="Two of us were on leave.")


def looks() -> list[Look]:
    """Each, normal and with nothing in it; those with a form sent wrong, too."""
    back = AgencyReturn.objects.filter(state="submitted").earliest("pk")
    to_read = AgencyReturn.objects.filter(state="acknowledged", case__state="rapid_review").latest("pk")
    author, lead = _one_of(Role.AUTHOR, back), _one_of(Role.SAFEGUARDING_LEAD, back)
    _sent_back(back, author, lead)
    _submitted(to_read, _one_of(Role.AUTHOR, to_read))
    reader = _one_of(Role.SAFEGUARDING_LEAD, to_read).email
    manager = User.objects.filter(
        memberships__seat__role=Role.BUSINESS_MANAGER, memberships__seat__partnership=back.partnership_id
    ).earliest("pk")
    held = author.memberships.earliest("pk")
    held.phone = "01632 960 201 extension 4"
    held.save()
    here = back.get_absolute_url()
    return [
        Look(reader, "send-back", f"{to_read.get_absolute_url()}send-back/", is_sent_wrong=True),
        Look(author.email, "return-sent-back", here),
        Look(author.email, "return-section-commented", f"{here}write/involvement/"),
        Look(author.email, "versions", f"{here}versions/"),
        Look(author.email, "version", f"{here}versions/1/"),
        Look(author.email, "changes", f"{here}versions/changes/"),
        Look(manager.email, "versions-none", f"{here}versions/"),
        Look(manager.email, "changes-none", f"{here}versions/changes/"),
        Look(manager.email, "progress", "/returns/progress/"),
        Look(manager.email, "progress-late", "/returns/progress/?stands=late"),
        Look(manager.email, "phone-list", "/returns/phone-list/"),
        Look(manager.email, "person-phone", f"/administration/people/{held.pk}/phone/", is_sent_wrong=True),
    ]
