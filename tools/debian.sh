#!/bin/sh
# Installs the Debian packages that are missing among those named, as root or through sudo.
# On another system it only tells which programs are expected.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system: install what the packages $* bring, by the means of this system." >&2
    exit 0
fi
missing=
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=env
elif command -v sudo >/dev/null; then
    as_root="sudo env"
else
    echo "Debian packages are missing and neither root nor sudo is here. Ask an administrator to run:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "→ Debian packages:$missing"
# Postfix is not to serve this machine: tests start their own, on loopback.
case $missing in
*postfix*) echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections ;;
esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Another installation may be under way (unattended upgrades on a new machine): its end is waited for.
# $missing and $as_root are lists of words on purpose.
# shellcheck disable=SC2086
if ! { $as_root apt-get update &&
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    echo "The Debian packages could not be installed:$missing" >&2
    exit 1
fi
