# `make demo` and `make test` are all a newcomer needs; both set up .venv first.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: demo test lint check lock clean postgres

demo: $(STAMP)
	$(BIN)/perilune demo

test: $(STAMP) postgres
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# The lock holds hashes of every file of every dependency; --require-hashes refuses anything else.
$(STAMP): requirements.lock pyproject.toml
	.ci/venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

postgres: $(STAMP)
	.ci/postgres $(BIN)/python

lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --upgrade --quiet --custom-compile-command "make lock" --output-file requirements.lock

clean:
	rm -rf $(VENV) perilune-demo build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
