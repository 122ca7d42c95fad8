"""What is done to database and files before the parts start: in one process, since Python is slow to load."""

import hashlib
import os
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def say(sentence: str) -> None:
    """Tell what is being done, at once: what is printed is kept until the end, since it may hold a password."""
    if progress := os.environ.get("PROGRESS_FD"):
        os.write(int(progress), f"  {sentence}\n".encode())


def main() -> None:
    """Migrate, gather static files if they changed, and make the first people. What it prints is shown."""
    django.setup()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Bringing the tables up to date: up to half a minute the first time ...")
    call_command(
        "migrate", verbosity=0, interactive=False
    )  # without a plan too: rules and grants may have changed
    from reviews.services.identifiers import what_is_amiss  # brings models, which are there after the setup

    if amiss := what_is_amiss():
        # Better no start than a new key beside an old database, and pages that fail one by one.
        raise SystemExit(amiss[0])
    stamp, digest = Path(settings.VAR_DIR) / "static-stamp", _static_digest()
    if not stamp.exists() or stamp.read_text() != digest or not Path(settings.STATIC_ROOT).exists():
        say("Gathering styles and scripts ...")
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(digest)
    if os.environ.get("DEMO", "1") != "0" and "demo" in get_commands():
        if not apps.get_model("accounts.Partnership").objects.exists():
            say("Making up a partnership with its cases, to try things on: half a minute, this once ...")
        call_command("demo", "--if-empty")
    else:
        call_command("first_administrator", verbosity=0)


def _static_digest() -> str:
    """Of every static file's name, size and age: the same while there is nothing to gather anew."""
    digest = hashlib.sha256(f"{settings.STATIC_ROOT} {settings.STORAGES['staticfiles']}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            digest.update(f"{name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
