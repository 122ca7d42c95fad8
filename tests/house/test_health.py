"""The two questions a machine asks."""

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from config import vitals


def test_a_living_process_says_so_without_its_database(client: Client) -> None:
    # No database mark: pytest-django would refuse a query.
    answer = client.get("/health/live")

    assert answer.status_code == 200
    assert answer.json() == {"alive": True}


@pytest.mark.django_db
def test_a_migrated_installation_is_ready(client: Client) -> None:
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "migrations": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_an_installation_that_lacks_a_migration_is_not_ready(client: Client) -> None:
    # Given a migration that the database has not had.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "migrations": "1 not applied"}


def test_an_installation_without_its_database_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise OperationalError("connection refused")

    monkeypatch.setattr(vitals, "migrations_waiting", refuse)

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"database": "does not answer", "migrations": "unknown"}


@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_machine_may_ask_without_https(client: Client) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/elsewhere").status_code == 301
