# Everything a developer or CI runs. The environment in .venv makes and mends itself; nothing is installed elsewhere.
#   PYTHON=python3.12 make test    with another interpreter        make test SLOW=all    with every slow test

PYTHON ?= python3
SLOW ?= sample

# Names the interpreter and the folder: a .venv of another Python, or one that was moved, is made anew.
KEY := $(shell "$(PYTHON)" -c 'import os, sys, zlib; sys.version_info < (3, 11) and sys.exit(1); \
    print("%d.%d-%08x" % (*sys.version_info[:2], zlib.crc32(os.fsencode(os.getcwd()))))' 2>/dev/null)
# A stamp is written last, so that whatever an interruption left behind is made anew too.
LOCKED := .venv/.locked-$(KEY)
READY := .venv/.ready-$(KEY)
CLEAN := build/clean/.locked-$(KEY)
BIN := .venv/bin
PIP_SYNC = -m pip install --quiet --require-hashes -r
UV_COMPILE = $(BIN)/python -m uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
    --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) pyproject.toml

.PHONY: help bench test lint types wheel pytest lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

bench: $(READY) ## run the benchmark suite; results in ./results
	$(BIN)/schedlab bench

test: lint types wheel pytest ## run all checks

lint: $(READY) ## ruff (rules and format) and the import order
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY) ## mypy --strict on the package
	$(BIN)/python -m mypy --strict

wheel: $(READY) $(CLEAN) ## build the wheel and run it in a clean environment
	rm -rf build/dist
	$(BIN)/python -m build --no-isolation --outdir build/dist . >build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
	build/clean/bin/python -m pip install --quiet --no-deps --force-reinstall build/dist/*.whl
	cd / && "$(CURDIR)/build/clean/bin/python" -I -c 'from schedlab import *'
	cd / && env -u PYTHONPATH "$(CURDIR)/build/clean/bin/schedlab" --help

pytest: $(READY) ## the tests, with a rotating part of the slow ones, and the notebooks
	$(BIN)/python -m pytest -n 2 --slow=$(SLOW) --nbmake tests notebooks

lock: ## renew the lock files after a change of pyproject.toml; UPGRADE=1 takes the newest versions
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) --extra dev -o requirements/dev.txt
	$(UV_COMPILE) -c requirements/dev.txt -o requirements/runtime.txt

clean: ## remove the environment and everything built
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(LOCKED): requirements/dev.txt
	$(if $(KEY),,$(error schedlab needs Python 3.11 or newer, but "$(PYTHON) -V" says: \
	$(shell "$(PYTHON)" -V 2>&1; true). Name another one, as in PYTHON=python3.12 make $(MAKECMDGOALS)))
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python $(PIP_SYNC) $<
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(CLEAN): requirements/runtime.txt $(READY)
	"$(PYTHON)" -m venv --clear build/clean
	build/clean/bin/python $(PIP_SYNC) $<
	@touch $@
