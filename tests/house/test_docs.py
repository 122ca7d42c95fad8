"""docs/running.md names every setting, and the Makefile lists its verbs."""

import re
import subprocess

from django.conf import settings

from accounts.services.passwords import WORDS
from tests.house.test_compose import names_read_by_the_settings


def test_every_setting_is_explained() -> None:
    page = (settings.BASE_DIR / "docs" / "running.md").read_text()
    explained = set(re.findall(r"`([A-Z_]+)`", page))

    assert names_read_by_the_settings() - explained == set()


def test_every_word_that_no_password_is_made_of_is_documented() -> None:
    page = (settings.BASE_DIR / "docs" / "security.md").read_text()
    section = page.partition("## Passwords")[2].partition("## ")[0]

    assert set(re.findall(r"`(\w+)`", section)) == set(WORDS)


def test_make_lists_its_verbs() -> None:
    said = subprocess.run(["make", "-s"], cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert said.returncode == 0
    verbs = [line.split()[1] for line in said.stdout.splitlines()]
    assert verbs == [
        "help",
        "setup",
        "run",
        "code",
        "test",
        "check",
        "matrix",
        "fuzz",
        "mutants",
        "bench",
        "screenshots",
        "lock",
    ]
