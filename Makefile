# `make dev` and `make test` do all the set-up on a machine with git, make and Python 3.11 with pip.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := .venv-tools/bin/uv
INSTALLED := $(VENV)/.installed
PYTEST_ARGS ?=
URL ?=
COMPILE := $(UV) pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes

.DEFAULT_GOAL := help
.PHONY: help install dev demo test lint format lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED)  ## Install the pinned requirements into .venv

# pip's --target needs neither venv nor ensurepip, which some systems leave out of Python
$(UV): requirements/bootstrap.lock
	$(PYTHON) -m pip install --quiet --require-hashes --upgrade --target .venv-tools -r requirements/bootstrap.lock
	@touch $(UV)

$(INSTALLED): $(UV) requirements/dev.lock pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --system-certs --python $(BIN)/python --require-hashes requirements/dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)

dev: $(INSTALLED)  ## Start the server, with an embedded PostgreSQL unless CHECKPOINT_POSTGRES_URI is set
	@$(BIN)/python -m graphs.server.dev

demo: $(INSTALLED)  ## One task for each agent, and a PostgreSQL restart in the middle (URL=… for a running server)
	@$(BIN)/python -m graphs.server.demo $(if $(URL),--url $(URL))

test: $(INSTALLED)  ## Run all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

lint: $(INSTALLED)  ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check graphs
	$(BIN)/lint-imports

format: $(INSTALLED)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV)  ## Pin the newest versions that pyproject.toml allows
	$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.lock
	$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements/prod.lock
	$(COMPILE) --upgrade --all-extras --group dev pyproject.toml -o requirements/dev.lock

clean:  ## Remove what install and dev made (sessions and files in .holdfast included)
	rm -rf $(VENV) .venv-tools .holdfast .langgraph_api
