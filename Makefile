# What a machine needs: Python 3.11 or newer with venv, make, git. Everything else is installed into this folder.
.DEFAULT_GOAL := help
.PHONY: help setup run code test check matrix fuzz mutants bench screenshots lock
SHELL := /bin/sh
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS = never

# `make check` and the type checker load the settings; nothing here is a secret of a real installation.
CHECK_ENV = SECRET_KEY=only-for-checking-the-source-0123456789-abcdefghijklmnopqrstuvwxyz HTTPS=0 \
	VAR_DIR=.venv STATIC_STORAGE=django.contrib.staticfiles.storage.StaticFilesStorage
PRODUCTION_ENV = SECRET_KEY=only-for-checking-the-source-0123456789-abcdefghijklmnopqrstuvwxyz HTTPS=1 \
	VAR_DIR=.venv SITE_URL=https://reviews.example.org ALLOWED_HOSTS=reviews.example.org \
	SECURITY_CONTACT=mailto:security@example.org \
	IDENTIFIER_KEYS=only-for-checking:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= \
	DATABASE_URL=postgres://reviews@localhost/reviews BROKER_URL=redis://localhost:6379/0 HOSTS=2 \
	EMAIL_URL=smtp+tls://mail.example.org:587 CLAMAV=tcp://clamav:3310 STOLEN_PASSWORDS=tests/data/stolen-passwords.txt
PACKAGES = config accounts workflows reviews notifications

help:  ## List these verbs
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ok  ## Install what the product needs into .venv, by hash

run: setup  ## Start everything on this machine (PORT=8000, DEMO=0 for no demonstration data)
	@$(BIN)/python -m config.run

code: setup  ## Say the code with which each person of the demonstration confirms their sign-in (WHO=address for one)
	@$(BIN)/python manage.py code $(WHO)

test: setup  ## Run every test, on SQLite and on PostgreSQL
	@$(BIN)/python -m tests.everything

check: setup  ## Read the source: lint, format, types, imports, migrations, deployment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK_ENV) $(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports --no-cache
	$(CHECK_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(BIN)/python manage.py check
	$(PRODUCTION_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING

matrix: setup  ## Ask for every address, by every method, as everybody (about 20 minutes)
	@MATRIX=whole $(BIN)/python -m pytest -q -s tests/matrix/test_matrix.py

# The seed is printed; FUZZ=seed:number sends one request again, FUZZ=seed all of them.
fuzz: setup  ## Send 50,000 made-up requests on each database: nothing may break (about 20 minutes)
	@FUZZ=$${FUZZ:-$$(date +%Y-%m-%d-%H%M)} FUZZ_REQUESTS=$${FUZZ_REQUESTS:-50000} \
		$(BIN)/python -m tests.everything -s tests/matrix/test_fuzz.py

mutants: setup  ## Take out one rule of sight or permission at a time: a test must fail (about 15 minutes)
	@$(BIN)/python -m tests.mutants

bench: setup  ## Measure, and write what was measured
	@$(BIN)/python -m benchmarks

screenshots: setup  ## Take a picture of every page
	@$(BIN)/python -m tests.screenshots

# Hashes and no addresses: the lock says what, and never from where. The second holds no tools of development.
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
lock: $(UV)  ## Choose versions anew within pyproject.toml, and write the two locks
	$(COMPILE) --all-extras --group dev pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock pyproject.toml -o requirements-production.lock

# uv is quick and checks hashes; where it cannot be had, pip does the same more slowly.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d is too old: install Python 3.11 or newer, or name one with `make PYTHON=python3.12`." % sys.version_info[:2])'
	@$(PYTHON) -m venv .uv || { echo "No virtual environment could be made: install python3-venv." >&2; exit 1; }
	@.uv/bin/python -m pip install -q --disable-pip-version-check uv==0.13.8 || echo "uv is not to be had; pip is used."

.venv/.ok: requirements.lock
	@test -x $(UV) || $(MAKE) --no-print-directory $(UV)
	@test -x $(BIN)/python || { test -x $(UV) && $(UV) venv -q --python "$$(.uv/bin/python -c 'import sys; print(sys._base_executable)')" .venv; } \
		|| .uv/bin/python -m venv .venv
	@{ test -x $(UV) && $(UV) pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock; } \
		|| .uv/bin/python -m pip --python $(BIN)/python install -q --disable-pip-version-check \
			--require-hashes -r requirements.lock
	@touch $@
