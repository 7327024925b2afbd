# Everything runs in .venv, made at the first use and renewed when setup.cfg changes. PYTHON=python3.12 picks another.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check
PACKAGING := setup.cfg setup.py pyproject.toml

.PHONY: help venv demo test agreement coverage mutation lint golden samples docs pictures bench scale foreign clerk clean

help:
	@echo "make demo     install into $(VENV) and run a whole round on samples/"
	@echo "make test     install the test extras and run the suite (ARGS='-k word' to choose)"
	@echo "make agreement  random fillings through three programs, into docs/agreement.md (N=10000 SEED=2024 SCHEME=huadu-2024)"
	@echo "make coverage the suite, with branch coverage of what a score comes from held at 100 %"
	@echo "make mutation a tenth of the mutants of rules and scorer (MODULES='scorer bands': all of theirs; FULL=1: all)"
	@echo "make lint     ruff and mypy"
	@echo "make golden   write the expected outputs in tests/ and templates/ anew"
	@echo "make samples  write samples/ anew from its seeded script"
	@echo "make docs     write the generated documents and the help blocks of the READMEs anew"
	@echo "make pictures draw docs/images/ anew (needs LibreOffice and poppler)"
	@echo "make bench    each stage of a round against peers, into docs/performance.md (UNITS=177 REPEATS=5: all of it)"
	@echo "make scale    rounds of 177, 1,770 and 17,700 returns: time and memory, into docs/performance.md (SIZES=177,1770)"
	@echo "make foreign  foreign, broken and hostile files through the intake, into docs/intake.md (ARGS=--offline)"
	@echo "make clerk    simulated returns through a round's inbox, into docs/clerk.md (N=2000 SEED=2024)"
	@echo "make clean    remove $(VENV), builds and caches"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(PACKAGING) | $(VENV)/bin/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-test: $(PACKAGING) | $(VENV)/bin/python
	$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-mutation: $(PACKAGING) | $(VENV)/bin/python
	$(PIP) install --editable '.[test,mutation]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test

venv: $(VENV)/.installed-test

demo: $(VENV)/.installed
	@rm -rf demo
	$(VENV)/bin/perfeval demo demo

test: $(VENV)/.installed-test
	$(RUN) $(if $(COVER),-m coverage run -m pytest,-m pytest -n auto --dist loadfile) $(ARGS)
	$(if $(COVER),$(RUN) -m coverage report)

agreement: $(VENV)/.installed-test
	$(RUN) -m tests.agreement $(or $(N),10000) $(or $(SEED),2024) --scheme $(or $(SCHEME),huadu-2024)

coverage:
	$(MAKE) test COVER=1

mutation: $(VENV)/.installed-mutation
	$(RUN) -m tests.mutation $(if $(FULL),--full) $(MODULES)

lint: $(VENV)/.installed-test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

golden: $(VENV)/.installed-test
	$(RUN) -m tests.goldens --write

samples: $(VENV)/.installed
	$(RUN) samples/make_samples.py

docs: $(VENV)/.installed
	$(RUN) -m docs.build

pictures: $(VENV)/.installed
	$(RUN) docs/pictures.py

bench: $(VENV)/.installed
	$(RUN) -m benchmarks.performance $(if $(UNITS),--units $(UNITS)) $(if $(SAMPLE),--sample $(SAMPLE)) \
		$(if $(REPEATS),--repeats $(REPEATS)) $(ARGS)

scale: $(VENV)/.installed
	$(RUN) -m benchmarks.scale $(if $(SIZES),--sizes $(SIZES)) $(if $(LEADING),--leading $(LEADING)) $(ARGS)

foreign: $(VENV)/.installed-test
	$(RUN) -m benchmarks.foreign $(ARGS)

clerk: $(VENV)/.installed-test
	$(RUN) -m tests.clerk $(or $(N),2000) $(or $(SEED),2024)

clean:
	rm -rf $(VENV) build dist mutants *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
