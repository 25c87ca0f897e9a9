# Kakehashi's verbs. `make` alone prints them. All that is needed beforehand is python3 (3.11 or newer) with pip.

PYTHON ?= python3
UV_VERSION := 0.13

# One environment for every verb, made from the system's own Python, whatever else is active in the shell.
UV_READY := .uv/ready-$(UV_VERSION)
ENVIRONMENT := .venv/ready
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV

ifdef PORT
export KAKEHASHI_PORT := $(PORT)
endif

# `exec` hands the terminal's signals and make's own to the program itself.
.DEFAULT_GOAL := help
.PHONY: help serve test differential check audit fuzz chaos format migrate seed sdl graphiql lti-platform bench bench-exports bench-peers bench-deliveries screenshot

help: ## Print these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

serve: $(ENVIRONMENT) ## Start the server on 127.0.0.1:8000, or on PORT=
	@exec $(BIN)/kakehashi serve $(ARGS)

# Each worker has servers and databases of its own. One that dies is not replaced: its successor might wait for ever.
test: $(ENVIRONMENT) ## Run the tests on up to 4 processors; ARGS="-k name" chooses some of them
	@exec $(BIN)/pytest -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder $(ARGS)

differential: $(ENVIRONMENT) ## Hold both walls around rows against plain Python; ARGS="--documents 20000"
	@exec $(BIN)/python -m tests.engine.differential $(ARGS)

check: $(ENVIRONMENT) ## Lint, formatting, types, layers, dependencies, and whether schema.graphql is current
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/kakehashi sdl | diff -u schema.graphql - || { echo "schema.graphql is not what the code says: run make sdl." >&2; exit 1; }

audit: $(ENVIRONMENT) ## Hold a started server against the 61 audits of GraphQL over HTTP (needs Node)
	@exec $(BIN)/python -m tests.clients.audit

fuzz: $(ENVIRONMENT) ## Send hostile requests; ARGS="--requests 20000 --seed 7", and as it says with --help
	@exec $(BIN)/python -m tests.fuzz $(ARGS)

chaos: $(ENVIRONMENT) ## Kill everything at random; ARGS="--webhooks 500 --kills 20 --seed 7", or --statements, --exports, --feeds, --grades
	@exec $(BIN)/python -m tests.chaos $(ARGS)

format: $(ENVIRONMENT) ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

migrate: $(ENVIRONMENT) ## Bring the database's tables to the newest revision
	@exec $(BIN)/kakehashi migrate $(ARGS)

seed: $(ENVIRONMENT) ## Fill the database with demo data; ARGS="--students 10000" makes it large
	@exec $(BIN)/kakehashi seed $(ARGS)

sdl: $(ENVIRONMENT) ## Write schema.graphql anew
	$(BIN)/kakehashi sdl > schema.graphql.new
	mv schema.graphql.new schema.graphql

graphiql: ## Build GraphiQL's committed files anew (needs Node)
	cd graphiql && npm ci && npm run build

lti-platform: $(ENVIRONMENT) ## Start Open edX on 127.0.0.1:8100, beside a server that it launches courses of
	@exec $(BIN)/python -m tests.lti.platforms $(ARGS)

bench: $(ENVIRONMENT) ## Measure the server against the pass-through limit
	@exec $(BIN)/python -m bench $(ARGS)

bench-exports: $(ENVIRONMENT) ## Measure an export of a million rows beside COPY of the same query
	@exec $(BIN)/python -m bench.exports $(ARGS)

bench-peers: $(ENVIRONMENT) ## Measure it beside Mercurius, GraphQL Yoga and PostGraphile on the same data (needs Node)
	@exec $(BIN)/python -m bench.peers $(ARGS)

bench-deliveries: $(ENVIRONMENT) ## Measure webhooks: one worker to 100 endpoints, beside the bare client, and with one that hangs
	@exec $(BIN)/python -m bench.deliveries $(ARGS)

screenshot: $(ENVIRONMENT) ## Take the README's picture of GraphiQL, while make serve runs (needs Chromium)
	@exec $(BIN)/python -m tests.gateway.screenshot_graphiql "http://127.0.0.1:$(or $(PORT),8000)" \
	  --token "$$($(BIN)/kakehashi token 'auth0|demo-owner-parent')" $(ARGS)

# The folder is written down, because the programs in an environment hold its path: a moved checkout makes a new one.
ifneq ($(shell cat $(ENVIRONMENT) 2>/dev/null),$(CURDIR))
.PHONY: $(ENVIRONMENT)
endif

$(ENVIRONMENT): pyproject.toml uv.lock $(UV_READY)
	@[ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ] || rm -rf .venv
	@.uv/bin/uv sync --frozen --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@echo "$(CURDIR)" > $@

$(UV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Kakehashi needs Python 3.11 or newer, and $(PYTHON) says: $$($(PYTHON) --version 2>&1). Install one, or name another: make PYTHON=python3.12 serve." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "Kakehashi needs pip, and $(PYTHON) has none: install it (on Debian and Ubuntu, apt-get install python3-pip)." >&2; exit 1; }
	@echo "Making the environment in .venv. This happens once and takes about a minute." >&2
	@rm -rf .uv
	@PIP_ROOT_USER_ACTION=ignore $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv 'uv==$(UV_VERSION).*'
	@touch $@
