# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make demo   composes a small dataset and takes it the whole way: fetch, SQL, split, eval, table
#   make test   runs the tests
# Both make the environment .venv first (the pins are in constraints.txt).
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell $(p) -c 'import sys; print(sys.version_info[:2] >= (3, 11) and sys.version_info[:2] <= (3, 13))' 2>/dev/null | grep True),$(p))))
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(BIN)/.ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one, or run: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version) (a few minutes the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[models,youtube,formats,dev]'
	@$(BIN)/python -m pip install --quiet --no-deps basic-pitch==0.4.0  # its model file; what it requires conflicts
	@touch $@

env: $(BIN)/.ready  ## Make the environment only

demo: env  ## Compose a dataset and take it the whole way, then say what to do next
	@$(BIN)/python -m mudata demo
	@echo "mudata is in $(BIN); put it on your PATH with: source $(BIN)/activate"

test: env  ## Run the tests (two processes)
	@$(BIN)/python -m pytest -n 2 $(TESTS)

check: env  ## Lint, types, import contracts, README tables
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check README.md

readme: env  ## Bring the tables in README.md up to date
	$(BIN)/cog -r README.md

bench: env  ## Run the benchmarks side by side and print their tables (long)
	@for b in benchmarks/*.py; do $(BIN)/python $$b || exit 1; done

clean:  ## Remove the environment and what tests and builds leave
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help env readme demo test check bench clean
