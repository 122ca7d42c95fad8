"""The page of a person's calendar feed, and the feed itself: the one address of content that needs no sign-in."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.pages.encrypted import only_by_https
from accounts.pages.forms import PageForm
from accounts.pages.views import FormPage, at, signed_in
from reviews.services import feeds
from workflows.showing import Shows, note_listed, shows

ONCE = "calendar_feed"
"""Where the new address waits to be shown, once."""


class FeedPage(FormPage):
    """Whether there is a feed, and a button that makes one."""

    shows = Shows.NOTHING

    title = "Calendar feed"
    template_name = "reviews/feed.html"

    def prepare(self) -> None:
        if not settings.CALENDAR_FEEDS:
            raise Http404

    def context(self, form: Any) -> dict[str, Any]:
        feed = feeds.feed_of(signed_in(self.request))
        return {"feed": feed, "submit_text": "Make a new address" if feed else "Make the address"}

    def act(self, form: PageForm) -> str:
        # Not in the address: that is written into logs, and into the receipt of this form.
        self.request.session[ONCE] = feeds.make_feed(signed_in(self.request), at=self.at)
        return reverse("feed-made")


@shows(Shows.NOTHING)
@require_safe
def feed_made(request: HttpRequest) -> HttpResponse:
    """The new address. Shown once."""
    token = request.session.pop(ONCE, None)
    if token is None:
        return redirect("feed")
    address = f"{settings.SITE_URL}{reverse('feed-file')}?key={token}"  # a query is in no log of ours
    return render(request, "reviews/feed_made.html", {"title": "Copy this address", "address": address})


class EndFeed(FormPage):
    """The address works no more."""

    shows = Shows.NOTHING

    title = "End the calendar feed"
    lead = (
        "The address stops working at once. Events that a calendar has taken already go when it next looks."
    )
    submit = "End the feed"

    def act(self, form: PageForm) -> str:
        was_there = feeds.end_feed(signed_in(self.request), at=self.at)
        messages.success(self.request, "The feed has ended." if was_there else "There is no feed that works.")
        return reverse("feed")


@shows(Shows.LIST)
@login_not_required  # a calendar program cannot sign in: the secret in the address stands for the person
@only_by_https
@require_safe
def feed_file(request: HttpRequest) -> HttpResponseBase:
    """What its owner may see now. Unknown, ended and of an inactive person are the same: not found.

    An ETag and no Last-Modified: what a person may no longer see is gone from the feed without any fact being
    newer, and a calendar that asked by time alone would be told that nothing has changed.
    """
    try:
        fetched = feeds.fetch_feed(request.GET.get("key", ""), at=at(request))
    except feeds.TooOften as refusal:
        headers = {"Retry-After": str(refusal.wait), "Cache-Control": "no-store"}
        return HttpResponse(
            str(refusal), status=429, content_type="text/plain; charset=utf-8", headers=headers
        )
    if fetched is None:
        raise Http404
    body, owner, codes = fetched
    note_listed(request, "deadlines", codes, by=owner, action="feed")
    etag = quote_etag(hashlib.sha256(body).hexdigest())
    response = HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": etag,
            "Cache-Control": "private, no-cache",  # it may be kept, and is asked for again each time
            "Content-Disposition": 'inline; filename="due.ics"',
        },
    )
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag, response=response)
    return answer or response
