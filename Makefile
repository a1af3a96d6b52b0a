# The virtual environment is made once; a stamp file in it remembers which extras are installed.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PROJECT := setup.cfg pyproject.toml
# What the person's own shell sets for a ledger must not reach a demonstration.
CLEAN_ENV := env -u CLAIMS_LEDGER -u CLAIMS_LOG -u CLAIMS_FILES -u CLAIMS_KEYS -u CLAIMS_RECORDER -u CLAIMS_STORY -u PYTHONPATH

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo demo-web test browser screenshots verify-independent bench test-scale soak soak-import check format golden docs wheel-test clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile
	@echo 'ARGS="-k csv" is handed to pytest; PYTHON=python3.13 chooses the interpreter.'

demo: $(VENV)/.installed ## load the seed story into a new ledger in demo/ (replaced each time), show it
	@rm -rf demo && mkdir demo
	@cd demo && $(CLEAN_ENV) "$(abspath $(BIN))/claims" demo

demo-web: $(VENV)/.web ## serve the seed story to browsers, in a ledger that is thrown away, and print who may sign in
	@$(CLEAN_ENV) $(BIN)/claims serve --demo $(ARGS)

browser: $(VENV)/.browser ## install what the tests need that look at the desk in a real browser

test: $(VENV)/.test $(VENV)/.validators ## run the tests
	$(BIN)/python -m pytest $(ARGS)

verify-independent: $(VENV)/.independent ## verify published ledgers, and forgeries, with our Go program over x/mod
	$(BIN)/python -m tests.independent.run $(ARGS)

bench: $(VENV)/.bench ## measure against others, write benchmarks/results.* (hours at a million entries; ARGS=--small only tries it)
	$(BIN)/python -m benchmarks $(ARGS)

test-scale: $(VENV)/.test ## import 500,000 rows and measure the memory (15 minutes; LEDGER_ROWS=100000 for less)
	$(BIN)/python -m pytest -s tests/scale/import_memory.py $(ARGS)

soak: $(VENV)/.test ## do faults to both databases (FOR=240 seconds or ROUNDS=n, DATABASE=sqlite, WHAT=kill)
	$(BIN)/python -m tests.soak $(ARGS)

soak-import: $(VENV)/.test ## kill imports with -9 and compare (KILLS=100 ROWS=50000, an hour or two)
	KILLS=$(or $(KILLS),100) ROWS=$(or $(ROWS),50000) $(BIN)/python -m tests.soak_import

check: $(VENV)/.dev ## check format, lint, types and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy ledger
	$(BIN)/lint-imports

format: $(VENV)/.dev ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

golden: $(VENV)/.test ## rewrite the golden files (then read the diff)
	LEDGER_GOLDEN=1 $(BIN)/python -m pytest tests/golden $(ARGS)

docs: $(VENV)/.test ## rewrite docs/cli.md from the help of the commands
	$(BIN)/python -m tests.cli_page

screenshots: $(VENV)/.test $(VENV)/.browser ## take the pictures of the site in docs/site/ (needs Chromium)
	$(BIN)/python -m tests.screenshots

wheel-test: $(VENV)/.dev ## build the wheel, install it elsewhere, run its demonstration there
	@set -eu; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	echo "building the wheel"; \
	$(BIN)/python -m build --outdir "$$work/dist" . > "$$work/log" 2>&1 \
	    || { cat "$$work/log" >&2; exit 1; }; \
	$(BIN)/python -m zipfile -l "$$work"/dist/*.whl > "$$work/list"; \
	for part in ledger/py.typed ledger/migrations/env.py ledger/migrations/versions/ \
	    ledger/store/postgres/catalog.json ledger/seeds/ ledger/pages/templates/site/claim.html \
	    ledger/pages/static/style.css ledger/pages/static/desk.js ledger/pages/templates/desk/sign_in.html dist-info/licenses/LICENSE; do \
	    grep -q "$$part" "$$work/list" || { echo "the wheel lacks $$part" >&2; exit 1; }; \
	done; \
	! grep -E '^(tests|alembic|seeds)/|__pycache__' "$$work/list" \
	    || { echo "the wheel holds what it should not" >&2; exit 1; }; \
	$(PYTHON) -m venv "$$work/venv"; \
	"$$work/venv/bin/python" -m pip --disable-pip-version-check install -q "$$work"/dist/*.whl; \
	mkdir "$$work/elsewhere"; cd "$$work/elsewhere"; \
	echo "running claims demo from the installed wheel"; \
	$(CLEAN_ENV) "$$work/venv/bin/claims" demo > "$$work/shown" \
	    || { cat "$$work/shown"; exit 1; }; \
	test -s "$$work/shown" || { echo "claims demo printed nothing" >&2; exit 1; }; \
	$(CLEAN_ENV) "$$work/venv/bin/python" -m ledger --help > "$$work/shown"; \
	echo "the installed wheel works"

clean: ## remove all that these targets made
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'make: $(PYTHON) is missing or older than Python 3.11: name a newer one, as in' >&2; \
	    echo '    make $(or $(MAKECMDGOALS),demo) PYTHON=python3.13' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Other people's validators. Without npm or its registry there is no stamp, so the next run tries again; the tests say
# that they did not run, and fail where CI=true.
$(VENV)/.validators: tests/validators/package.json | $(BIN)/python
	@mkdir -p $(VENV)/validators && cp $< $(VENV)/validators/package.json
	@if command -v npm > /dev/null && npm install --prefix $(VENV)/validators --ignore-scripts \
	    --no-package-lock --no-audit --no-fund --loglevel=error --fetch-timeout=60000 --fetch-retries=2; then touch $@; \
	else echo 'validators: not installed (npm is missing or could not); tests that need them are skipped'; fi

# Debian's chromium, where it can be installed; playwright's own downloads are never used. Without a browser there is no
# stamp, so the next run tries again.
$(VENV)/.browser: $(PROJECT) | $(BIN)/python
	$(PIP) install -q -e '.[browser]'
	@if test -x /usr/bin/chromium || { command -v apt-get > /dev/null && apt-get update -q && \
	    apt-get install -q -y --no-install-recommends chromium; }; then touch $@; \
	else echo 'browser: no chromium, and it could not be installed; the tests that need it are skipped'; fi

$(VENV)/.installed: $(PROJECT) | $(BIN)/python
	$(PIP) install -q -e .
	@touch $@

$(VENV)/.%: $(PROJECT) | $(BIN)/python
	$(PIP) install -q -e '.[$*]'
	@touch $@
