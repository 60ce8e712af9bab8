#!/bin/sh
# Make .venv-peers from benchmarks/peers/requirements.lock with the Python of .venv. Where nothing changed it does
# nothing. dbrec isn't installed there: the benchmark runs it from this folder.
set -eu
cd "$(dirname "$0")/.."
lock=benchmarks/peers/requirements.lock
python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
made="$(pwd -P) $("$python" --version) $(cksum < $lock)"
[ "$(cat .venv-peers/.made 2>/dev/null || true)" != "$made" ] || exit 0

echo "Making .venv-peers from $lock"
rm -rf .venv-peers
if command -v uv >/dev/null; then
  uv venv --quiet --python "$python" .venv-peers
  uv pip sync --python .venv-peers/bin/python --require-hashes --compile-bytecode $lock
else
  "$python" -m venv .venv-peers
  .venv-peers/bin/python -m pip install --require-hashes --requirement $lock
fi
echo "$made" > .venv-peers/.made # the last step: a half-made folder never counts as made
