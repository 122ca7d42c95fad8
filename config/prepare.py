"""What is done to database and files before the parts start: in one process, since Python is slow to load."""

import hashlib
import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands


def main() -> None:
    """Migrate, gather static files if they changed, and make the first people. What it prints is shown."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    stamp, digest = Path(settings.VAR_DIR) / "static-stamp", _static_digest()
    if not stamp.exists() or stamp.read_text() != digest or not Path(settings.STATIC_ROOT).exists():
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(digest)
    if os.environ.get("DEMO", "1") != "0" and "demo" in get_commands():
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
