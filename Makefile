# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make demo   composes a small dataset and takes it the whole way: fetch, SQL, split, eval, table
#   make test   runs the tests
# Both make the environment .venv first, with exactly the versions in constraints.lock.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell $(p) -c 'import sys; print(sys.version_info[:2] >= (3, 11) and sys.version_info[:2] <= (3, 13))' 2>/dev/null | grep True),$(p))))
PYTHON_OLDEST ?= python3.11
BIN := .venv/bin
EXTRAS := models youtube formats dev
comma := ,
space := $(subst ,, )
.DEFAULT_GOAL := help

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# $(call make_environment,PYTHON,FOLDER,CONSTRAINTS): everything in FOLDER, with versions that CONSTRAINTS allows, what builds
# wheels included. A constraint binds only what is wanted: beside the CPU build of torch no package of CUDA is.
define make_environment
@test -n "$(1)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one, or run: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
@echo "Making the environment $(2) with $$($(1) --version) (a few minutes the first time)"
@$(1) -m venv --clear $(2)
@$(2)/bin/python -m pip install --quiet --upgrade --constraint $(3) pip setuptools
@PYTHONWARNINGS=ignore $(2)/bin/python -m pip install --quiet --constraint $(3) --no-build-isolation --editable '.[$(subst $(space),$(comma),$(EXTRAS))]'
@$(2)/bin/python -m pip install --quiet --constraint $(3) --no-deps basic-pitch  # its model file; what it requires conflicts
@$(2)/bin/python -m pip install --quiet --constraint $(3) --no-deps tinysoundfont  # without PyAudio, which wants PortAudio
@$(2)/bin/python -m pip install --quiet --constraint $(3) --no-deps mirdata  # its validator, without the programs of clouds
endef

# $(call resolve,OPTIONS,FILE): write to FILE which versions of everything go together.
define resolve
@$(PYTHON) -m venv --clear .venv-resolve
@.venv-resolve/bin/python -m pip install --quiet --upgrade pip uv
@.venv-resolve/bin/uv pip compile --quiet --python-version 3.11 $(addprefix --extra ,$(EXTRAS)) --group environment \
	--constraint constraints.txt --upgrade $(1) --no-annotate --custom-compile-command 'make $@' --output-file $(2) pyproject.toml
@rm -r .venv-resolve
endef

$(BIN)/.ready: pyproject.toml constraints.lock
	$(call make_environment,$(PYTHON),.venv,constraints.lock)
	@cp constraints.lock $@

env: $(BIN)/.ready  ## Make the environment only

demo: env  ## Compose a dataset and take it the whole way, then say what to do next
	@$(BIN)/python -m mudata demo
	@echo "mudata is in $(BIN); put it on your PATH with: source $(BIN)/activate"

test: env  ## Run the tests (two processes)
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

test-fast: env  ## Run the tests that are not slow
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow' $(TESTS)

test-latest:  ## Run the tests with the newest versions of everything, without the lock
	$(call make_environment,$(PYTHON),.venv-latest,constraints.txt)
	@.venv-latest/bin/python -m pytest -n 2 --dist worksteal $(TESTS)

test-oldest:  ## Run the tests that are not slow with the oldest versions that pyproject.toml allows
	$(call resolve,--resolution lowest-direct,.venv-oldest.txt)
	$(call make_environment,$(PYTHON_OLDEST),.venv-oldest,.venv-oldest.txt)
	@.venv-oldest/bin/python -m pytest -n 2 --dist worksteal -m 'not slow' $(TESTS)

lock:  ## Choose the newest versions of everything for constraints.lock
	$(call resolve,--universal --fork-strategy fewest,constraints.lock)

# nobody's composed exams get into the tables
check docs: export MUDATA_HOME = $(CURDIR)/.venv/no-home

check: env  ## Lint, types, import contracts, README tables, docs/api.md
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check README.md
	$(BIN)/python docs/generate.py --check

docs: env  ## Bring the tables in README.md and the page docs/api.md up to date
	$(BIN)/cog -r README.md
	$(BIN)/python docs/generate.py --write

bench: env  ## Run the benchmarks side by side and print their tables (long)
	@for b in benchmarks/*.py; do $(BIN)/python $$b || exit 1; done

gpu: env  ## Run all that needs a GPU, and write its figures into README.md
	@$(BIN)/python benchmarks/on_gpu.py

clean:  ## Remove the environment and what tests and builds leave
	rm -rf .venv .venv-* build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help env demo test test-fast test-latest test-oldest lock check docs bench gpu clean
