#!/bin/sh
# Starts Valkey with its password from a file, with what relais asks of a store; the rest as arguments.
set -eu
password=$(cat /run/secrets/valkey_password)
umask 077
cat >/tmp/valkey.conf <<CONF
dir /data
requirepass $password
primaryauth $password
maxmemory-policy noeviction
appendfsync everysec
CONF
exec valkey-server /tmp/valkey.conf "$@"
