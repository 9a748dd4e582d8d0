# make up [ONCE=1]   everything, on Linux x86_64 with Python 3.11-3.13 and nothing else
# make test          the whole suite; ARGS="-k name" chooses, WORKERS=0 runs all in one process
PYTHON ?= python3
BIN := .venv/bin
INSTALL := @$(PYTHON) -I web/stack/install.py
# What stays together in one process and needs no pages comes first, pages after it: see tests/conftest.py.
FOLDERS := $(wildcard tests/containers tests/unit tests/integration tests/browser)
# One more than CI has cores: tests wait for processes a quarter of their time.
WORKERS ?= 3
CHECKED := broker_config tasks kernel_worker web tests $(wildcard benchmarks examples)

EXPORT := uv export --quiet --frozen --no-emit-project --no-annotate --no-header
# The process runtime alone has these beside the control plane; the image of the control plane does not.
IN_KERNELS_ONLY := $(addprefix --prune ,ipython polars pyarrow numpy pandas matplotlib joblib cloudpickle)

.DEFAULT_GOAL := help
.PHONY: help up down test frontend lint lint-pages lock docs-reference faults screenshots bench bench-containers bench-environments bench-data bench-flows bench-schedules clean install-run install-test install-bench

help:
	@sed -n 's/^# make/make/p' Makefile

install-run:
	$(INSTALL) run
install-test:
	$(INSTALL) test
install-bench:
	$(INSTALL) bench

up: install-run
	@$(BIN)/python -m web.stack.frontend_build
	@$(BIN)/husk up $(if $(ONCE),--once)

# make down          ends a stack that runs elsewhere
down: install-run
	@$(BIN)/husk down

test: install-test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(FOLDERS) $(ARGS)

# make frontend      builds the pages, which `make up` does where they are not built
frontend: install-run
	@$(BIN)/python -m web.stack.frontend_build --strict

# make lint          style, types, import rules
lint: install-test
	@$(BIN)/ruff check $(CHECKED)
	@$(BIN)/ruff format --check $(CHECKED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# make lint-pages    the same of web/frontend, and its tests
lint-pages: install-test
	@$(BIN)/python -m web.stack.frontend_check

# make lock          uv.lock, and what the images install, written from it
lock:
	@uv lock --quiet
	@for group in agent base ml uv; do $(EXPORT) --only-group kernel-$$group -o compose/requirements/$$group.txt; done
	@$(EXPORT) --no-dev --extra postgres $(IN_KERNELS_ONLY) -o compose/requirements/control.txt
	@$(EXPORT) --only-group pages -o compose/requirements/pages.txt

# make docs-reference  docs/flowfile.md and docs/flow-schema.json, written from the code
docs-reference: install-test
	@$(BIN)/python -m kernel_worker.runner.flowfile.reference > docs/flowfile.md
	@$(BIN)/python -m tasks.flow_documents.schema > docs/flow-schema.json

# make faults        every fault at ten random moments; ROUNDS=n, ARGS="--fault-seed n" plays them again
faults: install-test
	@$(BIN)/python -m pytest -m faults --rounds $(or $(ROUNDS),10) $(FOLDERS) $(ARGS)

# make screenshots   docs/screenshots: each page, light and dark, wide and narrow; needs Chromium
screenshots: install-test
	@$(BIN)/python -m web.stack.frontend_build --strict
	@$(BIN)/python -m tests.browser.screenshots

# make bench         the figures of docs/benchmarks.md, measured here
bench: install-bench
	@$(BIN)/python -m benchmarks.run --write $(ARGS)

# make bench-containers  the figures of kernels in containers, into the same page; needs an engine with the image
bench-containers: install-bench
	@$(BIN)/python -m benchmarks.containers --write $(ARGS)

# make bench-environments  the figures of kernels' packages, into the same page; needs an engine and an index
bench-environments: install-bench
	@$(BIN)/python -m benchmarks.environments --write $(ARGS)

# make bench-data    the figures of artifacts, outputs and inputs, into the same page
bench-data: install-bench
	@$(BIN)/python -m benchmarks.data --write $(ARGS)

# make bench-flows   the figures of runs of flows, beside Prefect's, into the same page
bench-flows: install-bench
	@$(BIN)/python -m benchmarks.flows --write $(ARGS)

# make bench-schedules  the figures of schedules, into the same page
bench-schedules: install-bench
	@$(BIN)/python -m benchmarks.schedules --write $(ARGS)

# make clean         removes what was installed and measured, not the data in .husk
clean:
	@rm -rf .venv dist web/frontend/dist web/frontend/node_modules .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
