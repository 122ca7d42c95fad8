"""Celery's part: read the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from reviews.services.disclosing import empty_expired
from reviews.services.unusual import look_for_unusual_access


@shared_task(name="reviews.tasks.watch_access")
def watch_access() -> None:
    """What beat rings for every few minutes."""
    look_for_unusual_access(at=timezone.now())


@shared_task(name="reviews.tasks.empty_copies")
def empty_copies() -> None:
    """What beat rings for every hour: subject-access copies that have expired."""
    empty_expired(at=timezone.now())
