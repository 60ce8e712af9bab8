#!/bin/sh
# Make .venv from requirements.lock, or bring it up to date. Where nothing changed it does nothing.
# Usage: scripts/make_venv.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."

suits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

refuse() {
  echo "error: $1" >&2
  echo "dbrec needs Python 3.11, 3.12 or 3.13 (TensorFlow has no wheels for others)." >&2
  echo "Install one of them and name it: make notebooks PYTHON=/path/to/python3.13" >&2
  exit 1
}

find_python() {
  # One that a finished .venv holds comes first, so that a later plain `make` keeps it.
  for candidate in $([ ! -f .venv/.made ] || echo .venv/bin/python) \
    python3 python3.13 python3.12 python3.11; do
    if suits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

asked=${1:-}
if [ -n "$asked" ]; then
  suits "$asked" || refuse "PYTHON=$asked is $("$asked" --version 2>&1 | head -n 1)"
  python=$asked
else
  python=$(find_python)
  [ -n "$python" ] || refuse "no python3, python3.13, python3.12 or python3.11 on PATH suits"
fi
# The interpreter itself, not a link inside the .venv that is about to be replaced.
python=$("$python" -c 'import sys; print(sys._base_executable)')

if command -v uv >/dev/null; then tool=uv; else tool=pip; fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# An editable install holds the folder's path, so a .venv that moved with its folder is made anew.
place="$(pwd -P), Python $version, $tool"
inputs=$(cat requirements.lock pyproject.toml | cksum)
made=$(cat .venv/.made 2>/dev/null || true)
[ "$made" != "$place
$inputs" ] || exit 0

start=$(date +%s)
rm -f .venv/.made # written again as the last step: a half-made .venv never counts as made
if [ "$(echo "$made" | head -n 1)" = "$place" ]; then
  echo "Bringing .venv up to date (Python $version, $tool)"
else
  echo "Making .venv from requirements.lock (Python $version, $tool; about 860 MB to download)"
  rm -rf .venv
  if [ $tool = uv ]; then
    uv venv --quiet --python "$python" .venv
  else
    "$python" -m venv .venv
  fi
fi
if [ $tool = uv ]; then
  # Without compiled bytecode TensorFlow's import takes three times as long.
  uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
  .venv/bin/python -m pip install --require-hashes --requirement requirements.lock
  .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
fi
printf '%s\n%s\n' "$place" "$inputs" > .venv/.made
echo ".venv is ready after $(($(date +%s) - start)) s"
