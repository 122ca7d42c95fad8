"""Celery's part: read the clock, call one service. Beat rings the bell; the database knows what is owed."""

from celery import shared_task
from django.utils import timezone

from notifications import services
from workflows.services.watching import beat


@shared_task(name="notifications.tasks.deliver")
def deliver() -> None:
    """What beat rings for every twenty seconds."""
    now = timezone.now()
    services.deliver_everything_owed(at=now)
    beat(services.DELIVER, at=now)
