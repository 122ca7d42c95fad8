"""Celery's part: read the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from workflows.services.sweeping import sweep as sweep_rungs


@shared_task(name="workflows.tasks.sweep")
def sweep() -> None:
    """What beat rings for every minute."""
    sweep_rungs(at=timezone.now())
