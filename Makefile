# Satchel's commands for people who build it. Each does all of its own set-up, and only what is due.
# PYTHON=… chooses the interpreter; pip takes its index and proxy from the environment, as ever.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo test soak lint format check docs contracts bench dictionary clean FORCE

python := .venv/bin/python
installed := .venv/installed
# Vyper holds libraries back that the node uses newer: it has an environment of its own.
compiler := .venv/compiler

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

install: $(installed) ## .venv with the command and the tools in it

demo: $(installed) ## two clinics, a relay, a disagreement and a revocation, in under a minute
	@.venv/bin/satchel demo

test: $(installed) ## all tests, on two workers, in random order
	@$(python) -m pytest -n 2 --dist worksteal

soak: $(installed) ## a million hostile inputs, then a million resources imported with 20 kills
	@$(python) -m scenarios.soak

lint: $(installed) ## format, lint, types, imports
	@$(python) -m ruff format --check .
	@$(python) -m ruff check .
	@$(python) -m mypy
	@for conftest in $$(find tests -mindepth 2 -name conftest.py); do \
		$(python) -m mypy "$$conftest" || exit 1; \
	done
	@.venv/bin/lint-imports --no-cache

format: $(installed) ## write the format, and what ruff can mend
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix .

check: test lint ## both

docs: $(installed) ## the references that are made from code
	@$(python) -m node.command.reference > docs/COMMANDS.md.new && mv docs/COMMANDS.md.new docs/COMMANDS.md
	@$(python) docs/error_reference.py > docs/ERRORS.md.new && mv docs/ERRORS.md.new docs/ERRORS.md
	@$(python) docs/scenario_reference.py > docs/SCENARIOS.md.new && mv docs/SCENARIOS.md.new docs/SCENARIOS.md

contracts: $(installed) ## compile the contracts into contracts/artifacts, and measure their gas
	@$(python) -m contracts.compiling
	@$(python) tests/contracts/gas_table.py > contracts/gas.json.new && mv contracts/gas.json.new contracts/gas.json

bench: $(installed) ## speed, disk and memory beside baselines, into build/bench (BENCH=--quick or --large)
	@$(python) -m scenarios.bench $(BENCH)

dictionary: $(installed) ## train the compression dictionary again, and compare it with the shipped one
	@$(python) -m scenarios.population.training

clean: ## all that the others made
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist

# An environment does not survive being moved, or losing the Python that it was made with.
ifneq ($(shell [ -x $(python) ] && cat .venv/place 2>/dev/null),$(CURDIR))
$(installed): FORCE
endif

$(installed): pyproject.toml constraints.txt
	@python=$$(.ci/prerequisites) && \
	if [ ! -x $(python) ] || [ "$$(cat .venv/place 2>/dev/null)" != "$$(pwd -P)" ]; then \
		"$$python" -m venv --clear .venv && pwd -P > .venv/place; \
	fi && \
	$(python) -m pip install --quiet --constraint constraints.txt --editable '.[dev]' && \
	$(python) -m venv $(compiler) && $(compiler)/bin/python -m pip install --quiet vyper==0.4.3 && \
	touch $(installed)
