# Needs make and Python 3.11 or newer; everything else is set up by the targets themselves.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv/bin/python
JOBS ?= 2
BOOTSTRAP = @test -n "$(PYTHON)" || { echo "Liveroom needs Python 3.11 or newer; none was found." >&2; exit 1; }; \
	$(PYTHON) liveroom/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long check bench

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: ## make .venv and install what a server needs
	$(BOOTSTRAP) run

run: export HOST ?= 127.0.0.1
run: export PORT ?= 8000
run: export DEBUG ?= 1
run: export LIVEROOM_GUESTS ?= talk
run: setup ## set up what is missing and serve on HOST:PORT (127.0.0.1:8000)
	@exec $(VENV) -m liveroom.serve --prepare

# In the folders' order, which ends with many quick files: nobody waits long for the last one.
test: ## set up what is missing and run the tests (ARGS="-k name", JOBS=2 at once)
	$(BOOTSTRAP) test
	$(VENV) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Faults one after the other: they last seconds, and those who get over them are to have the machine.
test-long: ## the tests that take minutes
	$(BOOTSTRAP) test
	$(VENV) -m pytest -m long -n $(JOBS) --dist loadfile --no-loadscope-reorder --ignore=tests/faults $(ARGS)
	$(VENV) -m pytest -m long tests/faults $(ARGS)

check: export DATABASE_URL = sqlite://:memory:
check: ## style, types, migrations, deployment settings, import directions
	$(BOOTSTRAP) dev
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	DEBUG=1 $(VENV) -m mypy .
	DEBUG=1 $(VENV) manage.py makemigrations --check --dry-run
	env -u DEBUG HTTPS=1 HSTS_SUBDOMAINS=1 ALLOWED_HOSTS=example.org SECRET_KEY="$$($(VENV) -c 'import secrets; print(secrets.token_urlsafe(60))')" \
		$(VENV) manage.py check --deploy --fail-level WARNING
	.venv/bin/lint-imports --no-logo

bench: ## set up what is missing and measure (SCENARIO="fanout single"; without it, all; ARGS=--quick: a look)
	$(BOOTSTRAP) bench
	$(VENV) -m benchmarks $(ARGS) $(SCENARIO)
