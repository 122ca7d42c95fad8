"""Pages: what I was told, opening one, what was sent about a case, and whom no mail reached."""

import uuid
from typing import cast

from django.apps import apps
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.pages.views import at
from notifications import services
from notifications.channels import texts
from notifications.models import Notice, NoticeQuerySet
from workflows.models import Subject
from workflows.services.standing import how_it_stands
from workflows.showing import Shows, not_found, note_listed, note_shown, shows

A_PAGE = 50


def _page(notices: NoticeQuerySet, wanted: str) -> tuple[list[Notice], str]:
    """The notices after the one that `wanted` names, newest first, and the name of the next page, if any.

    A page is named by the last notice before it, so that one which arrives meanwhile moves nothing.
    Anything else that is asked for is the first page.
    """
    try:
        last = notices.filter(pk=uuid.UUID(wanted)).first()
    except ValueError:
        last = None
    if last is not None:
        notices = notices.filter(created_at__lte=last.created_at).exclude(
            Q(created_at=last.created_at) & Q(pk__gte=last.pk)
        )
    related = ("recipient", "subject", "deadline__rule", "deadline__calendar")
    shown = list(notices.newest_first().select_related(*related)[: A_PAGE + 1])
    return shown[:A_PAGE], str(shown[A_PAGE - 1].pk) if len(shown) > A_PAGE else ""


def _rows(request: HttpRequest, notices: list[Notice]) -> list[dict[str, object]]:
    """Each notice with its headline, and how its duty stands now.

    Somebody who may not see the subject (any more) learns no more than the notice told them: its due day.
    """
    user = cast(User, request.user)
    visible: set[uuid.UUID] = set()
    about = [notice.subject for notice in notices if notice.subject]
    for kind in {subject.kind for subject in about}:
        ids = [subject.pk for subject in about if subject.kind == kind]
        seen = apps.get_model(kind)._default_manager.all().visible_to(user, at=at(request))
        visible.update(seen.filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "notice": notice,
            "headline": texts.headline(notice.news),
            "time_left": how_it_stands(notice.deadline, at=at(request))
            if notice.deadline and notice.subject_id in visible
            else None,
        }
        for notice in notices
    ]


@shows(Shows.LIST)
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """My notices, newest first, those not opened yet marked."""
    user = cast(User, request.user)
    mine = Notice.objects.visible_to(user, at=at(request))
    shown, following = _page(mine, request.GET.get("page", ""))
    note_listed(request, "notices", (notice.subject.code for notice in shown if notice.subject))
    context = {
        "rows": _rows(request, shown),
        "following": following,
        "is_first": "page" not in request.GET,
        "unseen": services.unseen_count(user),
    }
    return render(request, "notifications/notice_list.html", context)


@shows(Shows.NOTHING)
@require_http_methods(["GET", "HEAD", "POST"])
def open_notice(request: HttpRequest, notice: uuid.UUID) -> HttpResponse:
    """Go to what one of mine is about; sent by its button, it is seen from then on.

    An address alone changes nothing: a mail leads to the page of its subject, and marks nothing either.
    """
    user = cast(User, request.user)
    found = get_object_or_404(Notice.objects.visible_to(user, at=at(request)), pk=notice)
    if request.method == "POST":
        services.mark_seen(found, at=at(request))
    if address := services.address_of(found, for_whom=user, at=at(request)):
        return HttpResponseRedirect(address)
    assert found.subject is not None  # what is about none leads to its own page
    messages.info(
        request, f"You cannot open {found.subject.code}: it is not, or no longer, among what you may see."
    )
    return HttpResponseRedirect(reverse("notice-list"))


@shows(Shows.CASE)
@require_safe
def sent_list(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    """What was sent about one case: whom, which news, when, and what became of it."""
    user = cast(User, request.user)
    root = services.case_with_notices(user, case, at=at(request))
    if root is None:
        raise not_found(request, Subject, case)
    note_shown(request, root, "read_notices")
    about = Notice.objects.about(root)
    shown, following = _page(about, request.GET.get("page", ""))
    context = {"case": root, "rows": _rows(request, shown), "following": following}
    return render(request, "notifications/sent_list.html", context)


@shows(Shows.LIST)
@require_safe
def undelivered_list(request: HttpRequest) -> HttpResponse:
    """Whom no mail reached about cases of mine, so that somebody phones them."""
    user = cast(User, request.user)
    waiting = (
        services.undelivered_to(user, at=at(request)).newest_first().select_related("recipient", "subject")
    )
    rows = [{"notice": notice, "headline": texts.headline(notice.news)} for notice in waiting[:A_PAGE]]
    note_listed(request, "notices", (notice.subject.code for notice in waiting[:A_PAGE] if notice.subject))
    return render(request, "notifications/undelivered_list.html", {"rows": rows})


@shows(Shows.NOTHING)
@require_POST
def phoned(request: HttpRequest, notice: uuid.UUID) -> HttpResponse:
    """The person was phoned: it asks for nothing more. A second press changes nothing."""
    user = cast(User, request.user)
    failed = Notice.objects.filter(pk=notice, state=Notice.State.FAILED)
    mine = failed.of_cases(user, services.SEE_NOTICES, at=at(request))
    found = mine.select_related("recipient", "subject").first()
    if found is None:
        raise not_found(request, Notice, notice)
    services.mark_dealt_with(found, by=user, at=at(request))
    messages.success(request, f"It is recorded that {found.recipient.full_name} was phoned.")
    return HttpResponseRedirect(reverse("undelivered-list"))
