"""`make screenshots`: the demonstration in a real browser, every page wide and narrow, into docs/screenshots.

Builds the demonstration in a folder of its own, serves it, signs in as each role and takes a picture of
what they see; axe looks at each page too, and what it finds is printed. Pictures are to be looked at.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("home-wide.png", "case-wide.png", "return-narrow.png")
"""The pictures that the README shows; the others go where OUT says."""


def main() -> int:
    folder = tempfile.mkdtemp(prefix="rapid-pictures-")
    out = Path(os.environ.get("OUT", str(Path(folder) / "pictures")))
    out.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        VAR_DIR=folder,
        HTTPS="0",
        SECRET_KEY="for-pictures-only-0123456789-abcdefghijklmnopqrstuvwxyz",
        IDENTIFIER_KEYS="for-pictures-only:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        DJANGO_SETTINGS_MODULE="config.settings",
        DJANGO_ALLOW_ASYNC_UNSAFE="true",
        LOG_LEVEL="ERROR",
    )
    os.environ.pop("DATABASE_URL", None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"], ["demo"]):
        subprocess.run([*manage, *command], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    import django

    django.setup()
    from tests import services

    port = services.free_port()
    with services.gunicorn(dict(os.environ), Path(folder) / "web.log", port):
        address = f"http://127.0.0.1:{port}"
        services.wait_for(lambda: is_ready(address), saying="the web")
        wrong = take_all(address, out)
    for name in KEPT:
        (ROOT / "docs" / "screenshots").mkdir(parents=True, exist_ok=True)
        (ROOT / "docs" / "screenshots" / name).write_bytes((out / name).read_bytes())
    print(f"{len(list(out.glob('*.png')))} pictures in {out}; {wrong} things found by axe")
    return 1 if wrong else 0


def is_ready(address: str) -> bool:
    try:
        return bool(urlopen(f"{address}/health/ready").status == 200)
    except OSError:
        return False


def take_all(address: str, out: Path) -> int:
    """Take every picture; returns how many things are wrong with the pages."""
    from playwright.sync_api import sync_playwright

    from tests.browser.walking import Walk
    from tests.browser.walks import pages_by_person
    from tests.conftest import CHROMIUM_OPTIONS, chromium

    todo = pages_by_person()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        walk = Walk(browser, address, out).through(todo)
        browser.close()
    for name, what in [*walk.wrong, *walk.complaints]:
        print(f"{name}: {what}")
    return len(walk.wrong) + len(walk.complaints)


if __name__ == "__main__":
    print(f"Pictures of {datetime.now(tz=UTC):%Y-%m-%d}")
    sys.exit(main())
