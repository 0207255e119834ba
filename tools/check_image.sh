#!/bin/sh
# Runs an image of relais as production does (read-only root, no capability, the engine's default seccomp profile)
# and checks that it recognises a scan, becomes healthy, ends when told to, and carries its licences.
#
#   tools/check_image.sh relais tests/data/documents/note.pdf
set -eu
image=$1
scan=$2
closed="--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --network ${NETWORK:-none}"
say() { printf '→ %s: ' "$1"; }
# $closed is a list of words on purpose.
# shellcheck disable=SC2086
{
    say "strength of the jail, languages that are recognised"
    docker run --rm --interactive $closed --entrypoint python "$image" - <<PYTHON
import asyncio
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.sandbox import Sandbox

async def main():
    async with Sandbox() as sandbox:
        print(await sandbox.start(), await Ocr(sandbox).languages())

asyncio.run(main())
PYTHON
    say "what is read of $(basename "$scan")"
    docker run --rm --interactive $closed "$image" read - <"$scan" | tr -s ' \n' ' ' | cut -c1-60
    echo
    name=$(docker run --detach $closed --env RELAIS_MAIL__ADDRESS=a@exemple.fr --env RELAIS_MAIL__AUTHSERV_ID=mx.exemple.fr \
        --env RELAIS_MAIL__SMTP_URL=smtp://a:b@127.0.0.1:1 --env RELAIS_MAIL__WEBHOOK_SECRET=0123456789abcdef0123456789abcdef \
        --env RELAIS_HTTP__BIND=127.0.0.1:9090 "$image")
}
trap 'docker rm --force --volumes "$name" >/dev/null' EXIT
say "healthy on another port than usual"
for _ in $(seq 60); do
    docker exec "$name" python /opt/relais/healthcheck.py 2>/dev/null && break
    sleep 1
done
docker exec "$name" python /opt/relais/healthcheck.py && echo yes
say "licence and notices"
docker exec "$name" sh -c 'test -s /opt/relais/LICENSE && grep -c ^==== /opt/relais/THIRD-PARTY-NOTICES'
say "as"
docker exec "$name" id
say "ends when told to, with"
docker stop --time 30 "$name" >/dev/null
docker inspect --format '{{.State.ExitCode}}' "$name"
