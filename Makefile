# Everything a person or CI does here starts with one of these targets. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# make PYTHON=python3.12 picks the interpreter, make UV= installs with pip, make WORKERS=8 uses more test processes,
# make lab LAB_OPTIONS='--no-browser --allow-root' serves from a container.
PYTHON ?=
UV ?= $(shell command -v uv 2>/dev/null)
WORKERS ?= 2

# In a container everybody is root, and JupyterLab would refuse to start.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

VENV_PYTHON := .venv/bin/python
PYTEST := $(VENV_PYTHON) -m pytest
PEAK := .venv/bin/peak
# JupyterLab keeps its settings, and trust in notebooks, here and not in the home folder.
LAB_HOME := $(CURDIR)/.jupyter
NOT_FAST := slow or notebook or soak or browser

# ---- the environment -------------------------------------------------------------------------------------------------
# Two stamps, named after what they stand for: the lock (and the place of the checkout, which scripts in .venv hold), and
# what the installation of peaklib itself copies. A stamp is written last, so a bring-up that was cut short is repeated.
digest = $(shell { pwd; cat $(1); } | cksum | cut -d ' ' -f 1)
version_of = $(shell $(1) -c 'import sys; print(sys.version_info[:2])' 2>/dev/null)

SHIPPED := $(shell find peaklib/runner/prefix -type f | LC_ALL=C sort)
LOCKED := .venv/.lock-$(call digest,requirements.lock)
INSTALLED := .venv/.package-$(call digest,pyproject.toml $(SHIPPED))

VENV_VERSION := $(call version_of,$(VENV_PYTHON))
WANTED_VERSION := $(if $(PYTHON),$(call version_of,$(PYTHON)),$(VENV_VERSION))
ifeq ($(VENV_VERSION),)
STALE := FORCE
else ifneq ($(VENV_VERSION),$(WANTED_VERSION))
STALE := FORCE
endif

$(LOCKED): $(STALE)
	@UV='$(UV)' sh .ci/venv '$(PYTHON)'
	@touch $@

$(INSTALLED): $(LOCKED)
	@rm -f .venv/.package-*
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(VENV_PYTHON) --no-deps --no-build-isolation -e .
else
	@$(VENV_PYTHON) -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .
endif
	@touch $@

.PHONY: FORCE help setup lab sweep report heatmaps robustness risk l1 l2 check static test notebooks reference bench soak lock clean
FORCE:

# ---- what people call ------------------------------------------------------------------------------------------------
help:  ## list the targets
	@echo 'usage: make TARGET      (first use of a target installs .venv from requirements.lock)'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED)  ## bring .venv up to requirements.lock (the other targets do it by themselves)
	@echo ".venv is ready: $$($(VENV_PYTHON) --version), requirements.lock and peaklib installed"

lab: $(INSTALLED)  ## open JupyterLab on the notebooks
	@JUPYTER_CONFIG_DIR='$(LAB_HOME)/config' JUPYTER_DATA_DIR='$(LAB_HOME)/data' IPYTHONDIR='$(LAB_HOME)/ipython' \
	  .venv/bin/jupyter lab --ServerApp.root_dir=. $(AS_ROOT) $(LAB_OPTIONS) notebooks/quickstart.ipynb

sweep: $(INSTALLED)  ## run the default sweep and write its report to reports/
	@$(PEAK) sweep configs/sweeps/default.toml

report: $(INSTALLED)  ## write the report of the last default sweep again
	@$(PEAK) sweep configs/sweeps/default.toml --report

heatmaps: $(INSTALLED)  ## write the heatmaps of the last default sweep: intervals, plateaus, stability
	@$(PEAK) sweeps page heatmaps default

robustness: $(INSTALLED)  ## write the robustness page of the best trial of the last default sweep
	@$(PEAK) sweeps page robustness default

risk: $(INSTALLED)  ## write the risk chapter of the best trial of the last default sweep
	@$(PEAK) risk report default

l1: $(INSTALLED)  ## research a topic from local sources: pack and page (a model only if AI_ENABLED)
	@$(PEAK) run notebooks/l1_deep_research.ipynb --page

l2: $(INSTALLED)  ## describe the markets: pack and page (a model only if AI_ENABLED)
	@$(PEAK) run notebooks/l2_market_outlook.ipynb --page

check: static  ## the inner loop, under a minute: style, layers, types, fast tests
	@$(PYTEST) -m 'not ($(NOT_FAST))' -n $(WORKERS)

test: static  ## everything CI runs: check, all tests, notebooks, configs
	@$(PEAK) config-lint configs/
	@$(PYTEST) notebooks --nbval --nbval-current-env --nbval-sanitize-with tests/notebooks/sanitize.cfg \
	  -n $(WORKERS) --dist loadfile
	@$(PYTEST) -m 'not soak' -n $(WORKERS) --dist loadgroup

notebooks: $(INSTALLED)  ## execute each notebook in place (synced with its script), and record the stories
	@$(PEAK) notebooks --record sp500,nasdaq

reference: $(INSTALLED)  ## write the tables of docs/reference/features.md from the features
	@$(VENV_PYTHON) -m peaklib.features.reference docs/reference/features.md

bench: $(INSTALLED)  ## measure grids, evidence, features, labels, luck, risk and models, and write docs/benchmarks.md
	@$(VENV_PYTHON) tests/bench/run.py

soak: $(INSTALLED)  ## the long fault and soak runs
	@$(PYTEST) -m soak; status=$$?; \
	if [ $$status -eq 5 ]; then echo 'no soak tests yet'; else exit $$status; fi

lock: $(INSTALLED)  ## resolve pyproject.toml anew into requirements.lock (needs uv and a network)
	@test -n '$(UV)' || { echo 'make lock needs uv: see https://docs.astral.sh/uv' >&2; exit 1; }
	@$(VENV_PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])' \
	  | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --no-build --upgrade --extra lab --extra report --extra llm --extra dev \
	    pyproject.toml - --output-file requirements.lock
	@echo 'requirements.lock is new: run make test, and say in the commit what changed'

clean:  ## remove what tools leave behind; runs/, reports/ and .venv stay
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find peaklib tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
	@find notebooks -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

static: $(INSTALLED)
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/mypy --strict peaklib
