"""The addresses that only these tests have are declared for as long as one of them runs."""

from dataclasses import replace

import pytest
from django.test import override_settings

from config import manifest
from config.manifest import METHODS, Line


@pytest.fixture(autouse=True)
def addresses_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(ROOT_URLCONF="tests.accounts.page_urls"):
        there = {route for route, _ in manifest.routes()}
    more = {route: Line(route, "", ("signed-in",), METHODS, None) for route in there}
    lines = {**more, **manifest.MANIFEST.lines}
    monkeypatch.setattr(manifest, "MANIFEST", replace(manifest.MANIFEST, lines=lines))
