# make demo opens the demo; make test runs the tests; both set up a private Python in .venv first, once.
# Needs Python 3.11 or newer (or uv, which brings its own). GNU make 3.81 is enough.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.dealdesk-$(shell cksum < requirements.lock | cut -d' ' -f1)
PYTHONS ?= python3 python3.13 python3.12 python3.11 python3.14 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
TESTS ?=
JOBS ?= auto
FAULTS ?=
DOVECOT := dovecot-imapd dovecot-lmtpd dovecot-submissiond

.PHONY: help demo run test check lint format faults bench rules lock clean dovecot
.DEFAULT_GOAL := help

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 14

demo: $(STAMP) ## open the demo: made-up mail and deals, nothing of yours
	@exec $(BIN)/dealdesk demo

run: $(STAMP) ## open dealdesk with your own mail
	@exec $(BIN)/dealdesk

test: $(STAMP) dovecot ## run the tests, with a real mail server where there is one (TESTS=path for some)
	@$(BIN)/pytest -q -n $(JOBS) --maxprocesses 8 $(TESTS)

check: lint test ## everything that a change must pass

lint: $(STAMP) ## style, format, types and the rules of import
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 3

format: $(STAMP) ## put the files in order
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

faults: $(STAMP) dovecot ## cut and kill at every line of every dialogue; print what was lost or doubled (FAULTS="--one-in 10")
	@$(BIN)/python -m tests.engine.faults $(FAULTS)

bench: $(STAMP) dovecot ## print how fast it is
	@$(BIN)/python -m bench

rules: $(STAMP) ## print which tests prove each rule, per server
	@$(BIN)/python -m tests.rules

lock: $(STAMP) ## choose the newest allowed versions again and write requirements.lock
	@command -v uv >/dev/null || $(BIN)/python -m pip install -q uv
	@printf 'setuptools>=68\n' | PATH="$(BIN):$$PATH" uv pip compile -q pyproject.toml - --extra demo --extra dev \
	  --universal --python-version 3.11 --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links -o requirements.lock
	@echo "requirements.lock is new; make test installs it"

clean: ## remove the private Python and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build dist
	find tui tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# The exact versions of requirements.lock, then this checkout itself, without asking any index for more.
$(STAMP): requirements.lock pyproject.toml
	@set -e; if [ ! -x $(BIN)/python ]; then \
	  if command -v uv >/dev/null; then uv venv -q --seed --python '>=3.11' $(VENV); else \
	    found=; for python in $(PYTHONS); do \
	      if $$python -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then found=$$python; break; fi; done; \
	    if [ -z "$$found" ]; then \
	      echo "dealdesk needs Python 3.11 or newer, and none of $(PYTHONS) is that; install one, or uv, and try again." >&2; \
	      exit 1; fi; \
	    if ! $$found -m venv $(VENV) >$(VENV).log 2>&1; then rm -rf $(VENV) $(VENV).log; \
	      echo "Python's venv module is missing here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; fi; \
	    rm -f $(VENV).log; fi; fi; \
	echo "Setting up $(VENV) (once; about half a minute) ..."; \
	if command -v uv >/dev/null; then \
	  uv pip install -q --python $(BIN)/python -r requirements.lock; \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi; \
	$(BIN)/python -m compileall -q tui; \
	rm -f $(VENV)/.dealdesk-*; touch $(STAMP)

# The tests start their own Dovecot as a plain user; the system's service, which the package would start, stays off.
dovecot:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"; \
	if command -v dovecot >/dev/null || ! command -v apt-get >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as="sudo -n"; else exit 0; fi; \
	echo "Installing Dovecot, which the tests need ..."; \
	install="$$as env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(DOVECOT)"; \
	{ $$install || { $$as apt-get update && $$install; }; } >/dev/null 2>&1 || \
	  { echo "Dovecot couldn't be installed; the tests that need it will be skipped." >&2; exit 0; }; \
	if [ -d /run/systemd/system ]; then $$as systemctl disable -q --now dovecot 2>/dev/null || true; fi
