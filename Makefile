# `make demo` and `make test` are all a newcomer needs; both set up .venv first.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --quiet \
	--no-config --custom-compile-command "make lock"

.PHONY: help demo test lint format check docs bench lock setup postgres browser axe replay-assets replay-tools clean

help:
	@echo "make demo     crawl a bundled sample of publishers on this machine and show what came of it"
	@echo "make test     run the tests (installs a PostgreSQL server and Chromium for them where there are none)"
	@echo "make lint     formatting, types, who imports whom, the lock"
	@echo "make check    lint and test"
	@echo "make replay-assets  install ReplayWeb.page (npm), so that perilune serve replays captures"
	@echo "make format   put the code in order"
	@echo "make docs     write docs/commands.md from what --help says"
	@echo "make bench    each benchmark at a small size; CORPUS=DIR adds real pages and the benchmarks that need them"
	@echo "make lock     renew requirements.lock from the ranges in pyproject.toml"
	@echo "make clean    remove .venv, caches and the demo's archive"

demo: setup
	@$(BIN)/perilune demo

test: setup postgres browser axe replay-tools
	@.ci/replay-assets --for-tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/tidy.py

check: lint test

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python -m tests.reference

# Small enough to end in some ten minutes; docs/performance.md has the sizes whose figures count.
bench: setup
	$(BIN)/python -m benchmarks.start --rounds 3
	$(BIN)/python -m benchmarks.crawl --pages 100 --rounds 1 $(if $(CORPUS),--corpus $(CORPUS))
	$(BIN)/python -m benchmarks.again --pages 100 --rounds 1 $(if $(CORPUS),--corpus $(CORPUS))
	$(BIN)/python -m benchmarks.storing --articles 100 --rounds 1
	$(BIN)/python -m benchmarks.leak --few 100 --many 400
	$(BIN)/python -m benchmarks.serve --articles 3000 --seconds 5
	$(BIN)/python -m benchmarks.dedup --size 10000
	$(if $(CORPUS),$(BIN)/python -m benchmarks.extraction_cost --corpus $(CORPUS) --every 20 --rounds 3)
	$(if $(CORPUS),$(BIN)/python -m benchmarks.extraction --corpus $(CORPUS) --sample 40)

# Nothing is done where .venv already holds what the lock says.
setup:
	@.ci/setup

postgres: setup
	@.ci/postgres

browser: setup
	@.ci/browser

replay-assets: setup
	@.ci/replay-assets

replay-tools: setup
	@.ci/replay-tools

axe: setup
	@.ci/axe

# Hashes of every file of every dependency, for every supported Python; no address of an index is in it.
lock: setup
	$(BIN)/$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(BIN)/$(COMPILE) --constraints requirements.lock --output-file .ci/postgres.lock .ci/postgres.in
	$(BIN)/$(COMPILE) --output-file .ci/pywb.lock .ci/pywb.in
	$(BIN)/$(COMPILE) --output-file .ci/wacz.lock .ci/wacz.in

clean:
	rm -rf $(VENV) perilune-demo build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
