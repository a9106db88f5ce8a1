# Run `make` to list the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help dev install test browsers lint stores mutants fuzz benchmark soak smoke-aws audit sbom lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

dev: $(VENV)/ready ## Run the whole product on local stand-ins (ORIGIN=http://localhost:5173)
	@$(BIN)/python -m devstack

install: $(VENV)/ready ## Install the packages, for .venv/bin/flask

test: lint stores ## Check style and types, and run every test, browsers included
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

browsers: $(VENV)/ready ## Go through every journey in Chromium, Firefox and WebKit
	@$(BIN)/python -m tests.stores.install --engines
	$(BIN)/pytest -m "" tests/e2e/engines

lint: $(VENV)/ready ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

mutants: stores ## Break each security guard on purpose and expect a test to fail
	$(BIN)/python -m tests.security.mutate

stores: $(VENV)/ready ## Install the S3 stores and browsers that the tests use
	@$(BIN)/python -m tests.stores.install

benchmark: stores ## Compare with peers and print ratios (NAMES="presign http")
	$(BIN)/python -m benchmarks $(NAMES)

soak: stores ## Run half an hour of mixed traffic and expect memory to stay flat
	$(BIN)/python -m benchmarks.soak

REGION ?= us-east-1
SMOKE ?=

smoke-aws: $(VENV)/ready ## Prove it on your own AWS account, and remove all of it again (REGION=eu-west-1)
	@$(BIN)/python -m smoke --region $(REGION) $(SMOKE)

SECONDS ?= 240
TARGETS ?=
FUZZER := .stores/fuzz

fuzz: $(VENV)/ready $(FUZZER)/ready ## Fuzz, guided by coverage (SECONDS=1800 TARGETS="names api")
	@PYTHONPATH=$(FUZZER) nice $(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGETS)

$(FUZZER)/ready: requirements-fuzz.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target $(FUZZER) -r requirements-fuzz.txt
	@touch $@

TOOLS := .stores/tools

audit: $(TOOLS)/ready ## Check the pinned packages for known vulnerabilities
	@$(BIN)/python -m tests.audit $(TOOLS)/bin/python

sbom: $(TOOLS)/ready ## Write the software bill of materials of production to sbom.json
	@$(TOOLS)/bin/python -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file sbom.json requirements.txt
	@echo "sbom.json"

$(TOOLS)/ready: requirements-tools.txt
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

lock: $(VENV)/ready ## Update the pinned packages to the newest that fit requirements*.in
	$(BIN)/pip install --quiet uv
	for name in requirements requirements-otel requirements-dev requirements-fuzz requirements-tools; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade $$name.in -o $$name.txt || exit 1; \
	done

$(VENV)/ready: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Installing packages into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean: ## Remove everything that was installed or generated
	rm -rf $(VENV) .stores .run .pytest_cache .mypy_cache .ruff_cache .hypothesis node_modules
