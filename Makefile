# Everything a developer does here. `make` alone explains itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help dev test lint stores mutants fuzz benchmark soak audit sbom lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

dev: $(VENV)/ready ## Run the whole product on local stand-ins: sign in, upload, watch
	@$(BIN)/python -m devstack

test: lint stores ## Run every test, the browser ones included
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/ready ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mutants: stores ## Break each guard on purpose, and see that a test fails that names its threat
	$(BIN)/python -m tests.security.mutate

stores: $(VENV)/ready ## Install the S3 stores and the browser that the tests use
	@$(BIN)/python -m tests.stores.install

benchmark: stores ## Measure beside the peers, and print ratios (NAMES="presign http")
	$(BIN)/python -m benchmarks $(NAMES)

soak: stores ## Half an hour of mixed traffic from 500 users; memory must stay flat
	$(BIN)/python -m benchmarks.soak

SECONDS ?= 240
TARGETS ?=
FUZZER := .stores/fuzz

fuzz: $(VENV)/ready $(FUZZER)/ready ## Fuzz by coverage (SECONDS=1800, TARGETS="names api")
	@PYTHONPATH=$(FUZZER) nice $(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGETS)

$(FUZZER)/ready: requirements-fuzz.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target $(FUZZER) -r requirements-fuzz.txt
	@touch $@

TOOLS := .stores/tools

audit: $(TOOLS)/ready ## Ask for known weaknesses of the pinned packages
	@$(BIN)/python -m tests.audit $(TOOLS)/bin/python

sbom: $(TOOLS)/ready ## Write the bill of materials of what production runs on: sbom.json (CycloneDX)
	@$(TOOLS)/bin/python -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file sbom.json requirements.txt
	@echo "sbom.json"

$(TOOLS)/ready: requirements-tools.txt
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

lock: $(VENV)/ready ## Pin the newest packages that fit requirements*.in
	$(BIN)/pip install --quiet uv
	for name in requirements requirements-dev requirements-fuzz requirements-tools; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade $$name.in -o $$name.txt || exit 1; \
	done

$(VENV)/ready: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Installing packages into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean: ## Remove what was installed and made here
	rm -rf $(VENV) .stores .run .pytest_cache .mypy_cache .ruff_cache .hypothesis node_modules
