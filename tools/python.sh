#!/bin/sh
# Prints a Python that relais runs on (3.11 or newer): $PYTHON, python3, or one found beside it.
# With a version (3.11, 3.13) prints a Python of exactly that version. Fails when there is none.
set -u
wanted=${1-}

candidates() {
    for name in ${PYTHON-} python3 python3.13 python3.12 python3.11; do
        command -v "$name"
    done
    for path in /usr/bin/python3.1[1-9] /usr/local/bin/python3.1[1-9] \
        "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/3.1[1-9]*/bin/python; do
        [ -x "$path" ] && echo "$path"
    done
}

# A name on PATH may be a shim that runs nothing, so each candidate is asked.
candidates | while read -r python; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case ${wanted:-$version} in
    3.[0-9] | 3.10 | 2.*) ;;
    "$version") echo "$python" && break ;;
    esac
done | grep . && exit 0
echo "No Python ${wanted:-3.11 or newer} was found. Install one, or name it: make … PYTHON=/path/to/python3" >&2
exit 1
