"""What gunicorn serves, once a request can be read as one."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
ALPHABETS = ("utf-8", "utf8", "us-ascii")
UNREADABLE = "unreadable; charset=none"


def readable(application: Application) -> Application:
    """Puts what the edge middleware refuses in the place of a Content-Type that Django would break over.

    Django reads that header before any middleware, for every method; an alphabet that is none, written as
    `charset*=none''x`, would be an error of ours. So would one that is none to it, such as `hex`, as soon as the
    address has a query: Django reads that with the alphabet of the body.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            _, given = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
            is_read = given.get("charset", "utf-8").lower() in ALPHABETS
        except (TypeError, ValueError):
            is_read = False
        if not is_read:
            environ["CONTENT_TYPE"] = UNREADABLE
        return application(environ, start_response)

    return answer


application = readable(get_wsgi_application())
