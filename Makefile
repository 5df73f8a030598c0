# The commands of ISCM. Each needs only Python 3.11 or newer; `make help` explains them.
PYTHON ?= python3
export ARGS PORT

.DEFAULT_GOAL := help
.PHONY: help run stop setup test lint check bench schema

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile
	@echo 'Variables: PORT=8001 make run; ARGS="-k orders" make test.'

run: ## Start ISCM with a sample company on http://127.0.0.1:8000 (PORT); Ctrl-C stops it
	@exec $(PYTHON) dev.py run

stop: ## Stop everything that runs from this directory
	@exec $(PYTHON) dev.py stop

setup: ## Install everything that running and testing need, and start nothing
	@exec $(PYTHON) dev.py setup

test: ## Run the tests; ARGS go to pytest
	@exec $(PYTHON) dev.py test

lint: ## Check style, types, import contracts and missing migrations
	@exec $(PYTHON) dev.py lint

check: ## Lint and test: what must pass before a commit
	@exec $(PYTHON) dev.py check

bench: ## Measure speed on a database that writes to disk as in production
	@exec $(PYTHON) dev.py bench

schema: ## Write docs/openapi.yaml anew from the code
	@exec $(PYTHON) dev.py schema
