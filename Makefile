# Each target sets up what it needs; `make` alone lists them.

PYTHON ?= python3
LIMIT ?= 5
WORKERS ?= $(shell expr $$(nproc) + 1) # for many tests wait, for a delay or a limit
ARCHIVE ?=
PORT ?= 8001
BIN := .venv/bin

.PHONY: help demo crawl web test test-long test-recipes lint clean

help:
	@echo 'make demo    crawl a made-up NK News on this machine into data/demo.db, and look at it'
	@echo 'make crawl   crawl $(LIMIT) articles of the live site into data/nknews.db (LIMIT=20 for more)'
	@echo 'make web     show data/nknews.db in a browser (ARCHIVE=data/demo.db for another archive, PORT=8002)'
	@echo 'make test    run the tests; make test-long those that take many minutes, make test-recipes docs/scheduling.md'
	@echo 'make lint    check format, style and types'
	@echo 'make clean   remove the virtual environment'

demo: .venv/.ready
	@$(BIN)/scrapy demo

crawl: .venv/.ready
	@$(BIN)/scrapy crawl nknews -a limit=$(LIMIT)

web: .venv/.ready-web
	@$(BIN)/python -m nkcrawl.web --port $(PORT) $(if $(ARCHIVE),'$(ARCHIVE)')

test: .venv/.ready-dev
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-long: .venv/.ready-dev
	@$(BIN)/python -m pytest -m long -s

test-recipes: .venv/.ready-dev
	@$(BIN)/python -m pytest tests/recipes

lint: .venv/.ready-dev
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

clean:
	rm -rf .venv

.venv/.ready: pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
	    { echo 'There is no $(PYTHON) here; install Python 3.11 or later, or name one: make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo '$(PYTHON) is older than Python 3.11; name a later one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, sqlite3, venv' 2>/dev/null || \
	    { echo '$(PYTHON) lacks venv, ensurepip or sqlite3; on Debian: apt install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv (once, about a minute) ...'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . || \
	    { echo 'The packages could not be installed; is a package index reachable?' >&2; exit 1; }
	@touch $@

.venv/.ready-web: .venv/.ready
	@echo 'Adding Datasette, to look at the archive in a browser ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[web]' || \
	    { echo 'The packages could not be installed; is a package index reachable?' >&2; exit 1; }
	@touch $@

.venv/.ready-dev: .venv/.ready
	@echo 'Adding the tools for tests and checks ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' || \
	    { echo 'The packages could not be installed; is a package index reachable?' >&2; exit 1; }
	@# Apart from the rest, for sqlite-utils would load pandas at every start of nkcrawl.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/cookbook pandas duckdb || \
	    { echo 'The packages of docs/querying.md could not be installed.' >&2; exit 1; }
	@touch $@
