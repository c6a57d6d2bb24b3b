# Two commands do everything on a fresh machine: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Tests at a time: most of their time they wait, for messages or for the CLI.
LANES  := 4
# Tests start hundreds of processes, which would all compile what they import.
test engine faults: export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test pythons engine faults lint bench mutants error-texts docs packs picture constraints wheel release-check clean

demo: $(READY)  ## Deploy the example to an AWS inside this machine and send ten hands through it
	@$(BIN)/consumers demo

test: $(READY)  ## Unit tests, and tests on the local AWS
	@$(BIN)/pytest -n $(LANES)
	@command -v pulumi >/dev/null || command -v go >/dev/null || echo "Left out: the tests with the real engine" \
		"(make engine), which want the Pulumi CLI on PATH, or Go 1.26 to build it once."
	@command -v chromium chromium-browser google-chrome >/dev/null || \
		echo "Left out: the tests of the page, which want Chromium (scripts/chromium installs it)."

pythons: $(READY)  ## Unit tests on every other Python from 3.11 on that this machine has
	@LANES=$(LANES) scripts/pythons

engine: $(READY)  ## Tests with the real Pulumi CLI, which is built with Go where it is missing
	@$(BIN)/pytest -n $(LANES) tests/engine

faults: $(READY)  ## Redrive, export and purge with 300 faults and 100 kills, attach with 60: `make test` has some of each
	@FAULTS=1 $(BIN)/pytest -n $(LANES) tests/local/test_dlq_faults.py tests/local/test_attach_kills.py

lint: $(READY)  ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright

bench: $(READY)  ## Each figure of the README, as a ratio to the alternative
	@PYTHONPATH=functions $(BIN)/python -m benchmarks

# mutmut names a mutant by its file's path, but tests import functions/*.py without the folder's name. It ignores the
# name `src`, so for these files `functions` becomes a link to `src`.
mutants: $(READY)  ## Change FILE in every small way, and list the changes that TESTS do not notice
	@$(BIN)/uv pip install --quiet --python $(BIN)/python mutmut==3.8.1
	@rm -rf build/mutants && mkdir -p build/mutants
	@git ls-files -z | tar -cf - --null -T - | tar -xf - -C build/mutants
	@[ $(dir $(FILE)) != functions/ ] || { cd build/mutants && mkdir mutants && mv functions src && ln -s src functions && ln -s src mutants/functions; }
	@printf '%s\n' '[tool.mutmut]' 'source_paths = ["."]' \
		'only_mutate = ["$(if $(filter functions/,$(dir $(FILE))),$(FILE:functions/%=src/%),$(FILE))"]' \
		'pytest_add_cli_args_test_selection = [$(TESTS:%="%",)]' 'pytest_add_cli_args = ["-p", "no:randomly"]' \
		>>build/mutants/pyproject.toml
	@cd build/mutants && export PATH="$(CURDIR)/$(BIN):$$PATH" && mutmut run && mutmut results

error-texts: $(READY)  ## Write down every error text that tests provoke, for review
	@rm -f tests/error_texts.txt
	@$(BIN)/pytest -p no:randomly --update-error-texts $$(git grep -l 'error_text' -- 'tests/*/test_*.py')

docs: $(READY)  ## Generate the reference pages, the plugin's schema and the outputs in pages from the code
	@$(BIN)/python docs/arguments.py >docs/arguments.md
	@$(BIN)/python docs/commands.py >docs/commands.md
	@$(BIN)/consumers rules --markdown >docs/rules.md
	@$(BIN)/python -c 'from components.plugin import schema; print(schema(), end="")' >docs/schema.json
	@$(BIN)/python docs/outputs.py docs/costs.md
	@$(BIN)/python docs/walkthrough.py
	@$(BIN)/python -m docs.sizing
	@$(BIN)/python -m docs.capacity

packs: $(READY)  ## Run checkov on consumers, and compare its findings with docs/rule-packs.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=functions $(BIN)/python -m benchmarks.rule_packs

picture: $(READY)  ## Take the README's pictures, of a dashboard, consumers dev and the page, from runs on the local AWS
	@PYTHONPATH=functions $(BIN)/python -m benchmarks.dashboard_picture docs/dashboard.svg
	@PYTHONPATH=functions $(BIN)/python -m benchmarks.dev_cast docs/dev.svg
	@PYTHONPATH=functions $(BIN)/python -m benchmarks.page_picture docs/ui.png docs/ui-consumers.png

constraints:  ## Pin the newest versions of everything, with hashes
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header \
		--python-version 3.11 --upgrade --quiet --output-file constraints.txt

wheel: $(READY)  ## Build the wheel into dist/
	@$(BIN)/python -m hatchling build -t wheel

release-check: docs wheel  ## Say what keeps this commit from being released
	@$(BIN)/python scripts/release_check.py

clean:  ## Remove what any of these made
	@-[ ! -d .consumers ] || [ ! -x $(BIN)/consumers ] || $(BIN)/consumers down --yes
	rm -rf $(VENV) .consumers .pytest_cache .ruff_cache .hypothesis dist build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip brings uv (2 s), and uv brings the rest (seconds, where pip takes 40). The stamp makes the next call free.
$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV), once ..." >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, $(PYTHON) is older: make PYTHON=python3.12")'
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@sed -n '/^uv==/,/# via/p' constraints.txt > $(VENV)/uv.txt
	@$(PYTHON) -m pip --python $(VENV) install --quiet --disable-pip-version-check --requirement $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt \
		--build-constraint constraints.txt --editable '.[tool,local,debug,simulate,ui,dev]'
	@# Compiled now, so that the first demo starts as fast as the second.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c \
		'import boto3, ministack.app; from consumers.evaluate.program import warm_up; warm_up()'
	@touch $@
