# What a person does with Pilotfish. Options go through ARGS: make demo ARGS="--followers 50"
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=
LOCAL_LAYERS := layers-local
LAMBDA_LAYERS := layers-lambda

.PHONY: help setup lock metrics build $(LOCAL_LAYERS) $(LAMBDA_LAYERS) demo test check bench faults guards venues ccxt metrics deploy clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .build/setup.stamp ## .venv and the embedded AWS, as pinned in requirements/

.build/setup.stamp: requirements/uv.txt requirements/dev.txt requirements/emulator.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

# What only tests and benchmarks import; the demo does not wait for it.
.build/bytecode.stamp: .build/setup.stamp
	@scripts/compile.sh .venv ccxt aws_lambda_powertools samtranslator cfnlint jsonschema requests \
		_pytest xdist hypothesis moto werkzeug
	@touch $@

lock: setup ## pin requirements/*.in again
	@scripts/lock.sh

build: $(LOCAL_LAYERS) $(LAMBDA_LAYERS) ## both layers, for this machine and for Lambda (arm64, Python 3.13)

$(LOCAL_LAYERS): setup
	@$(MAKE) --no-print-directory -C layers/core build-CoreLayer TARGET=local ARTIFACTS_DIR=$(CURDIR)/.build/layers/core-local
	@$(MAKE) --no-print-directory -C layers/venue build-VenueLayer TARGET=local ARTIFACTS_DIR=$(CURDIR)/.build/layers/venue-local

$(LAMBDA_LAYERS): setup
	@$(MAKE) --no-print-directory -C layers/core build-CoreLayer ARTIFACTS_DIR=$(CURDIR)/.build/layers/core
	@$(MAKE) --no-print-directory -C layers/venue build-VenueLayer ARTIFACTS_DIR=$(CURDIR)/.build/layers/venue

demo: $(LOCAL_LAYERS) ## leaders trade, followers follow, live in the terminal
	@$(BIN)/pilotfish demo $(ARGS)

test: build .build/bytecode.stamp ## every test, the slow ones last: make test ARGS="-k sizing"
	@$(BIN)/python -m pytest $(ARGS)

check: .build/bytecode.stamp ## format, lint, types, import contracts, templates
	@scripts/check.sh

bench: $(LOCAL_LAYERS) .build/bytecode.stamp ## imports, fill to last follower order for 1 to 1,000 followers, fill to last of 1,000 clients, pages of lists
	@$(BIN)/python scripts/bench_import.py
	@$(BIN)/pilotfish bench $(ARGS)
	@$(BIN)/pilotfish bench-live
	@$(BIN)/pilotfish bench-history
	@$(BIN)/pilotfish bench-lists

faults: $(LOCAL_LAYERS) .build/bytecode.stamp ## workers killed, venues misbehaving: make faults ARGS="--chaos-seed 8"
	@PROPERTY_EXAMPLES=$${PROPERTY_EXAMPLES:-300} $(BIN)/python -m pytest -m faults --chaos-fills 2000 --chaos-followers 10 $(ARGS)

guards: .build/bytecode.stamp ## take each guard out in turn: a test has to go red: make guards ARGS="--only claim"
	@$(BIN)/python -m scripts.guards $(ARGS)

venues: setup ## docs/venues.md: what each venue can do, out of the venue table
	@$(BIN)/python -m scripts.venue_matrix

ccxt: setup ## try a release of ccxt and pin it when the trimmed layer proves as good as the whole: make ccxt ARGS=4.5.91
	@scripts/ccxt_release.sh $(ARGS)

metrics: setup ## compare the ratios of track records with empyrical, in an environment of its own (220 MB)
	@. scripts/uv.sh && "$${PYTHON:-python3}" -m venv --clear --without-pip .build/metrics && "$$uv" pip sync --quiet --require-hashes --python .build/metrics/bin/python requirements/metrics.txt
	@PYTHONPATH=layers/core .build/metrics/bin/python -m scripts.reference_metrics

deploy: setup ## sam build and sam deploy to your AWS account
	@command -v sam >/dev/null || { echo "the SAM CLI is missing: pipx install aws-sam-cli (or: python3 -m venv ~/.sam && ~/.sam/bin/pip install aws-sam-cli)" >&2; exit 69; }
	@sam validate --lint && sam build && sam deploy $(ARGS)

clean: ## all that was built, and .venv
	@rm -rf .build .venv .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
