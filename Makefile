# One door for chores; `make help` lists them. Everything is installed into .venv, which may be
# deleted at any time. Works with GNU make from 3.81 on, which is what macOS has.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(BIN)/uv --quiet --no-progress --color never
INSTALL := $(UV) pip install --python $(BIN)/python
PLAIN := NO_COLOR=1 PYRIGHT_PYTHON_IGNORE_WARNINGS=1 PYRIGHT_PYTHON_GLOBAL_NODE=off
unexport FORCE_COLOR
PYTEST_ARGS ?= -n 2
# each of the processes that test has one core; torch would take all of them in each
PYTEST := $(PLAIN) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q
# the certificates of the system, where it has any: those of a company's proxy are among them
CERTIFICATES := /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt
ifneq ($(wildcard $(CERTIFICATES)),)
UV_SYSTEM_CERTS ?= 1
export UV_SYSTEM_CERTS
endif

.DEFAULT_GOAL := check
.PHONY: bench check clean demo docs fix format help imports lint test test-fast test-pythons types

check: format lint types imports test ## format check, lint, types, order of imports, tests (the default)

demo: $(STAMPS)/demo ## train the MNIST sample on the embedded digits
	@$(BIN)/python samples/mnist_loop.py

test: $(STAMPS)/dev ## the whole test suite, with the examples of the documentation
	@echo "== tests"
	@$(PYTEST) $(PYTEST_ARGS)

test-fast: $(STAMPS)/dev ## the tests that take no seconds
	@$(PYTEST) $(PYTEST_ARGS) -m "not slow"

test-pythons: $(STAMPS)/uv ## the core's tests, without torch, on every supported Python at hand
	@echo "== the core on other Pythons"
	@$(PLAIN) sh .ci/test-pythons $(VENV)

format: $(STAMPS)/dev
	@echo "== format"
	@$(PLAIN) $(BIN)/ruff format --quiet --check --output-format concise .

lint: $(STAMPS)/dev
	@echo "== lint"
	@$(PLAIN) $(BIN)/ruff check --quiet --output-format concise .

types: $(STAMPS)/dev
	@echo "== types"
	@$(PLAIN) $(BIN)/mypy --no-error-summary
	@$(PLAIN) $(BIN)/mypy --no-error-summary --config-file= --cache-dir .mypy_cache/samples samples
	@$(PLAIN) $(BIN)/pyright

imports: $(STAMPS)/dev
	@echo "== order of imports"
	@said=$$($(PLAIN) $(BIN)/lint-imports 2>&1) || { echo "$$said"; exit 1; }

fix: $(STAMPS)/dev ## format, and correct what can be corrected by itself
	@$(PLAIN) $(BIN)/ruff check --quiet --fix-only .
	@$(PLAIN) $(BIN)/ruff format --quiet .

docs: $(STAMPS)/dev ## the documentation as HTML in docs/_build/html; a warning is an error
	@echo "== documentation"
	@rm -rf docs/api/_generated
	@$(PLAIN) $(BIN)/python -m sphinx -q -W --keep-going -j auto -d docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(STAMPS)/bench ## the benchmarks, beside what they are compared with
	@$(BIN)/python benchmarks

clean: ## remove .venv and everything that is made here; runs and data stay
	@rm -rf $(VENV) build dist *.egg-info docs/_build docs/api/_generated .benchmarks
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find lab tests samples benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What is installed is remembered by stamps, made anew when pyproject.toml changed.

$(STAMPS)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	|| { echo "lab needs Python 3.10 or newer, and $(PYTHON) is not: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { v=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	     echo "$(PYTHON) cannot make virtual environments: install $$v (apt-get install $$v)" >&2; exit 1; }
	@echo "== making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: pyproject.toml setup.py $(STAMPS)/uv
	@echo "== installing lab and PyTorch"
	@$(INSTALL) -e '.[pytorch]'
	@touch $@

$(STAMPS)/dev: pyproject.toml setup.py $(STAMPS)/uv
	@echo "== installing lab and what its checks want"
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(STAMPS)/demo

$(STAMPS)/bench: pyproject.toml setup.py $(STAMPS)/uv
	@echo "== installing what lab is compared with"
	@$(INSTALL) -e '.[bench]'
	@touch $@
