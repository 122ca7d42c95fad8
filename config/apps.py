"""The wiring package, as Django knows it."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from accounts.signals import account_event
        from config import checks, receivers  # noqa: F401

        account_event.connect(receivers.tell_the_ledger, dispatch_uid="tell-the-ledger")
