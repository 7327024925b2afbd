# Everything runs in .venv, made at the first use and renewed when setup.cfg changes. PYTHON=python3.12 picks another.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check
PACKAGING := setup.cfg setup.py pyproject.toml

.PHONY: help venv demo test lint golden samples docs pictures bench clean

help:
	@echo "make demo     install into $(VENV) and run a whole round on samples/"
	@echo "make test     install the test extras and run the suite (ARGS='-k word' to choose)"
	@echo "make lint     ruff and mypy"
	@echo "make golden   write the expected outputs in tests/ and templates/ anew"
	@echo "make samples  write samples/ anew from its seeded script"
	@echo "make docs     write the generated documents and the help blocks of the READMEs anew"
	@echo "make pictures draw docs/images/ anew (needs LibreOffice and poppler)"
	@echo "make bench    issue a round: stamping against building each workbook"
	@echo "make clean    remove $(VENV), builds and caches"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(PACKAGING) | $(VENV)/bin/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-test: $(PACKAGING) | $(VENV)/bin/python
	$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/.installed

venv: $(VENV)/.installed-test

demo: $(VENV)/.installed
	@rm -rf demo
	$(VENV)/bin/perfeval demo demo

test: $(VENV)/.installed-test
	$(RUN) -m pytest $(ARGS)

lint: $(VENV)/.installed-test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

golden: $(VENV)/.installed-test
	$(RUN) -m tests.goldens --write

samples: $(VENV)/.installed
	$(RUN) samples/make_samples.py

docs: $(VENV)/.installed
	$(RUN) docs/build.py

pictures: $(VENV)/.installed
	$(RUN) docs/pictures.py

bench: $(VENV)/.installed
	$(RUN) benchmarks/round.py $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
