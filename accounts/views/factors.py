"""Setting up, confirming and removing what proves a person: passkeys, an app, recovery codes."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_safe

from accounts.forms import AddAppForm, AddPasskeyForm, CodeForm, PasskeyForm
from accounts.pages.forms import PageForm
from accounts.pages.second_factor import and_then, before_second_factor
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import FormPage, at, signed_in
from accounts.services import factors, letters, limits, log, recovery, sessions
from accounts.services.arrivals import arrived
from accounts.views.sign_in import next_page

SECRET = "new-app.secret"  # noqa: S105 (a name)
THEN = "after-set-up"
SHOW_CODES = "recovery-codes.shown"

PASSKEY, APP = "a passkey", "an authenticator app"


# ---- The first second factor, and more -------------------------------------------------------
@method_decorator(before_second_factor, name="dispatch")
class SetUp(View):
    """Which way to confirm one's sign-in from now on. The one page that a person without a second factor reaches."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if sessions.is_whole(request.session):
            return redirect("your-sign-in")
        if then := next_page(request):
            request.session[THEN] = then
        return render(request, "accounts/set_up.html", {"title": "Set up how you confirm your sign-in"})


class AddFactor(FormPage):
    """A factor more, for who has confirmed lately; the first, for who has signed in lately."""

    words = ""
    has_arrived = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = signed_in(request)
        if not sessions.proved_within(request.session, sessions.STEP_UP, at=at(request)):
            if sessions.is_whole(request.session):
                return HttpResponseRedirect(and_then("confirm", request.path))
            request.session.flush()
            messages.warning(request, "Sign in again to set this up: you signed in more than 10 minutes ago.")
            return redirect("account_login")
        if not sessions.is_whole(request.session) and factors.has_factor(user):
            request.session.flush()  # another session set one up meanwhile: this one must use it
            return redirect("account_login")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = super().post(request, *args, **kwargs)
        if self.has_arrived:  # what was half a session is a whole one, with a key that nobody has seen before
            request.session.cycle_key()
            sessions.record_place(request, signed_in(request))
            arrived(request, signed_in(request), at=self.at)
        return answer

    def added(self, factor: Authenticator) -> str:
        """Tell of it, make recovery codes if there are none, and count the session as whole."""
        request, user = self.request, signed_in(self.request)
        log.write(log.FACTOR_ADDED, subject=user, actor=user, at=self.at, request=request)
        letters.owe("factor-added", user, at=self.at, about=self.words)
        self.has_arrived = not sessions.is_whole(request.session)
        sessions.prove(request, user, type=factor.type, id=factor.pk)
        messages.success(request, f"You can confirm your sign-in with {self.words} from now on.")
        if not recovery.has_codes(user):
            return show_once(request, recovery.make_codes(user))
        return reverse("your-sign-in")


@method_decorator(before_second_factor, name="dispatch")
class AddPasskey(AddFactor):
    title = "Add a passkey"
    template_name = "accounts/passkey_add.html"
    form_class = AddPasskeyForm
    words = PASSKEY

    def context(self, form: Any) -> dict[str, Any]:
        return {"options": passkeys.begin_registration(signed_in(self.request), True)}

    def act(self, form: AddPasskeyForm) -> str:
        given = form.cleaned_data
        made = passkeys.WebAuthn.add(signed_in(self.request), given["name"], given["credential"])
        return self.added(made.instance)


@method_decorator(before_second_factor, name="dispatch")
class AddApp(AddFactor):
    title = "Add an authenticator app"
    template_name = "accounts/app_add.html"
    form_class = AddAppForm
    words = APP

    def prepare(self) -> None:
        user = signed_in(self.request)
        if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            raise Http404
        self.request.session.setdefault(SECRET, factors.seal(factors.new_secret()))

    @property
    def secret(self) -> str:
        return factors.unseal(self.request.session[SECRET])

    def context(self, form: Any) -> dict[str, Any]:
        address = get_adapter().build_totp_url(signed_in(self.request), self.secret)
        path, side = factors.qr_path(address)
        spaced = " ".join(self.secret[n : n + 4] for n in range(0, len(self.secret), 4))
        return {"qr_path": path, "qr_side": side, "secret": spaced, "app_url": address}

    def act(self, form: AddAppForm) -> str:
        user = signed_in(self.request)
        tried = limits.count(self.request, limits.CODE, str(user.pk))
        if tried is None:
            raise ValidationError(f"There were too many tries. Wait {limits.WAIT_IN_WORDS} and try again")
        step = factors.matching_step(self.secret, factors.plain_code(form.cleaned_data["code"]), at=self.at)
        if step is None:
            raise ValidationError({"code": "Enter the code that the app shows now"})
        tried.forget()
        made = factors.add_app(user, self.secret, step=step)
        del self.request.session[SECRET]
        return self.added(made)


class RemoveFactor(StepUp, FormPage):
    """The last one stays: another must be there before it can go."""

    submit = "Remove"
    cancels_to = "your-sign-in"
    factor: Authenticator
    words = ""

    def found(self) -> Authenticator | None:
        raise NotImplementedError

    def prepare(self) -> None:
        found = self.found()
        if found is None:
            raise Http404
        self.factor = found

    def act(self, form: PageForm) -> str:
        user = signed_in(self.request)
        locked = Authenticator.objects.select_for_update().filter(user=user)
        if self.factor.pk not in {factor.pk for factor in locked}:
            raise Http404
        if factors.is_last(self.factor):
            raise ValidationError(
                "This is your last way to confirm your sign-in. Add another first, then remove this one."
            )
        self.factor.delete()
        log.write(log.FACTOR_REMOVED, subject=user, actor=user, at=self.at, request=self.request)
        letters.owe("factor-removed", user, at=self.at, about=self.words)
        messages.success(self.request, f"You removed {self.words}.")
        return reverse("your-sign-in")


class RemovePasskey(RemoveFactor):
    words = PASSKEY

    def found(self) -> Authenticator | None:
        kind = Authenticator.Type.WEBAUTHN
        return Authenticator.objects.filter(
            user=signed_in(self.request), type=kind, pk=self.kwargs["pk"]
        ).first()

    def get_title(self) -> str:
        return f"Remove the passkey {self.factor.wrap().name}"


class RemoveApp(RemoveFactor):
    title = "Remove the authenticator app"
    words = APP

    def found(self) -> Authenticator | None:
        kind = Authenticator.Type.TOTP
        return Authenticator.objects.filter(user=signed_in(self.request), type=kind).first()


# ---- Recovery codes --------------------------------------------------------------------------
def show_once(request: HttpRequest, codes: list[str]) -> str:
    """The page that shows these codes, which the session holds sealed until then."""
    request.session[SHOW_CODES] = factors.seal(" ".join(codes))
    return reverse("recovery-codes")


@require_safe
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The codes, once, right after they were made."""
    sealed = request.session.pop(SHOW_CODES, "")
    if not sealed:
        return redirect("your-sign-in")
    codes = [f"{code[:5]} {code[5:]}" for code in factors.unseal(sealed).split()]
    given = {"title": "Keep your recovery codes", "codes": codes, "then": request.session.pop(THEN, "/")}
    return render(request, "accounts/recovery_codes.html", given)


class NewRecoveryCodes(StepUp, FormPage):
    title = "Make new recovery codes"
    lead = "The codes you have now will work no more."
    submit = "Make new codes"
    cancels_to = "your-sign-in"

    def act(self, form: PageForm) -> str:
        user = signed_in(self.request)
        codes = recovery.make_codes(user)
        log.write(log.CODES_MADE, subject=user, actor=user, at=self.at, request=self.request)
        letters.owe("recovery-codes-made", user, at=self.at)
        return show_once(self.request, codes)


# ---- Confirming again ------------------------------------------------------------------------
class Confirm(View):
    """That it is still the person who signed in, for what is worth asking twice (see pages/stepping_up.py)."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.page(CodeForm(user=signed_in(request), request=request))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        user = signed_in(request)
        form: Any
        if request.POST.get("credential"):
            form = PasskeyForm(user=user, request=request, data=request.POST)
            if form.is_valid():
                form.save(reauthenticated=True)
        else:
            form = CodeForm(user=user, request=request, data=request.POST)
            if form.is_valid():
                form.reauthenticated = True
                form.save()
        if form.errors:
            return self.page(form)
        sessions.renew(request)
        log.write(log.CONFIRMED, subject=user, actor=user, at=at(request), request=request)
        messages.success(request, "Thank you. This holds for 10 minutes.")
        return HttpResponseRedirect(next_page(request) or reverse("your-sign-in"))

    def page(self, form: Any) -> HttpResponse:
        user = signed_in(self.request)
        given = factors.factors_of(user)
        is_code = isinstance(form, CodeForm)
        return render(
            self.request,
            "accounts/confirm.html",
            {
                **given,
                "title": "Confirm that it is you",
                "form": form if is_code else CodeForm(user=user, request=self.request),
                "passkey_form": None if is_code else form,
                "options": passkeys.begin_authentication(user) if given["passkeys"] else None,
                "next": next_page(self.request),
            },
        )
