"""Celery's part: read the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from reviews.services.disclosing import empty_expired
from reviews.services.scanning import scan_attachments, sweep_store
from reviews.services.unusual import look_for_unusual_access


@shared_task(name="reviews.tasks.watch_access")
def watch_access() -> None:
    """What beat rings for every few minutes."""
    look_for_unusual_access(at=timezone.now())


@shared_task(name="reviews.tasks.empty_copies")
def empty_copies() -> None:
    """What beat rings for every hour: subject-access copies that have expired."""
    empty_expired(at=timezone.now())


@shared_task(name="reviews.tasks.scan_files")
def scan_files() -> None:
    """What beat rings for every few seconds: files that wait for the virus scanner."""
    scan_attachments(at=timezone.now())


@shared_task(name="reviews.tasks.sweep_files")
def sweep_files() -> None:
    """What beat rings for every hour: what uploads that came to nothing have left."""
    sweep_store(at=timezone.now())
