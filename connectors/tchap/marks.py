"""Names of what the bot adds to its events' content, in clear and in the encrypted part.

`KEY` is the idempotency key of a visible effect (`core.connector.Draft.key`): opaque, it lets a sibling
find and adopt the message. `GROWING` is there while the answer is
still being written: the number of the claim that writes it, or true. `RECORD` says where the text comes
from (`core.provenance`); unlike the others it stands in the encrypted part only, since it names the level.
"""

from __future__ import annotations

AT = "fr.gouv.relais.at"
"""When an event happened by our clock, noted beside it when it comes; it never leaves."""
ORIGIN = "fr.gouv.relais.origin"
"""Megolm session and message index that an event was decrypted with, noted beside it; it never leaves."""
KEY = "fr.gouv.relais.key"
GROWING = "fr.gouv.relais.growing"
RECORD = "fr.gouv.relais.provenance"
