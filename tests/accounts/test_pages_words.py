"""How days, times and typed text are written on a page, and what a template may not leave out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.forms import CharField, ChoiceField, Form, ModelChoiceField, RadioSelect
from django.template import engines
from django.test import RequestFactory
from jinja2 import UndefinedError

from accounts.models import Partnership
from config import jinja
from tests import factories
from workflows import countdown


def page(source: str, **context: Any) -> str:
    return str(engines["jinja2"].from_string(source).render(context)).strip()


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 4, 10, 13, 5, tzinfo=UTC), "Friday 10 April 2026 at 2:05pm"),
        (datetime(2026, 4, 9, 23, 0, tzinfo=UTC), "Friday 10 April 2026 at midnight"),
        (datetime(2026, 4, 10, 11, 0, tzinfo=UTC), "Friday 10 April 2026 at midday"),
        (datetime(2026, 1, 2, 9, 0, tzinfo=UTC), "Friday 2 January 2026 at 9am"),
        (datetime(2026, 1, 2, 0, 30, tzinfo=UTC), "Friday 2 January 2026 at 12:30am"),
    ],
)
def test_an_instant_is_written_in_london_time(instant: datetime, words: str) -> None:
    assert page("{{ at | moment }}", at=instant) == words


def test_a_day_is_written_out_and_marked_for_machines() -> None:
    assert (
        page("{{ on | day }} {{ on | instant_attr }}", on=date(2026, 4, 1))
        == "Wednesday 1 April 2026 2026-04-01"
    )
    at = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    assert (
        page("{{ at | day }} {{ at | instant_attr }}", at=at)
        == "Wednesday 1 April 2026 2026-04-01T00:30:00+01:00"
    )


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        page("{{ at | day }}", at=datetime(2026, 4, 1, tzinfo=UTC).replace(tzinfo=None))


def test_typed_text_is_escaped_in_paragraphs() -> None:
    assert page("{{ text | paragraphs }}", text="One <b>\r\ntwo\n\n\n\nthree") == (
        '<p class="govuk-body">One &lt;b&gt;<br>two</p>\n<p class="govuk-body">three</p>'
    )


@pytest.mark.parametrize(
    "source", ["{{ missing }}", "{{ on.yaer }}", "{{ given.missing }}", "{% if missing %}{% endif %}"]
)
def test_a_misspelt_name_in_our_own_template_is_an_error(source: str) -> None:
    with pytest.raises(UndefinedError):
        page(source, on=date(2026, 4, 1), given={})


def test_a_component_may_leave_out_what_it_does_not_need() -> None:
    tag = '{% from "govuk_frontend_jinja/components/tag/macro.html" import govukTag %}{{ govukTag({"text": text}) }}'

    assert "&lt;b&gt;" in page(tag, text="<b>")


@pytest.mark.django_db
def test_a_form_of_plain_django_fields_is_shown_with_the_same_components() -> None:
    class Plain(Form):
        name = CharField(help_text="As written.")
        kind = ChoiceField(choices=[("a", "A")], widget=RadioSelect)
        partnership = ModelChoiceField(Partnership.objects.all())

    Partnership.objects.create(name="North", reference_prefix="N")
    shown = page("{{ form }}{{ form.name.as_field_group() }}", form=Plain({}))

    assert shown.count('class="govuk-input govuk-input--error"') == 2
    assert shown.count("govuk-radios__input") == 1
    assert ">North</option>" in shown


@pytest.mark.urls("tests.accounts.page_urls")
@pytest.mark.urls("config.urls")
@pytest.mark.django_db
def test_the_navigation_offers_what_a_seat_uses_and_marks_where_one_is() -> None:
    # Given an author of an agency, on the page of returns
    world = factories.a_world()
    request = RequestFactory().get("/returns/")
    request.user = world.people["gp_author"]

    known = jinja.for_every_page(request)

    assert known["signed_in_user"] == world.people["gp_author"]
    assert [(item["text"], item["href"], item["current"]) for item in known["navigation"]] == [
        ("Home", "/", False),
        ("Returns", "/returns/", True),
        ("What is due", "/due/", False),
        ("Notices", "/notices/", False),
    ]


def test_a_request_refused_before_sign_in_has_no_navigation() -> None:
    known = jinja.for_every_page(RequestFactory().get("/"))
    assert known == {
        "signed_in_user": None,
        "session_ending": None,
        "navigation": [],
        "break_glass": None,
        "undelivered": [],
    }


def test_midnight_is_the_first_instant_of_the_day_that_is_named() -> None:
    end_of_day = datetime(2026, 4, 10, 23, 0, tzinfo=UTC)

    assert countdown.moment_in_words(end_of_day) == "Saturday 11 April 2026 at midnight"
    assert countdown.moment_in_words(end_of_day - timedelta(minutes=1)) == "Friday 10 April 2026 at 11:59pm"
