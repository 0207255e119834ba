#!/bin/sh
# Installs uv, pinned and checked by hash, into the private environment .tools/.
# One way for everyone: which uv a machine has does not matter, nor whether it has one.
set -eu
cd "$(dirname "$0")/.."
python=$(tools/python.sh)

# Debian ships Python without ensurepip.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    tools/debian.sh "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python has no module venv: install it by the means of this system." >&2
    exit 1
fi
echo "→ uv, in .tools (with $python)"
"$python" -m venv --clear .tools
.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.lock
