"""Celery's part: read the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from workflows.services.inspecting import inspect_what_is_due
from workflows.services.watching import watch


@shared_task(name="workflows.tasks.sweep")
def sweep() -> None:
    """What beat rings for every minute."""
    watch(at=timezone.now())


@shared_task(name="workflows.tasks.inspect")
def inspect() -> None:
    """What beat rings for every few minutes. Most rings find that everything was looked at since last night."""
    inspect_what_is_due(at=timezone.now())
