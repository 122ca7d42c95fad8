"""notifications, as Django knows it."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
