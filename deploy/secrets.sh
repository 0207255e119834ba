#!/bin/sh
# Makes the secrets of compose.yaml in deploy/secrets, those that are not there yet. Keep store_key apart from the
# backups: without it they cannot be read, with it they can.
set -eu
umask 077
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
make() { [ -s "$folder/$1" ] || openssl rand -hex 32 >"$folder/$1"; }
make store_key
make valkey_password
make chiffres_token
make grafana_password
[ -s "$folder/store_url" ] || echo "redis://:$(cat "$folder/valkey_password")@valkey:6379" >"$folder/store_url"
# Files given to a container keep their owner: relais reads them as 10001, Valkey as 999, Grafana as 472.
if [ "$(id -u)" = 0 ]; then
    chown 10001 "$folder/store_key" "$folder/store_url" "$folder/chiffres_token"
    chown 999 "$folder/valkey_password"
    chown 472 "$folder/grafana_password"
else
    echo "Run this as root, or give the files to 10001 (relais), 999 (Valkey) and 472 (Grafana)." >&2
fi
