# Two commands: `make run` opens the service on the demo company, `make test` checks everything.
# Both build their own environment under .venv from hash-pinned locks; nothing outside this folder is touched.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := .work/demo
SERVICE := .work/service
PORT   ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test browser quick lint types imports bench lock clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

$(VENV)/uv.done: requirements/uv.txt
	@echo "tidegate: making an environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tidegate needs Python 3.11 or later; name one with make PYTHON=/path/to/python")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	@touch $@

$(VENV)/run.done: $(VENV)/uv.done requirements/run.txt pyproject.toml
	@echo "tidegate: installing what it needs, each package checked against its hash"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: $(VENV)/run.done requirements/dev.txt
	@echo "tidegate: installing what its tests need"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/dev.txt
	@touch $@

run: $(VENV)/run.done ## make the demo company as of now and open the service on it; Ctrl-C ends it
	@$(BIN)/python scripts/fresh.py $(SERVICE)
	@echo "tidegate: making the demo company"
	@$(BIN)/tidegate demo --tickets 20000 --seed 7 --now "$$(date -u +%Y-%m-%dT%H:%M:00Z)" --out $(DEMO) 2>/dev/null
	@$(BIN)/tidegate rank $(DEMO)/tickets.csv --accounts $(DEMO)/accounts.csv \
		--incidents $(DEMO)/incidents.csv --agents $(DEMO)/agents.csv --now "$$(cat $(DEMO)/now.txt)" --top 5 2>/dev/null
	@echo "tidegate: filling the service with it"
	@TIDEGATE_DATA_DIR=$(SERVICE) $(BIN)/tidegate import $(DEMO)/tickets.csv --accounts $(DEMO)/accounts.csv \
		--incidents $(DEMO)/incidents.csv --agents $(DEMO)/agents.csv \
		--messages $(DEMO)/messages.csv --events $(DEMO)/events.csv 2>&1 | grep written
	@TIDEGATE_DATA_DIR=$(SERVICE) exec $(BIN)/tidegate serve --demo --port $(PORT)

test: $(VENV)/dev.done lint types imports browser ## check everything: lint, types, import contracts, unit, property, browser and docs tests
	@echo "tidegate: running every test"
	@$(BIN)/python -m pytest -n 2 -q

browser: ## find a Chromium for the browser tests, or install Debian's
	@found=$$(sh scripts/chromium.sh) && echo "tidegate: browser tests use $$found"

quick: $(VENV)/dev.done ## the tests that take less than two seconds each
	@$(BIN)/python -m pytest -n 2 -q -m "not slow"

lint: $(VENV)/dev.done ## style
	@echo "tidegate: lint"; $(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/dev.done ## static types
	@echo "tidegate: types"; $(BIN)/ty check --python $(VENV) src tests/typing

imports: $(VENV)/dev.done ## which way things point
	@echo "tidegate: import contracts"; $(BIN)/lint-imports --no-cache

bench: $(VENV)/dev.done ## speed and memory, each beside a peer in the same run
	@for b in bench/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

lock: $(VENV)/uv.done ## write the hash-pinned locks anew
	@sh scripts/lock.sh $(BIN)/uv

clean: ## remove the environment and what runs leave behind
	@rm -rf $(VENV) .work .pytest_cache .ruff_cache .hypothesis build dist
