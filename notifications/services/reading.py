"""What a person does with notices: count them, and open one."""

from datetime import datetime
from typing import Any

from accounts.models import User
from notifications.models import Notice


def unseen_count(user: User) -> int:
    """How many notices this person has not opened, for the navigation."""
    count: int = Notice.objects.for_person(user).unseen().count()
    return count


def open_notice(notice: Notice, *, by: User, at: datetime) -> str:
    """Mark it as seen, the first time. Returns the address of what it is about; empty if they may not see that."""
    Notice.objects.filter(pk=notice.pk).unseen().update(seen_at=at)
    subject: Any = notice.subject.specific()
    if not type(subject).objects.visible_to(by, at=at).filter(pk=subject.pk).exists():
        return ""
    return str(subject.get_absolute_url())
