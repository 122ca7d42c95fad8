"""Addresses that programs ask for: by http they are refused, not led on, lest a secret goes on being sent openly."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


def only_by_https(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, where the service is reached by https. Its address is to stand in SECURE_REDIRECT_EXEMPT, too."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return HttpResponse(
                f"This is answered by https only: {settings.SITE_URL}{request.path}\n",
                status=403,
                content_type="text/plain; charset=utf-8",
                headers={"Cache-Control": "no-store"},
            )
        return view(request, *args, **kwargs)

    return asked
