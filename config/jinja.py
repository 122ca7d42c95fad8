"""The one template engine: its environment, what every page can use, and the renderer of forms."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import django.forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from markupsafe import Markup

from accounts.models import LONDON, Role, Seat, User
from accounts.pages import rendering
from accounts.pages.views import at
from accounts.services import sessions
from notifications.services import chasing_of, names_to_phone, told_of, unseen_count
from reviews.nhs_number import in_groups
from workflows.countdown import moment_in_words, time_in_words

PRODUCT_NAME = "Rapid Review"

NAVIGATION: Sequence[tuple[str, str]] = (
    ("Home", "home"),
    ("Cases", "case-list"),
    ("Returns", "return-list"),
    ("What is due", "due"),
    ("Panel records", "panel-list"),
    ("Notices", "notice-list"),
    ("Ledger", "ledger"),
    ("Administration", "administration"),
)
"""What the bar at the top may offer: words and the name of an address. A name that is not there yet is left out."""


# ---- Words for days and times ----------------------------------------------------------------
def day(value: date | datetime) -> str:
    """A day, or the London day of an aware instant, such as "Friday 10 April 2026"."""
    on = _in_london(value)
    return f"{on:%A} {on.day} {on:%B} {on:%Y}"


def iso_day(text: str) -> str:
    """A day as a record writes it, `2026-04-10`, in the words of a page."""
    return day(date.fromisoformat(text))


def instant_attr(value: date | datetime) -> str:
    """What goes into <time datetime>: the day, or the instant with its offset from UTC in London."""
    return _in_london(value).isoformat()


def paragraphs(text: str) -> Markup:
    """Typed text as escaped paragraphs: an empty line parts them, a single line end breaks the line."""
    blocks = [block.strip("\n") for block in str(text).replace("\r\n", "\n").split("\n\n")]
    return Markup("\n").join(
        Markup('<p class="govuk-body">{}</p>').format(
            Markup("<br>").join(conditional_escape(x) for x in b.split("\n"))
        )
        for b in blocks
        if b.strip()
    )


def _in_london(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: a page shows only instants that say theirs")
        return value.astimezone(LONDON)
    return value


# ---- The environment -------------------------------------------------------------------------
def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


class ComponentLoader(PackageLoader):
    """The macros of GOV.UK Frontend, which take one dict and look in it for many keys that are not given.

    They are compiled in an environment where what is missing is empty. In our own templates it is an
    error: a misspelt name on a page about a child should never be silence.
    """

    lenient: Environment

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:
        return super().load(self.lenient, name, globals)


def environment(**options: Any) -> Environment:
    """The environment that Django's Jinja2 backend uses, made once for each engine."""
    components = ComponentLoader("govuk_frontend_jinja")
    options["loader"] = ChoiceLoader(
        [
            options["loader"],
            PrefixLoader({"govuk_frontend_jinja": components}),
            # Django's own widgets, for the form of a third party that is not made of our fields.
            FileSystemLoader(Path(django.forms.__file__).parent / "jinja2"),
        ]
    )
    options |= {"undefined": StrictUndefined, "autoescape": True}
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 (autoescape is among them)
    components.lenient = made.overlay(undefined=ChainableUndefined)
    made.globals.update(
        static=static, url=url, product_name=PRODUCT_NAME, chasing_of=chasing_of, told_of=told_of
    )
    made.filters.update(
        day=day,
        iso_day=iso_day,
        clock_time=time_in_words,
        moment=moment_in_words,
        instant_attr=instant_attr,
        paragraphs=paragraphs,
        nhs_number=in_groups,
        asks_which=rendering.asks_which,
        box_items=rendering.box_items,
        boxes_in_error=rendering.boxes_in_error,
        choice_items=rendering.choice_items,
        component=rendering.component_of,
        error_target=rendering.error_target,
        humanised=rendering.humanised,
        messages_of=rendering.messages_of,
    )
    return made


# ---- What every page knows -------------------------------------------------------------------
OFFERED: dict[str, frozenset[str]] = {
    Role.BUSINESS_MANAGER: frozenset(
        ("home", "case-list", "return-list", "due", "panel-list", "notice-list", "administration")
    ),
    Role.SUB_GROUP_MEMBER: frozenset(("home", "case-list", "return-list", "due", "notice-list")),
    Role.CO_CHAIR: frozenset(("home", "case-list", "return-list", "due", "notice-list")),
    Role.INDEPENDENT_CHAIR: frozenset(("home", "case-list", "due", "notice-list")),
    Role.DELEGATED_PARTNER: frozenset(("home", "case-list", "return-list", "due", "notice-list")),
    Role.LEAD_PARTNER: frozenset(("home", "case-list", "due", "notice-list")),
    Role.AUTHOR: frozenset(("home", "return-list", "due", "notice-list")),
    Role.SAFEGUARDING_LEAD: frozenset(("home", "return-list", "due", "notice-list")),
    Role.PANEL: frozenset(("home", "due", "panel-list", "notice-list")),
    Role.USER_ADMINISTRATOR: frozenset(("home", "notice-list", "administration")),
    Role.AUDITOR: frozenset(("home", "notice-list", "ledger")),
}
"""What the bar offers to each role. A courtesy: what a page shows is decided by the page."""


def navigation_for(user: AbstractBaseUser | AnonymousUser) -> Sequence[tuple[str, str]]:
    """Which parts of NAVIGATION this person is offered, by the seats they act for. One query."""
    if not isinstance(user, User):
        return ()
    seats = Seat.objects.acted_for_by(user, at=timezone.now())
    offered = {"home", "notice-list"}.union(*(OFFERED[role] for role in seats.values_list("role", flat=True)))
    return [(words, name) for words, name in NAVIGATION if name in offered]


def for_every_page(request: HttpRequest) -> dict[str, Any]:
    """The signed-in person, when their session ends, the navigation, what break-glass opens, whom to phone.

    Before the second factor, and while suspended, a person has none of these but their name.
    A request refused before sign-in was looked at has none of these.
    """
    user = getattr(request, "user", None) or AnonymousUser()
    if getattr(request, "half_signed_in", None) is not None or getattr(user, "suspended_at", None):
        named = user if user.is_authenticated else None
        return {"signed_in_user": named, "is_half_signed_in": True, "navigation": [], "undelivered": []}
    return {
        "signed_in_user": user if user.is_authenticated else None,
        "session_ending": _ending(request) if user.is_authenticated else None,
        "navigation": _navigation(request, user),
        "break_glass": getattr(request, "break_glass", None),
        "undelivered": names_to_phone(user, at=timezone.now()) if isinstance(user, User) else [],
    }


def _ending(request: HttpRequest) -> dict[str, Any] | None:
    session = getattr(request, "session", None)
    return sessions.ending(session, at=at(request)) if session is not None else None


def _navigation(request: HttpRequest, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
    items = []
    for text, name in navigation_for(user):
        try:
            href = reverse(name)
        except NoReverseMatch:
            continue
        if name == "notice-list" and isinstance(user, User) and (unseen := unseen_count(user)):
            text = f"{text} ({unseen} new)"
        items.append(
            {
                "text": text,
                "href": href,
                "current": request.path == href,
                "active": href != "/" and request.path.startswith(href),
            }
        )
    return items


class PageRenderer(TemplatesSetting):
    """`{{ form }}` and `{{ field.as_field_group() }}` come out as GOV.UK components, from the same engine."""

    form_template_name = "pages/fields.html"
    field_template_name = "pages/field.html"
