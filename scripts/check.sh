#!/usr/bin/env bash
# Every check that runs no product code but the template's tests; all are run, any failure fails.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()
check() {
    local name=$1
    shift
    echo "check: $name" >&2
    "$@" || failed+=("$name")
}
python_folders=(layers functions local tests scripts)
check format "$bin/ruff" format --check --quiet "${python_folders[@]}"
check lint "$bin/ruff" check --quiet "${python_folders[@]}"
check types "$bin/mypy" --no-error-summary
check "import contracts" "$bin/lint-imports" --no-logo
[ ! -f template.yaml ] || check template "$bin/cfn-lint" --template template.yaml
[ ! -d tests/template ] || check "template tests" "$bin/python" -m pytest -q tests/template
if [ ${#failed[@]} -gt 0 ]; then
    printf 'check failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
