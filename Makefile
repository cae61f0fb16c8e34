# `make up` runs Sokbo, `make test` tests it; each does all the set-up it needs.
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
# Processes that run the tests: one more than processors, since tests often wait; eight at most, since each starts servers of its own.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$(( n < 8 ? n + 1 : 8 )))

.PHONY: up help install install-dev test check lint bench chaos lock clean
.DEFAULT_GOAL := up

up: install     ## start Sokbo; ARGS="--port 8181 --data DIR"
	@$(BIN)/sokbo up $(ARGS)

help:           ## list what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Sokbo needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing Sokbo into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q sokbo service workers  # it starts faster, also where Python is told to write no bytecode
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Compiled once for all processes, also where PYTHONDONTWRITEBYTECODE is set.
test: install-dev     ## test it, in minutes
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install-dev     ## format check, linter, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint     ## all that CI runs: formatting, linter, types, import rules, every test
	$(MAKE) test ARGS=--thorough

bench: install-dev     ## measure it
	@$(BIN)/python -m bench $(ARGS)

chaos: install-dev     ## break it and count what is lost
	@$(BIN)/python -m chaos $(ARGS)

lock: $(BIN)/python     ## pin the dependencies anew
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build pyproject.toml -o requirements.lock $(ARGS)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock $(ARGS)

clean:          ## remove the environment
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
