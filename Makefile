# The set-up is one stamp file: nothing is installed again until the requirements change.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check format bench golden methods-page views-page corruptions-page findings

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (PyTorch is several GB the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,pretrained,scale,export,detection,tensorboard,mlflow,wandb,postgres,publish]'
	@touch $@

demo: $(READY)  ## install, compare semantic with augmented pairs on Fashion-MNIST, write out/demo/report.html
	@$(BIN)/sempairs demo --out out/demo

test: $(READY)  ## run the default test suite
	@$(BIN)/python -m pytest -n 2

test-slow: $(READY)  ## run the suites of minutes: the whole demo, killed and finished
	@$(BIN)/python -m pytest -m slow

check: $(READY)  ## check format, lint, types (mypy --strict) and the layers of the architecture
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(READY)  ## format the code and sort the imports
	@$(BIN)/ruff check --fix --select I . && $(BIN)/ruff format .

bench: $(READY)  ## measure speed as ratios against peers and floors, write benchmarks/results/
	@$(BIN)/python -m benchmarks

golden: $(READY)  ## write the losses of 20 steps of every method again; review the diff of tests/golden/
	@$(BIN)/python tests/made_golden.py

methods-page: $(READY)  ## write docs/methods.md again from the code, the tests and studies/methods_learn.jsonl
	@$(BIN)/python docs/method_checks.py && $(BIN)/python docs/make_methods_page.py

views-page: $(READY)  ## write docs/views.md and its pictures again from the code of the view steps and recipes
	@$(BIN)/python docs/make_views_page.py

corruptions-page: $(READY)  ## write docs/corruptions.md and its picture again from the code of the corruptions
	@$(BIN)/python docs/make_corruptions_page.py

findings: $(READY)  ## write docs/findings.md and its picture again from the results under studies/
	@$(BIN)/python docs/make_findings.py
