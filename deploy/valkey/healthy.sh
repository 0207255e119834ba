#!/bin/sh
# Does this Valkey answer, and is it no replica that lost its primary?
set -eu
VALKEYCLI_AUTH=$(cat /run/secrets/valkey_password)
REDISCLI_AUTH=$VALKEYCLI_AUTH
export VALKEYCLI_AUTH REDISCLI_AUTH
! valkey-cli INFO replication | grep -q "master_link_status:down"
valkey-cli PING | grep -q PONG
