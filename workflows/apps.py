"""workflows, as Django knows it."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"
