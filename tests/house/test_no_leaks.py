"""What the repository must not hold: paths of somebody's machine, addresses of registries, other tools' locks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

LOCKS = ("requirements.lock", "requirements-production.lock")
# In two halves, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    rb"py" rb"pi\.org|python" rb"hosted\.org|registry\.npm" rb"js|extra-index" rb"-url|/simp" rb"le/"
)
COMMON = {
    Path(name)
    for name in ("/", "/app", "/home", "/opt", "/srv", "/tmp", "/usr", "/usr/local", "/var", "/Users")
}


def paths_of_this_machine() -> list[str]:
    """The checkout and the folders above it, the home folder, and where this Python lies: nothing of the product's."""
    checkout = Path(settings.BASE_DIR)
    return sorted(
        {
            str(path)
            for path in (checkout, *checkout.parents, Path.home(), Path(sys.base_prefix))
            if path not in COMMON
        }
    )


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=settings.BASE_DIR, capture_output=True)
    # Not skipped: what was not looked at would pass for clean.
    assert listed.returncode == 0, "Only a git checkout says which files are kept: run this test in one."
    return [name for name in listed.stdout.decode().split("\0") if name]


def test_no_file_names_a_path_of_this_machine_or_a_registry() -> None:
    machine = re.compile(
        rb"(?<![\w.-])(?:%s)/" % b"|".join(re.escape(path.encode()) for path in paths_of_this_machine())
    )
    found = []
    for name in tracked():
        path = settings.BASE_DIR / name
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        for pattern in (machine, REGISTRIES):
            found += [
                f"{name}: {match.group().decode(errors='replace')}" for match in pattern.finditer(content)
            ]

    assert found == []


def test_nothing_that_is_made_is_kept() -> None:
    kept = [
        name
        for name in tracked()
        if name.endswith(("uv.lock", ".pyc", ".sqlite3", "secret-key", "identifier-keys"))
        or name.startswith(("var/", ".venv/", ".uv/"))
    ]

    assert kept == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_what_by_hash_and_never_from_where(lock: str) -> None:
    text = (settings.BASE_DIR / lock).read_text()
    packages = [part for part in re.split(r"\n(?=\S)", text) if part.strip()]

    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert [package.splitlines()[0] for package in packages if "==" not in package.splitlines()[0]] == []


def test_both_locks_choose_the_same_versions() -> None:
    chosen = [
        set(re.findall(r"^[\w.-]+==\S+", (settings.BASE_DIR / lock).read_text(), re.M)) for lock in LOCKS
    ]

    assert chosen[1] <= chosen[0]
