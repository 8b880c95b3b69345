# Two commands do everything on a machine that has Python (3.11 or newer) and make:
#   make demo     a real, damaged run, and the terminal UI on it
#   make test     what CI runs
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ARGS   ?=
FUZZ_SECONDS ?= 600

.PHONY: demo test lint types contracts unit atlas bench fuzz screenshots schema debian clean help

help:            ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "ckptui needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)   ## make a real, damaged run and open it (ARGS="--no-tui DIR" only makes it)
	@$(BIN)/ckptui demo $(ARGS)

test: lint types contracts unit   ## everything CI runs

lint: $(READY)   ## ruff
	$(BIN)/ruff check ckptui tests
	$(BIN)/ruff format --check ckptui tests

types: $(READY)  ## mypy --strict
	$(BIN)/mypy

contracts: $(READY)  ## the floors of the house
	$(BIN)/lint-imports

unit: $(READY)   ## pytest (ARGS="-k word" to choose)
	$(BIN)/pytest -n 3 $(ARGS)

atlas: $(READY)  ## what every checker says about every damaged file; renews the README's table
	$(BIN)/python -m tests.workshop.atlas $(ARGS)

bench: $(READY)  ## speeds side by side, of files and of the UI; renews the README's tables (ARGS="--only ui")
	$(BIN)/python -m tests.benchmarks $(ARGS)

fuzz: $(READY)   ## mutated files against every reader, in bounds of time and memory (FUZZ_SECONDS=600)
	$(BIN)/python -m tests.workshop.fuzz --seconds $(FUZZ_SECONDS) $(ARGS)

screenshots: $(READY)  ## SVGs of the real app on the demo run
	$(BIN)/python -m tests.screenshots

schema: $(READY) ## the JSON schema, made from the types
	$(BIN)/python -m ckptui.present.schema

debian:          ## Debian packages that some tests use (they skip where these are absent)
	apt-get install -y --no-install-recommends strace tmux zip 7zip

clean:           ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
