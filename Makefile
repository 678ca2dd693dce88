# `make help` lists the targets. Everything lives in .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready


.DEFAULT_GOAL := help
.PHONY: help demo test browser images chaos fuzz-api bench bench-here bench-stages bench-events bench-api bench-admin check format openapi messages lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY) ## Simulate 40 routers, prestage them, serve the admin (ARGS=--once ends after the table)
	$(BIN)/python -m prestage_plugin.demo $(ARGS)

# The engine's tests, which PRESTAGE_TEST_SERVICES=1 repeats on PostgreSQL and on Redis. The tests of
# the services look into the ORM broker's table, so Redis gets the others; the coalescer's machine has
# a worker of its own and meets no broker.
ENGINE := tests/prestage_plugin/engine tests/prestage_plugin/acceptance
COALESCER := tests/prestage_plugin/engine/test_coalescer_machine.py
SERVICES := tests/prestage_plugin/services tests/prestage_plugin/test_queue.py \
	tests/prestage_plugin/events tests/prestage_plugin/commands/test_prestage_listen.py \
	tests/prestage_plugin/commands/test_listener_kills.py
# One more at a time than there are cores, because the tests with clusters and routers wait a lot.
PYTEST := $(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadgroup

test: $(READY) ## Run the tests (ARGS="-k name" passes arguments to pytest)
	$(PYTEST) $(ARGS)
ifeq ($(PRESTAGE_TEST_SERVICES),1)
	PRESTAGE_TEST_BACKEND=postgres $(PYTEST) $(SERVICES) $(ENGINE)
	PRESTAGE_TEST_BACKEND=postgres-redis $(PYTEST) $(ENGINE) --ignore $(COALESCER)
endif

# What the browser tests need from npm, by its lock file.
AXE := tests/browser/node_modules/axe-core/axe.min.js

$(AXE): tests/browser/package-lock.json
	npm ci --silent --ignore-scripts --prefix tests/browser
	@touch $@

# Two sites, for people and pages mostly wait.
browser: $(READY) $(AXE) ## Use the admin in Chromium; pictures go to build/screenshots (ARGS="-k jobs")
	$(BIN)/python -m pytest -n 2 tests/browser $(ARGS)

images: $(READY) $(AXE) ## Take the pictures of docs/images anew
	$(BIN)/python -m pytest -q tests/browser/test_documents.py
	cp build/screenshots/documents/*.png docs/images/

# It waits more than it works, so more at a time than there are cores.
chaos: $(READY) ## Kill everything and see that jobs survive it (ARGS="-m smoke" is the short form)
	$(BIN)/python -m pytest -n 4 tests/chaos $(ARGS)

# As every kind of caller, each with a fresh copy of the database. With PRESTAGE_TEST_SERVICES=1 on
# PostgreSQL as well; ARGS="--database postgres" has it there alone. Cases are counted, not seconds:
# a busy machine takes longer and sends as many.
FUZZ := $(BIN)/python -m tests.fuzz --examples 3 --at-least 5000

fuzz-api: $(READY) ## Send the API requests that nobody would think of (ARGS="--examples 50" for more)
ifeq ($(PRESTAGE_TEST_SERVICES),1)
	$(FUZZ) --thorough superuser --database postgres $(ARGS)
else
	$(FUZZ) $(ARGS)
endif

# In an environment of its own, made with the fastest Python of the machine, or with PYTHON=.
bench: ## Compare the whole job with a plain script and with C (needs libssh-dev)
	@$(MAKE) --no-print-directory bench-here VENV=build/bench-venv \
		PYTHON=$$($(PYTHON) tests/bench/fastest_python.py $(if $(filter file,$(origin PYTHON)),,$(PYTHON)))

bench-here: $(READY)
	$(BIN)/python -m tests.bench $(ARGS)

bench-stages: $(READY) ## Measure the CPU between replies and rows, by stage (ARGS="--backend postgres")
	$(BIN)/python -m tests.bench.stages $(ARGS)

bench-events: $(READY) ## Measure how many events a second each source takes (ARGS=--help)
	$(BIN)/python -m tests.bench_events $(ARGS)

bench-api: $(READY) ## Measure lists, reads and polls of the API (needs PostgreSQL; writes docs/performance-api.md)
	$(BIN)/python -m tests.bench.api --output docs/performance-api.md $(ARGS)

bench-admin: $(READY) ## Measure the admin's pages on small and large sites (writes docs/performance-admin.md)
	$(BIN)/python -m tests.bench.admin --output docs/performance-admin.md $(ARGS)

check: $(READY) ## Lint, format check, types, import contract, site and migration checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PRESTAGE_DATA=build/check PRESTAGE_SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		PRESTAGE_HOSTS=localhost $(BIN)/python -W error manage.py check --deploy --fail-level WARNING
	PRESTAGE_DATA=build/check $(BIN)/python manage.py makemigrations --check --dry-run

format: $(READY) ## Format the code and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: $(READY) ## Write the OpenAPI document anew, after a change of the API
	PRESTAGE_DATA=build/check PRESTAGE_DEVELOPMENT=1 $(BIN)/python manage.py prestage_openapi

messages: $(READY) ## Bring the catalogues of the languages up to date with the source, and compile them
	PRESTAGE_DATA=build/check PRESTAGE_DEVELOPMENT=1 $(BIN)/python -m tests.languages

lock: ## Write constraints.txt anew from the newest releases that pyproject.toml allows
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	build/lock/bin/python -m pip freeze --exclude prestage-plugin --exclude pip --exclude setuptools \
		| sed '1i # Written by `make lock`: the versions that the tests run with.' > constraints.txt
	rm -rf build/lock

clean: ## Remove the environment, builds and what a running site left behind
	rm -rf $(VENV) build dist var *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
