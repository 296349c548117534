# `make dev` and `make test` do all the set-up on a machine with git, make and Python 3.11 with pip.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := .venv-tools/bin/uv
INSTALLED := $(VENV)/.installed
PGBOUNCER := .venv-tools/.pgbouncer
INFRA := .venv-infra/.installed
PYTEST_ARGS ?=
WORKERS ?= 3
URL ?=
SECONDS ?= 60
SEED ?=
QUICK ?=
BENCHMARKS ?= saver ablation availability server workarounds recovery tables start
COMPILE := $(UV) pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes

.DEFAULT_GOAL := help
.PHONY: help install pgbouncer dev demo smoke test infra-test costs chaos evaluate bench bench-quick lint format lock clean

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

pgbouncer: $(PGBOUNCER)  ## Put the PgBouncer that the tests use into .venv-tools

$(PGBOUNCER): requirements/pgbouncer.lock tests/support/pgbouncer_install.py
	@$(PYTHON) -m tests.support.pgbouncer_install
	@touch $(PGBOUNCER)

dev: $(INSTALLED)  ## Start the server, with an embedded PostgreSQL unless CHECKPOINT_POSTGRES_URI is set
	@$(BIN)/python -m graphs.server.dev

demo: $(INSTALLED)  ## One task for each agent, and a PostgreSQL restart in the middle (URL=… for a running server)
	@$(BIN)/python -m graphs.server.demo $(if $(URL),--url $(URL))

smoke: $(INSTALLED)  ## Check a deployment from outside, URL=https://… (LANGGRAPH_API_KEY, SSL_CERT_FILE: its key, a private CA)
	@$(BIN)/holdfast smoke $(if $(URL),--url $(URL))

test: $(INSTALLED) $(PGBOUNCER) $(INFRA)  ## Run all tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# moto and checkov: they want older versions of packages that the server has
$(INFRA): $(UV) requirements/infra.lock
	@test -x .venv-infra/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv-infra
	$(UV) pip sync --quiet --system-certs --python .venv-infra/bin/python --require-hashes requirements/infra.lock
	@touch $(INFRA)

infra-test: $(INSTALLED) $(INFRA)  ## Prove infra/terraform against an emulated AWS (needs Terraform)
	@terraform version >/dev/null || { echo "Terraform is not installed: get 1.11 or newer." >&2; exit 1; }
	$(BIN)/python -m pytest tests/infra --numprocesses 2 --dist loadfile $(PYTEST_ARGS)

costs: $(INSTALLED)  ## Write what the sizes of infra/terraform/examples cost on AWS into docs/aws.md (needs Terraform)
	@$(BIN)/python -m infra.costs

chaos: $(INSTALLED)  ## Random database faults under users at work, for SECONDS=60; SEED=… repeats a run
	@$(BIN)/python -m tests.faults.harness.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

evaluate: $(INSTALLED)  ## Ask the analytics agent every question of tests/evaluation, and write docs/evaluation.md (MODEL=provider:name asks that model)
	@$(BIN)/python -m tests.evaluation.evaluate

bench: $(INSTALLED)  ## Measure for some 20 minutes, and write docs/benchmarks (BENCHMARKS=saver: one alone)
	@set -e; for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name $(if $(QUICK),--quick); done

bench-quick:  ## Measure in small, a few minutes, to the screen only
	@$(MAKE) --no-print-directory bench QUICK=1

lint: $(INSTALLED)  ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check graphs benchmarks infra
	$(BIN)/lint-imports

format: $(INSTALLED)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV)  ## Pin the newest versions that pyproject.toml allows
	$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.lock
	$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements/prod.lock
	$(COMPILE) --upgrade --all-extras --group dev pyproject.toml -o requirements/dev.lock
	$(COMPILE) --upgrade requirements/infra.in -o requirements/infra.lock
	$(PYTHON) -m tests.support.pgbouncer_install --lock

clean:  ## Remove what install and dev made (sessions and files in .holdfast included)
	rm -rf $(VENV) .venv-tools .venv-infra .holdfast .langgraph_api
