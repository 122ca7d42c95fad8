"""What gunicorn serves, once a request can be read as one."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
ALPHABETS = ("utf-8", "utf8", "us-ascii")
UNREADABLE = "unreadable; charset=none"
ALPHABET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)


def readable(application: Application) -> Application:
    """Puts what the edge middleware refuses in the place of a Content-Type that Django would break over.

    Django reads that header before any middleware, for every method; an alphabet that is none, written as
    `charset*=none''x`, would be an error of ours. So would one that is none to it, such as `hex`, as soon as the
    address has a query: Django reads that with the alphabet of the body. An alphabet that it does read is ours in any
    case, and is left out: when one is said, Django takes the query apart before anybody could answer that it has too
    many fields.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if said := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = _without_its_alphabet(said)
        return application(environ, start_response)

    return answer


def _without_its_alphabet(said: str) -> str:
    """The rest of a Content-Type; UNREADABLE, if its alphabet is none that we read."""
    try:
        if parse_header_parameters(said)[1].get("charset", "utf-8").lower() not in ALPHABETS:
            return UNREADABLE
        rest = ALPHABET.sub("", said)
        return UNREADABLE if "charset" in parse_header_parameters(rest)[1] else rest
    except (TypeError, ValueError):
        return UNREADABLE


application = readable(get_wsgi_application())
