"""What the pages have in common on which something is done with a return, or with what stands beside its answers."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.pages.views import signed_in
from reviews.models import AgencyReturn
from reviews.views.base import SubjectPage
from workflows.services.moving import verbs_open_to


class ReturnAct(SubjectPage):
    """Something done with a return."""

    model = AgencyReturn
    verb: ClassVar[str] = ""

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "caption": self.subject.agency.name}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if self.verb and self.verb not in verbs_open_to(self.subject, signed_in(request), at=self.at):
            return redirect(self.subject.get_absolute_url())
        return super().get(request, *args, **kwargs)


class BesideAnswers(ReturnAct):
    """Something done to what an agency gives beside its answers, such as rows or files: it leads back to them."""

    permission = "reviews.draft_agencyreturn"
    list_page: ClassVar[str]
    """The name of the page with all of them."""

    def home(self) -> str:
        return reverse(self.list_page, args=[self.subject.pk])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if not self.subject.can_be_written:
            return redirect(self.home())
        return super().get(request, *args, **kwargs)

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "back_url": self.home()}

    def come_back(self, words: str = "") -> str:
        super().come_back(words)
        return self.home()
