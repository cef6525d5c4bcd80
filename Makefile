# Two commands: `make run` (the portal with demo data) and `make test`.
PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: run test lint clean

run: .venv/.installed
	@$(BIN)/python manage.py run --port $(PORT)

test: .venv/.installed lint
	@$(BIN)/python -m tests.browser.chromium
	@# worksteal: the browser tests, slow neighbours, would all end up with one worker
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/.installed
	@$(BIN)/ruff check --quiet .
	@$(BIN)/djlint --quiet --lint templates

# Installed anew only when the list of packages changes.
.venv/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更新版本；可用 make PYTHON=/路径/python3.11 指定。")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "建立 .venv 失败：Debian/Ubuntu 请先安装 python3-venv。" >&2; exit 1; }
	@echo "正在安装依赖……"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

clean:
	@rm -rf .venv staticfiles .pytest_cache .ruff_cache
