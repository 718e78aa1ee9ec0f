# Two commands do everything: `make preview` and `make test`. Both set up what they need.
STACK ?= dev
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.txt)
# Tests wait for servers a good part of their time: one worker more than CI has cores.
PYTEST_WORKERS ?= 3
PYTEST = $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --cov=components --cov=policies --cov=mlplatform --cov-fail-under=95

# Without byte code, every start of MLflow takes ten seconds instead of three.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help preview baseline up down check unit test test-all programs lint format hooks requirements clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

preview: $(VENV)/.runtime ## preview STACK (default dev) from its MLflow registry, judged by the policy pack
	@$(BIN)/mlplatform preview $(STACK) --baseline --start-registry

baseline: $(VENV)/.runtime ## forget the last known state of STACK; the next preview records a new one
	@rm -f .mlplatform/baselines/$(STACK).json

up: $(VENV)/.runtime ## bring STACK up on a local control plane with the real Pulumi engine: no cloud, no containers
	@$(BIN)/mlplatform local up $(STACK)

down: $(VENV)/.runtime ## delete everything that `make up` made
	@$(BIN)/mlplatform local down $(STACK)

check: $(VENV)/.dev ## before each push, in a minute: linters, types and the tests that need no server
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint unit

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m "unit and not slow" -n $(PYTEST_WORKERS)

test: $(VENV)/.dev programs ## before each merge: all tests but the full sweeps of a few
	$(PYTEST) -m "not slow"

test-all: $(VENV)/.dev programs ## each night: all tests, and more examples of properties
	HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-full} $(PYTEST)

programs: $(VENV)/.dev
	@$(BIN)/mlplatform sandbox programs || echo "Without these programs the tests on a real API server are skipped."

lint: $(VENV)/.dev ## ruff, formatting, which room may import which, strict types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports > /dev/null || $(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.dev ## let ruff format and fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: $(VENV)/.dev ## let git run the linters before each commit
	@$(BIN)/pre-commit install

requirements: $(VENV)/.runtime ## resolve requirements*.in again into the pinned requirements*.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.txt

clean: ## stop registry and sandbox, remove them, the environment and all caches
	@if [ -x $(BIN)/mlplatform ] && [ -d .mlplatform/sandbox ]; then $(BIN)/mlplatform sandbox down || true; fi
	@if [ -x $(BIN)/mlplatform ] && [ -d .mlplatform/registry ]; then $(BIN)/mlplatform registry down || true; fi
	rm -rf $(VENV) .mlplatform .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs in seconds what pip takes a minute for; it is pinned in requirements.txt like everything else.
$(VENV)/.uv: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("mlplatform needs Python 3.11 or newer; this is %d.%d. Say make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: install your system's python3-venv package"; exit 1; }
	@echo "Installing the pinned packages into $(VENV) (once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements.txt pyproject.toml
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -r requirements.txt
	@$(BIN)/uv pip install -q --no-deps --python $(BIN)/python --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -r requirements-dev.txt
	@touch $@
