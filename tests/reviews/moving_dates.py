"""What the tests of moving a date share: the clock, its pages, and the boxes of their forms."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.reviews.asking import happened, hidden
from workflows.models import Deadline

NOW = datetime(2026, 3, 24, 9, tzinfo=UTC)  # Tuesday
WHY = {"authority": "The chair", "reason": "The records are on paper."}


def clock(subject: Any, code: str = "LOC_MEETING") -> Deadline:
    """Of a case: due on Wednesday 1 April, and may be paused."""
    return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)


def page_of(deadline: Deadline, page: str = "", *more: Any) -> str:
    kind = "case" if deadline.subject.kind == "reviews.case" else "return"
    name = f"{kind}-deadline{f'-{page}' if page else ''}"
    return reverse(name, args=[deadline.subject_id, deadline.pk, *more])


def boxes(deadline: Deadline, **given: Any) -> dict[str, Any]:
    """What the form of a move holds: what the person saw, and on whose authority and why they do it."""
    seen = max(deadline.facts.values_list("pk", flat=True))
    return {"seen_fact": str(seen), "form_token": str(uuid.uuid4()), **WHY, **given}


def say_yes(client: Client, url: str, given: dict[str, Any]) -> Any:
    """Send the form, and then the yes of the page that says what it would do."""
    asked = client.post(url, given)
    assert asked.status_code == 200, asked
    return client.post(url, {**given, "confirmed": hidden(asked, "confirmed")})


def by_five_days(**given: Any) -> dict[str, Any]:
    return {"how": "wd", "count": "5", **happened(NOW), **given}
