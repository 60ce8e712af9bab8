# Needs make and Python 3.11 to 3.13 with venv, nothing else; uses uv where it is on PATH.

PYTHON ?=
LESSONS = $(sort $(wildcard notebooks/[0-9]*.ipynb))
NOTEBOOKS ?= $(LESSONS) $(sort $(wildcard notebooks/solutions/*.ipynb))
IN_VENV = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help venv notebooks app lab test test-deep browser-test refresh lock site slides classroom colab peers benchmark benchmark-quick check-results clean

help: ## list the targets
	@echo "make TARGET [PYTHON=python3.12]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 - \2/p' Makefile

venv: ## make .venv from requirements.lock, or bring it up to date
	@sh scripts/make_venv.sh "$(PYTHON)"

notebooks: venv ## execute the lessons in order into build/notebooks
	@rm -rf build/notebooks
	@$(IN_VENV) scripts/run_notebooks.py --into build/notebooks $(LESSONS)
	@echo "The executed lessons are in build/notebooks. \`make lab\` opens the lessons to work on."

app: venv ## open the recommender to try by hand as a page (fits a model at the first time)
	$(IN_VENV) -m dbrec.lessons.app

lab: venv ## open JupyterLab on the lessons' contents
	$(IN_VENV) -m jupyter lab notebooks/00_contents.ipynb

test: venv ## ruff, mypy, unit tests, then every notebook against its stored outputs
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy dbrec
	$(IN_VENV) -m pytest -n 2 --dist loadscope
	$(IN_VENV) scripts/check_notebooks.py notebooks

test-deep: venv ## what takes too long for the gate: planted faults, and many inputs at every door
	$(IN_VENV) -m pytest tests/deep

browser-test: venv ## each lesson and the page as a learner has them, in the system's Chromium
	$(IN_VENV) -m pytest tests/browser

refresh: venv ## execute notebooks in place on ML-1M [NOTEBOOKS=notebooks/03_*.ipynb]
	DBREC_DATASET=ml-1m $(IN_VENV) scripts/run_notebooks.py --in-place $(NOTEBOOKS)
	$(IN_VENV) scripts/readme_from_lessons.py

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
  --no-annotate
lock: ## write requirements.lock anew from pyproject.toml, and the peers' lock (needs uv)
	$(LOCK) --all-extras pyproject.toml --output-file requirements.lock
	$(LOCK) benchmarks/peers/requirements.in --output-file benchmarks/peers/requirements.lock

site: venv ## the lessons as a site, in build/site; needs no network
	$(IN_VENV) scripts/make_site.py

slides: venv ## the lessons' figures as slides, in build/slides.html; needs no network
	$(IN_VENV) scripts/make_slides.py

classroom: venv ## one archive for a room without network, for this system and Python [DATA=folder with ml-1m]
	$(IN_VENV) scripts/classroom.py $(if $(DATA),--data "$(DATA)")

colab: venv ## copies of the lessons that install themselves on Colab, in build/colab [ADDRESS=https://...; else that of this clone]
	$(IN_VENV) scripts/make_colab.py "$(ADDRESS)"

peers: venv ## make .venv-peers, the libraries that the benchmark compares dbrec with
	@sh scripts/make_peers.sh

benchmark: peers ## measure all that README shows: takes hours, and goes on where it was broken off
	$(IN_VENV) -m benchmarks everything

benchmark-quick: peers ## see the shape of it in minutes, on MovieLens 100K, into build/quick
	$(IN_VENV) -m benchmarks quick

check-results: ## refuse stored rows that weren't measured by the code and settings as they are
	$(IN_VENV) -m benchmarks check

clean: ## remove .venv and everything built
	rm -rf .venv .venv-peers build dbrec.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
