"""Sign-in through a partnership's own provider: a real one, in a process of its own. Whom it may sign in, and as what."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.models import User
from accounts.services import providers
from config.providers import for_allauth
from tests import services
from tests.second_factor import an_app, code_of

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db, pytest.mark.once]
PEOPLE: dict[str, dict[str, Any]] = {
    "s-ann": {"email": "Ann@barset.example"},
    "s-mfa": {"email": "ann@barset.example", "amr": ["pwd", "mfa"]},
    "s-acr": {"email": "ann@barset.example", "acr": "urn:high"},
    "s-far": {"email": "zoe@westvale.example", "amr": ["mfa"]},
    "s-new": {"email": "new@barset.example", "amr": ["mfa"]},
    "s-unv": {"email": "ann@barset.example", "email_verified": False, "amr": ["mfa"]},
    "s-odd": {"email": None, "amr": "mfa"},
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider that knows these people."""
    with services.openid_provider(PEOPLE, tmp_path_factory.mktemp("provider") / "log") as address:
        yield address


@pytest.fixture
def trusted(provider: str, settings: Any) -> dict[str, Any]:
    """The provider, as this installation knows it. What is changed in it counts."""
    given = {"id": "barset", "name": "Barset Council", "client_id": "us", "secret": "ours", "server_url": provider,
             "domains": ["barset.example"], "second_factor": {"amr": ["mfa"], "acr": ["urn:high"]}}  # fmt: skip
    settings.OIDC_PROVIDERS = [given]
    settings.SOCIALACCOUNT_PROVIDERS = for_allauth([given])
    return given


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@barset.example", "Ann Example")


def sign_in_as(subject: str, then: str = "/cases/") -> tuple[Client, str]:
    """A browser that has been to the provider and back as that person, and where it was sent."""
    client = Client()
    back = requests.post(
        way_of(client.post(f"/sign-in/with/barset/?next={then}")),
        data={"sub": subject},
        allow_redirects=False,
        timeout=10,
    )
    answer = client.get(back.headers["Location"].replace("http://testserver", ""))
    assert answer.status_code == 302
    return client, answer.headers["Location"]


def way_of(answer: Any) -> str:
    """The address of the provider to which a browser goes on by itself."""
    return str(answer.headers["Refresh"]).removeprefix("0;url=")


def is_in(client: Client) -> bool:
    return client.get("/your-sign-in/").status_code == 200


def test_the_sign_in_page_offers_it_and_only_a_press_goes_there(trusted: dict[str, Any]) -> None:
    assert "Sign in with Barset Council" in Client().get("/sign-in/").content.decode()
    assert Client().get("/sign-in/with/barset/").headers["Location"] == "/sign-in/"
    assert Client().post("/sign-in/with/other/").status_code == 404
    assert Client().get("/sign-in/with/other/back/").status_code == 404


def test_a_person_who_has_an_account_confirms_as_everybody_does(trusted: dict[str, Any], ann: User) -> None:
    an_app(ann)
    client, where = sign_in_as("s-ann")
    assert (where, is_in(client)) == ("/sign-in/confirm/", False)

    answer = client.post(where, {"code": code_of(ann)})

    assert (answer.headers["Location"], is_in(client)) == ("/cases/", True)
    tied = SocialAccount.objects.get()
    assert (tied.user, tied.uid, tied.extra_data) == (ann, "s-ann", {})


def test_who_has_no_second_factor_sets_one_up_first(trusted: dict[str, Any], ann: User) -> None:
    client, where = sign_in_as("s-ann")

    assert where == "/cases/"
    assert client.get(where).headers["Location"] == "/sign-in/set-up/?next=/cases/"


@pytest.mark.parametrize("subject", ["s-mfa", "s-acr"])
def test_a_token_that_says_so_in_a_trusted_word_stands_for_the_second_factor(
    trusted: dict[str, Any], ann: User, subject: str
) -> None:
    an_app(ann)
    client, where = sign_in_as(subject)

    assert (where, is_in(client)) == ("/cases/", True)


def test_without_the_setting_no_word_of_a_token_does(trusted: dict[str, Any], ann: User) -> None:
    an_app(ann)
    del trusted["second_factor"]

    assert sign_in_as("s-mfa")[1] == "/sign-in/confirm/"


@pytest.mark.parametrize("subject", ["s-new", "s-far", "s-unv", "s-odd"])
def test_nobody_is_signed_up_and_no_provider_speaks_for_the_people_of_another(
    trusted: dict[str, Any], ann: User, subject: str
) -> None:
    User.objects.create_user("zoe@westvale.example", "Zoe of another")
    client, where = sign_in_as(subject)

    assert where == "/sign-in/"
    assert providers.NOBODY in client.get(where).content.decode()
    assert (is_in(client), User.objects.count(), SocialAccount.objects.count()) == (False, 2, 0)


def test_a_closed_account_is_nobodys(trusted: dict[str, Any], ann: User) -> None:
    assert [is_in(sign_in_as("s-mfa")[0]) for _ in range(2)] == [True, True]
    assert SocialAccount.objects.get().extra_data == {}
    User.objects.update(is_active=False)

    client, where = sign_in_as("s-mfa")

    assert (where, is_in(client)) == ("/sign-in/", False)


@pytest.mark.parametrize("then", ["https://evil.test", "//evil.test", "/\\evil.test"])
def test_bad_input_70_the_way_back_leads_only_to_our_own_pages(
    trusted: dict[str, Any], ann: User, then: str
) -> None:
    assert sign_in_as("s-mfa", then)[1] == "/"


def test_an_answer_that_nobody_asked_for_and_a_refusal_are_told_in_words(
    trusted: dict[str, Any], ann: User
) -> None:
    for query in ("code=x&state=y", "error=access_denied", ""):
        client = Client()
        answer = client.get(f"/sign-in/with/barset/back/?{query}")
        assert answer.headers["Location"] == "/sign-in/"
        assert "Your organisation did not sign you in" in client.get("/sign-in/").content.decode()
    assert not is_in(client)


def test_a_provider_that_is_away_is_told_in_words(trusted: dict[str, Any], settings: Any) -> None:
    away = {**trusted, "server_url": f"http://localhost:{services.free_port()}"}
    settings.SOCIALACCOUNT_PROVIDERS = for_allauth([away])
    client = Client()

    assert client.post("/sign-in/with/barset/").headers["Location"] == "/sign-in/"
    assert "does not answer" in client.get("/sign-in/").content.decode()


def test_a_provider_without_domains_is_refused_at_the_start() -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"^OIDC_PROVIDERS: barset does not say client_id, domains\.$"
    ):
        for_allauth([{"id": "barset", "name": "B", "secret": "x", "server_url": "https://x", "domains": []}])


def test_its_address_is_the_one_that_the_provider_is_told(trusted: dict[str, Any]) -> None:
    away = way_of(Client().post("/sign-in/with/barset/"))

    assert "redirect_uri=http%3A%2F%2Ftestserver%2Fsign-in%2Fwith%2Fbarset%2Fback%2F" in away
    assert "code_challenge_method=S256" in away
    assert urlsplit(away).netloc == urlsplit(trusted["server_url"]).netloc
