# Every target sets itself up: all it needs is make and Python 3.11 or newer.
PYTHON ?= python3
VENV   ?= .venv
BASE   ?= origin/main
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help bench test lint compare llm-local wheel lock perf clean

help:
	@echo "make bench    check the gold, run and score every system, write the leaderboard"
	@echo "make test     the whole test suite"
	@echo "make lint     style and types"
	@echo "make compare BASE=origin/main    working tree against a branch's committed results"
	@echo "make llm-local [LLM_WEIGHTS=FILE] [LLM_PORT=N]    serve a small language model on loopback"
	@echo "make perf     the benchmarks of the harness itself"
	@echo "make wheel    build dist/*.whl"

bench: $(VENV)/.core
	$(BIN)/claimbench check
	$(BIN)/claimbench run --corpus all
	$(BIN)/claimbench report --html results/report.html

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

compare: $(VENV)/.core
	$(BIN)/claimbench run >/dev/null
	$(BIN)/claimbench compare $(BASE) results

# Answers to Ctrl-C by stopping the server; exec, so that make passes it on to one process.
llm-local:
	@exec $(PYTHON) scripts/local_model.py --weights "$(LLM_WEIGHTS)" --port "$(LLM_PORT)"

perf: $(VENV)/.dev
	for file in tests/perf/bench_*.py; do $(BIN)/python $$file || exit 1; done

wheel: $(VENV)/.dev
	$(BIN)/python -m build --no-isolation --wheel

# A lock file holds versions and hashes, and no address of an index.
lock: $(VENV)/.dev
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --group build --group dev --extra embed --extra spacy pyproject.toml --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) dist build

$(VENV)/.core: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; \
	  sys.exit(sys.version_info < (3, 11) and f"found Python {v}, expected 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
