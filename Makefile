# Preview Worker: every recipe here is what a user or CI calls. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-installed
DEV := $(VENV)/.dev-installed
VOICE := $(VENV)/.voice-installed
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.DEFAULT_GOAL := help
.PHONY: help demo up worker test test-unit simulation hostile matrix chaos test-payloads check lint types format schemas lock bench gallery golden clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the product runs on into $(VENV) …"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/run.txt -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo "Installing the development tools into $(VENV) …"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/dev.txt
	@touch $@

$(VOICE): requirements/voice.txt $(RUN)
	@echo "Installing the draft voice (eSpeak NG, GPL) into $(VENV) …"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/voice.txt
	@touch $@

demo: $(VOICE) ## Render the example tutorial end to end, with a progress bar and a draft voice
	@$(BIN)/preview-worker demo

up: $(RUN) ## Start embedded Valkey, API and worker, and leave them running
	@$(BIN)/preview-worker up

worker: $(RUN) ## Start a worker on REDIS_URL (the seed's worker:preview)
	@$(BIN)/preview-worker worker

test-payloads: $(RUN) ## Check the corpus of good and bad payloads (the seed's test:preview-payloads)
	@$(BIN)/preview-worker test-payloads

# Files are taken in their order: the long ones, of whole services, first, so that all processes end together. Three for
# two cores: much of the time a test waits for a lock to run out or a service to start. Bytecode is kept, or each of the
# hundreds of processes that tests start would compile the product anew.
test: $(DEV) ## Run the tests (chaos and benchmarks apart)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder tests

# Half of the time went into plugins that unit tests don't use and into compiling the tests anew at every run.
test-unit: $(DEV) ## Run the unit tests only
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 2 --dist worksteal --disable-plugin-autoload -p xdist -p anyio tests/unit

simulation: $(DEV) ## Run 100,000 jobs and 100,000 steps of the commit on a simulated clock, server and disk; writes docs/simulation-report.md, but not of fewer jobs (SEED=… JOBS=…)
	@$(if $(JOBS),,SIMULATION_REPORT=docs/simulation-report.md) SIMULATION_SEED=$(or $(SEED),1) SIMULATION_JOBS=$(or $(JOBS),100000) $(BIN)/python -m pytest -q -n 2 -m "full or not full" tests/simulation

hostile: $(DEV) ## Put thousands of hostile files before the render process; writes docs/hostile-report.md (SEED=… for others)
	@REQUIRE_ALL=1 HOSTILE_SEED=$(or $(SEED),1) HOSTILE_REPORT=docs/hostile-report.md $(BIN)/python -m pytest -q -m "full or not full" tests/hostile

matrix: $(DEV) ## Faults at full size: each row's tests of docs/fault-matrix.md (ROWS="row_19 or row_20" for some)
	@REQUIRE_ALL=1 $(BIN)/python -m pytest -q -m "full or not full" -k "$(or $(ROWS),row_)" tests/conformance tests/e2e tests/faults tests/integration tests/unit

chaos: $(DEV) ## Kill workers and server under load, three seeds and the naive design beside; writes docs/chaos-report.md (SCALE=0.05 for a small one)
	@REQUIRE_ALL=1 $(BIN)/python -m pytest -q -m full tests/chaos
	@$(BIN)/preview-worker chaos --scale $(or $(SCALE),1) $(foreach seed,$(or $(SEEDS),1 2 3),--seed $(seed)) --naive --report docs/chaos-report.md

lint: $(DEV) ## Style, formatting and the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(DEV) ## mypy strict and basedpyright
	@$(BIN)/mypy
	@$(BIN)/basedpyright

check: lint types test ## Lint, types, imports, tests: what must be green at every commit

format: $(DEV) ## Format the code and apply the safe fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schemas: $(DEV) ## Write schemas/ and the generated parts of docs/ from the models
	@$(BIN)/preview-worker schema --write schemas
	@$(BIN)/preview-worker schema --write-docs docs

BENCH := .bench-venv/.installed
$(BENCH): requirements/bench.txt | $(VENV)/bin/python
	@echo "Installing the peers of the benchmark into .bench-venv …"
	@$(PYTHON) -m venv .bench-venv
	@.bench-venv/bin/python -m pip install $(PIP_FLAGS) -r requirements/bench.txt
	@touch $@

bench: $(RUN) $(BENCH) ## Measure speed and memory beside the encoder's limit and peers (PARTS="minute frames …" for some)
	@$(BIN)/python bench/run.py $(PARTS)

gallery: $(RUN) ## Paint docs/gallery: each layout, motion, callout and theme
	@$(BIN)/python -m gallery pages $(if $(FONTS),--fonts $(FONTS))

golden: $(RUN) ## Regenerate the golden frames, and show which ones changed
	@$(BIN)/python -m gallery golden

lock: $(DEV) ## Compile requirements/*.txt from *.in
	@for name in run build dev bench voice chaos; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean: ## Remove environments, caches and rendered files (not DATA_DIR)
	@rm -rf $(VENV) .bench-venv build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
