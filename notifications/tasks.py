"""Celery's part: read the clock, call one service. Beat rings the bell; the database knows what is owed."""

from celery import shared_task
from django.utils import timezone

from notifications import services


@shared_task(name="notifications.tasks.deliver")
def deliver() -> None:
    """What beat rings for every twenty seconds."""
    services.deliver_everything_owed(at=timezone.now())
