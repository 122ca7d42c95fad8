"""workflows, as Django knows it."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def write_what_code_defines(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After a migration: the legal moves, the statutory rules, local milestones that are new, the shipped holidays.

    They are copies of code and package data, so they are written again whenever they may differ.
    """
    from django.db import connections
    from django.utils import timezone

    from workflows import triggers
    from workflows.calendars import local_date
    from workflows.models import CalendarVersion, Subject
    from workflows.services import calendar, moving, rules

    tables = connections[using].introspection.table_names()
    if using != "default" or Subject._meta.db_table not in tables:  # not yet, or no longer
        return
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            later = set(triggers.APPEND_ONLY_SINCE) & set(tables)
            kept = (statement for table in later for statement in triggers.sqlite_append_only(table))
            for statement in (*triggers.SQLITE, *kept):
                cursor.execute(statement)
            if {"reviews_disposal", "reviews_legalhold"} <= set(tables):
                forgetful = (
                    one
                    for table in triggers.FORGETS
                    for one in triggers.forgetting(connections[using], table)
                )
                for statement in (*forgetful, *triggers.held("sqlite")):
                    cursor.execute(statement)
    moving.write_legal_moves([m for m in apps.get_models() if issubclass(m, Subject) and m is not Subject])
    rules.write_statutory_rules()
    rules.adopt_what_is_new(on=local_date(timezone.now()))
    if not CalendarVersion.objects.exists():
        calendar.load_shipped_holidays(at=timezone.now())


class WorkflowsConfig(AppConfig):
    name = "workflows"

    def ready(self) -> None:
        from workflows import checks  # noqa: F401 - registers the system checks

        post_migrate.connect(write_what_code_defines, sender=self, dispatch_uid="what-code-defines")
