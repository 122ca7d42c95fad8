"""The page that asks and then acts, once."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.forms import Field
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from accounts.models import Receipt, User
from accounts.pages.forms import SENT_AGAIN, TOKEN, PageForm, ignored_in, read_token


def at(request: HttpRequest) -> datetime:
    """The one instant of this request (aware, UTC): read once, so that a page cannot disagree with itself."""
    if not hasattr(request, "at"):
        request.at = timezone.now()  # type: ignore[attr-defined]
    return request.at  # type: ignore[attr-defined]


def signed_in(request: HttpRequest) -> User:
    """The person of this request. For pages behind sign-in, which is every page that does not say otherwise."""
    assert isinstance(request.user, User)  # SignInRequired saw to it
    return request.user


class AlreadySent(Exception):
    """Another copy of this form got there first, and its effect stands."""


class FormPage(View):
    """One thing a person can do: a form on GET, the deed on POST.

    A subclass gives `title`, `form_class` and `act`; what it must look up it looks up in `prepare`, which
    runs on GET and POST alike, and after a second copy of a form has been answered: what the first copy
    did may have closed the door behind it. An exception of a kind listed in `refusals` undoes everything
    and is shown above the form, with all that was typed.
    """

    http_method_names = ["get", "head", "post", "options"]
    form_class: type[PageForm] = PageForm
    template_name = "pages/form.html"
    title = ""
    lead = ""
    submit = "Continue"
    cancels_to = ""
    """The name of the page to which “Cancel” leads back; there is none when it is empty."""
    refusals: tuple[type[Exception], ...] = ()

    def prepare(self) -> None:
        """Look up what the page is about and who may see it; raise Http404 or PermissionDenied if not."""

    def act(self, form: Any) -> str:
        """Do it, inside the transaction; return the address of the answer."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")

    def place_of(self, refusal: Exception) -> str | None:
        """The field beside which a refusal is said; None for above the form."""
        return None

    def initial(self) -> dict[str, Any]:
        """What the form holds before anything is typed."""
        return {}

    def form_arguments(self) -> dict[str, Any]:
        """More keyword arguments for the form, such as what may be chosen."""
        return {}

    @classmethod
    def asked(cls, **address: Any) -> dict[str, Field]:
        """The fields of the form, with the names in the page's address and nothing looked up."""
        return cls.form_class.asked()

    def context(self, form: Any) -> dict[str, Any]:
        """More names for the template."""
        return {}

    def get_title(self) -> str:
        return self.title

    @property
    def at(self) -> datetime:
        return at(self.request)

    # ---- The two ways to come here
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        return self.page(self.form_class(at=self.at, initial=self.initial(), **self.form_arguments()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = read_token(request.POST)
        try:
            return self.answer_again(token) or self.ask_and_act(token)
        except (Http404, PermissionDenied):
            # Perhaps because of what another copy of this form has just done.
            if answer := self.answer_again(token):
                return answer
            raise

    def ask_and_act(self, token: uuid.UUID | None) -> HttpResponseBase:
        self.prepare()
        given = self.request.POST, self.request.FILES
        form = self.form_class(*given, at=self.at, initial=self.initial(), **self.form_arguments())
        if form.is_valid() and token is None:
            form.add_error(None, "This form could not be checked. Send it again.")
        self.request.ignored_fields = ignored_in(form, self.request.POST)  # type: ignore[attr-defined]
        if token is not None and form.is_valid():
            try:
                return HttpResponseRedirect(self.act_once(form, token))
            except AlreadySent:
                pass
            except IntegrityError:
                form.add_error(
                    None,
                    "Somebody did the same, or something it rules out, at this moment. Look, and try again.",
                )
            except ValidationError as error:
                form.add_error(None, error)
            except self.refusals as refusal:
                form.add_error(self.place_of(refusal), str(refusal))
        return self.answer_again(token) or self.page(form)

    def act_once(self, form: Any, token: uuid.UUID) -> str:
        """Receipt and deed in one transaction; returns the address of the answer.

        The receipt goes in first. A second copy then waits for the first to end: if the first came through,
        the token is taken (AlreadySent); if it was refused, nothing of it is left and the second tries itself.
        """
        receipt = Receipt(token=token, user=self._sender(), path=self._path(), body_hash=self._body_hash())
        with transaction.atomic():
            try:
                with transaction.atomic():
                    receipt.save(force_insert=True)
            except IntegrityError:
                raise AlreadySent from None
            receipt.answer_url = self.act(form)
            receipt.save(update_fields=["answer_url"])
        return receipt.answer_url

    def answer_again(self, token: uuid.UUID | None) -> HttpResponse | None:
        """What the first copy of this form was answered; None if there was none."""
        receipt = Receipt.objects.filter(token=token).first() if token else None
        if receipt is None:
            return None
        is_own = receipt.user == self._sender()
        if is_own and receipt.path == self._path() and receipt.body_hash == self._body_hash():
            return HttpResponseRedirect(receipt.answer_url)
        answer_url = receipt.answer_url if is_own else ""
        return render(self.request, "pages/already_sent.html", {"answer_url": answer_url}, status=422)

    def page(self, form: Any) -> HttpResponse:
        """The form on its page, new or with errors."""
        given = {"form": form, "title": self.get_title(), "lead": self.lead, "submit_text": self.submit}
        if self.cancels_to:
            given["cancel_url"] = reverse(self.cancels_to)
        return render(self.request, self.template_name, {**given, **self.context(form)})

    # ---- What makes two copies the same
    def _sender(self) -> Any:
        return self.request.user if self.request.user.is_authenticated else None

    def _path(self) -> str:
        return self.request.path[:300]

    def _body_hash(self) -> str:
        """Of all that was posted but what is written anew each time: the CSRF token, the seal of a form sent again."""
        digest = hashlib.sha256()
        for name, values in sorted(self.request.POST.lists()):
            if name not in ("csrfmiddlewaretoken", SENT_AGAIN, TOKEN):
                digest.update(repr((name, values)).encode())
        for name, files in sorted(self.request.FILES.lists()):
            for file in files:
                digest.update(repr((name, file.name, file.size)).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
        return digest.hexdigest()
