# relais. `make` lists the targets; `make demo` tries it, `make test` runs all that CI runs.
#
# Everything is installed beside this file: uv in .tools, Python packages in .venv, by the
# hash-checked locks of requirements/. A stamp in .venv says which lock it holds.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV := .tools/bin/uv
BIN := .venv/bin
NODE_PACKAGES := tests/rig/node/node_modules/.package-lock.json
JOBS ?= 6
step = @printf '→ %s\n'

export UV_PYTHON_DOWNLOADS := never
# Compile at installation: where PYTHONDONTWRITEBYTECODE is set, each start would do it anew, for a second.
export UV_COMPILE_BYTECODE := 1
# Of the packages for development a quarter is ever imported, and compiled then: all of them would take 28 s of CPU.
LAZILY := UV_COMPILE_BYTECODE=0
# Under make it is not: each run of the tests would compile all of them anew, for some seconds.
unexport PYTHONDONTWRITEBYTECODE
# Downloads trust the certificate authorities of this machine, private ones included.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),1,0)
export NODE_USE_SYSTEM_CA ?= $(UV_SYSTEM_CERTS)

# Debian packages that the tests use: the sandbox of documents, the data of OCR in it; llama.cpp’s OpenMP; a font of
# Chinese; Redis 8 and Valkey 8 with TLS (their tools carry the servers, and start none); promtool; a real mail server.
TEST_PACKAGES := libseccomp2 libgomp1 tesseract-ocr-fra tesseract-ocr-eng tesseract-ocr-osd fonts-droid-fallback \
	redis-tools valkey-tools prometheus dovecot-core dovecot-imapd dovecot-lmtpd dovecot-sieve postfix

# The question and the file as typed: make would expand a « $ » in them.
override ASK := $(value ASK)
override FILE := $(value FILE)
export ASK FILE

.PHONY: help demo test check-other check beside unit other bench eval chaos fuzz lock clean debian browser docs image release audit

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | \
		while IFS="$$(printf '\t')" read -r target text; do printf '  make %-7s %s\n' "$$target" "$$text"; done

demo: .venv/.demo ## the assistant in an encrypted chat on this machine; or ASK="…" [FILE=path]
	@$(BIN)/python -m tests.demo $${ASK:+--ask "$$ASK"} $${FILE:+--file "$$FILE"}

# Tests on servers wait more than they work. Beside them run the checks, which are one process, and then the other
# Python's tests, which wait for no server: so neither core is idle. What those say comes when each is over.
test: debian .venv/.dev $(NODE_PACKAGES) ## all that CI runs: checks, tests on this Python, tests on the other one
	@$(MAKE) --no-print-directory --jobs=2 unit check-other

check-other:
	@$(MAKE) --no-print-directory --output-sync=line check other

# Of the types of a whole program little is garbage: young objects are collected seldom, which saves a quarter.
check: .venv/.dev ## style, types, layers, packaging: no server is started
	$(step) "Style (ruff)"
	@$(BIN)/ruff check --quiet --output-format concise
	@$(BIN)/ruff format --quiet --check
	$(step) "Types (basedpyright)"
	@NODE_OPTIONS=--max-semi-space-size=64 $(BIN)/basedpyright
	$(step) "Layers (import-linter)"
	@$(BIN)/lint-imports --no-logo
	$(step) "Packaging"
	@$(BIN)/pytest -q tests/packaging

# What takes long begins first and small files end the run, so that no worker is left alone with a long one.
LONG := $(addprefix tests/,chaos e2e rig core/worker core/documents connectors core/sensitivity bots contributor core/export)
UNIT := $(LONG) $(filter-out $(LONG) tests/core tests/packaging tests/data %/__pycache__,$(patsubst %/,%,$(sort $(wildcard tests/*/ tests/core/*/)))) \
	$(wildcard tests/core/test_*.py)
unit: .venv/.dev $(NODE_PACKAGES)
	$(step) "Tests, on $$($(BIN)/python --version)"
	@$(BIN)/pytest -q -n $(JOBS) --inline-snapshot=disable $(UNIT)

# The other end of the supported Pythons, where this machine has one, in .venv-other. What tests use of its
# packages is compiled when they are collected.
beside: .venv/.dev
	@case $$($(BIN)/python --version) in *3.11*) other=3.13 ;; *) other=3.11 ;; esac; \
	if ! python=$$(tools/python.sh $$other 2>/dev/null); then \
		rm -rf .venv-other; echo "→ No Python $$other on this machine: nothing is tested on it"; exit 0; \
	fi; \
	$(UV) venv --quiet --allow-existing --python "$$python" .venv-other && \
	$(LAZILY) $(UV) pip sync --quiet --python .venv-other --require-hashes requirements/dev.lock && \
	$(UV) pip install --quiet --offline --python .venv-other --no-deps --editable .

ON_SERVERS := rig demo e2e chaos core/store/test_groups.py \
	$(addprefix connectors/tchap/test_,conversation.py faults.py history.py private.py quoted.py siblings.py) \
	$(addprefix connectors/mail/test_,answers.py logins.py probe.py)

# Long proofs of rules, figures of models, pages, and commands as processes, which no Python changes.
# `make other PROOFS= ON_SERVERS= SOME=` runs all tests on the other one, with all examples.
PROOFS := contributor eval core/test_gate.py core/inbox/test_inbox_model.py core/condense core/grounding \
	core/worker/test_set_aside.py bots/assistant/test_documents.py bots/test_hostile_texts.py core/documents/ocr \
	$(addprefix core/http/test_,pages.py verifier_page.py) core/inbox/test_fairness.py core/test_levels_path.py core/texts/test_texts_used.py \
	$(addprefix core/documents/test_,hostile.py linear.py) \
	$(addprefix core/sensitivity/test_,assess.py families.py hostile.py labelled.py word_starts.py) \
	core/sensitivity/personal core/sensitivity/secrets core/sensitivity/markings core/sensitivity/unmarked \
	core/understanding core/gateway/test_extracts.py $(addprefix core/turn/test_,vision.py offers.py feedback.py) \
	$(addprefix bots/assistant/test_,plain_words.py choices.py) $(addprefix bots/summariser/test_,talks.py rooms.py words.py) \
	bots/cli bots/synthesis core/export \
	connectors/tchap/test_devices.py connectors/slack/test_connector.py connectors/test_records.py

# The supported Pythons are proved at both ends; the tests on real servers and those proofs run on the first only. Of
# properties the other one tries some examples.
SOME := HYPOTHESIS_PROFILE=some
other: ELSEWHERE = $(addprefix tests/,bench $(ON_SERVERS) $(PROOFS))
other: beside
	@[ ! -x .venv-other/bin/pytest ] || { echo "→ Tests, on $$(.venv-other/bin/python --version) too" && \
	$(SOME) .venv-other/bin/pytest -q -n 3 --inline-snapshot=disable $(filter-out $(ELSEWHERE),$(UNIT)) \
		$(addprefix --ignore=,$(ELSEWHERE)); }

bench: .venv/.dev ## what an answer costs, beside a minimal echo bot
	@$(BIN)/python -m tests.bench

eval: .venv/.dev $(NODE_PACKAGES) ## how good summaries of conversations are, by rules and by the gateway given by settings
	@$(BIN)/python -m tests.eval $(FOLDERS)
	@LONG_ROOM=800 $(BIN)/pytest -q tests/e2e/test_long_room.py

chaos: .venv/.dev ## kill replicas and the store, at every step and at random, and count what people see
	@$(BIN)/python -m tests.chaos
	@$(BIN)/python -m tests.chaos.mail
	@$(BIN)/python -m tests.chaos.slack

fuzz: .venv/.dev ## ten minutes each of damaged files, and of hostile events and mails (FOR=600 SEED=1)
	@$(BIN)/python tests/fuzz/documents.py $(or $(FOR),600) $(SEED)
	@$(BIN)/python tests/fuzz/conversations.py $(or $(FOR),600) $(SEED)

lock: $(UV) ## refresh requirements/*.lock after a change in pyproject.toml (UPGRADE=1: newest versions)
	$(step) "Locks, in requirements/"
	@.tools/bin/python tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove all that these targets installed or made, except data/
	rm -rf .tools .venv .venv-* .run .site dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf tests/rig/node/node_modules
	find . -name __pycache__ -prune -exec rm -rf {} +

debian:
	@tools/debian.sh $(TEST_PACKAGES)

release: .venv-release/.done ## wheel, bill of materials, licences and digests of this commit, in dist/
	@$(BIN)/python tools/release.py

audit: .venv-release/.done ## known vulnerabilities of what ships, where a database of them is reached
	@$(BIN)/python tools/audit.py

docs: .venv/.dev ## the site of the documentation, in .site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

image: ## the image, and a run of it as production runs it (BASE=image of Python; IMAGE=name; needs docker)
	docker build $(if $(BASE),--build-arg BASE=$(BASE)) --network $(or $(NETWORK),default) --tag $(or $(IMAGE),relais) .
	@NETWORK=$(NETWORK) tools/check_image.sh $(or $(IMAGE),relais) tests/data/documents/note.pdf

browser: ## Debian's chromium, with which tests check that the web pages are accessible (else they are skipped)
	@tools/debian.sh chromium

$(UV): requirements/tools.lock
	@tools/uv.sh
	@touch $@

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python "$$(tools/python.sh)" .venv

# The demo's packages are among those of dev: installing the latter serves both.
.venv/.demo: requirements/demo.lock pyproject.toml | .venv/bin/python
	$(step) "Python packages of the demo, in .venv ($$(grep -c == $<), the first time to download)"
	@$(UV) pip install --quiet --python .venv --require-hashes -r $<
	@$(UV) pip install --quiet --offline --python .venv --no-deps --editable .
	@$(BIN)/python -m compileall -q bots connectors core
	@touch $@

.venv/.dev: requirements/dev.lock pyproject.toml | .venv/bin/python
	$(step) "Python packages for development, in .venv ($$(grep -c == $<), the first time to download)"
	@$(LAZILY) $(UV) pip sync --quiet --python .venv --require-hashes $<
	@$(UV) pip install --quiet --offline --python .venv --no-deps --editable .
	@$(BIN)/python -m compileall -q bots connectors core
	@touch $@ .venv/.demo

.venv-release/.done: requirements/release.lock | $(UV)
	$(step) "Python packages of the release, in .venv-release"
	@$(UV) venv --quiet --allow-existing --python "$$(tools/python.sh)" .venv-release
	@$(UV) pip sync --quiet --python .venv-release --require-hashes $<
	@touch $@

$(NODE_PACKAGES): tests/rig/node/package-lock.json | .venv/.dev
	$(step) "Node packages of the independent Matrix client, in tests/rig/node"
	@$(BIN)/python -m tests.rig.node_program
	@touch $@
