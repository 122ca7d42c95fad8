"""Celery's part: read the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from accounts.services import letters, sessions, standing


@shared_task(name="accounts.tasks.post_letters")
def post_letters() -> None:
    """What beat rings for every few seconds: somebody waits for their link."""
    letters.post_letters(at=timezone.now())


@shared_task(name="accounts.tasks.suspend_unused")
def suspend_unused() -> None:
    """What beat rings for every hour. Most rings find nobody."""
    standing.suspend_unused(at=timezone.now())


@shared_task(name="accounts.tasks.forget_ended")
def forget_ended() -> None:
    """What beat rings for every hour: sessions that have ended, and tries that count no more."""
    sessions.forget_ended(at=timezone.now())
