"""`manage.py look_after_accounts`: what the worker does for accounts, for where only cron may run."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.services import letters, sessions, standing


class Command(BaseCommand):
    help = (
        "Send the mails about accounts that are owed, suspend who has not used theirs for 60 days, "
        "and forget sessions that have ended."
    )

    def handle(self, *args: Any, **given: Any) -> None:
        at = timezone.now()
        sessions.forget_ended(at=at)
        suspended = standing.suspend_unused(at=at)
        self.stdout.write(f"Suspended: {suspended}. Mails sent: {letters.post_letters(at=at)}.")
