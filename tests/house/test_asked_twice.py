"""Which pages ask again who it is: those that let something out, open a case, or change who may what. No others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.house.routes import every_route
from tests.second_factor import proved

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
ASKED_TWICE = {
    "administration/deputies/add/",
    "administration/people/<int:pk>/remove/",
    "administration/people/<uuid:pk>/close/",
    "administration/people/<uuid:pk>/lift/",
    "administration/people/<uuid:pk>/link/",
    "administration/people/<uuid:pk>/lost/",
    "administration/people/<uuid:pk>/lost/answer/",
    "administration/people/<uuid:pk>/sign-out/",
    "administration/people/<uuid:pk>/try-again/",
    "administration/people/add/",
    "administration/retention/<int:pk>/end/",
    "administration/retention/add/",
    "administration/retention/adopt/",
    "break-glass/",
    "cases.csv",
    "cases/<uuid:pk>/break-glass/<int:number>/answer/",
    "cases/<uuid:pk>/chronology.csv",
    "cases/<uuid:pk>/chronology.xlsx",
    "cases/<uuid:pk>/copies/<uuid:copy>/",
    "cases/<uuid:pk>/copies/<uuid:copy>/black-out/",
    "cases/<uuid:pk>/copies/<uuid:copy>/copy.json",
    "cases/<uuid:pk>/copies/<uuid:copy>/print/",
    "cases/<uuid:pk>/copies/<uuid:copy>/release/",
    "cases/<uuid:pk>/copies/add/",
    "cases/<uuid:pk>/retention/holds/<int:hold>/lift/",
    "cases/<uuid:pk>/retention/propose/<slug:record_class>/",
    "cases/<uuid:pk>/retention/reviews/<int:review>/agree/",
    "change-password/",
    "ledger.csv",
    "panel/<uuid:pk>/record.json",
    "your-sign-in/app/",
    "your-sign-in/app/remove/",
    "your-sign-in/passkey/",
    "your-sign-in/passkey/<int:pk>/remove/",
    "your-sign-in/recovery-codes/new/",
    "your-sign-in/sessions/<int:pk>/end/",
    "your-sign-in/sessions/end/",
}


def test_these_pages_and_no_others_ask_again_who_it_is(time_machine: Any) -> None:
    # Given somebody whose second factor was used ten minutes ago, and who has been at work since
    time_machine.move_to(NOW, tick=False)
    client = Client()
    person = factories.a_person("somebody@example.org", "Some Body")
    client.force_login(person)
    session = client.session
    proved(session, person, at=NOW - timedelta(minutes=10))
    session.save()

    # When they open every page there is
    asked = set()
    for route in every_route():
        answer = client.get(route.path)
        if answer.headers.get("Location", "").startswith("/confirm/"):
            asked.add(route.pattern)

    assert asked == ASKED_TWICE
