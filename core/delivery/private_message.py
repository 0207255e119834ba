"""A private word: what concerns one person only is said in their chat of two, not before others.

It is an event of that chat (`Whisper`), so it is sealed and stored once like any other: who writes it finds
or opens the chat (`PersonData.tell`, `core.connector.Private`). Somebody who was invited to it only now is
not there yet: the word waits, at most a week, and their coming hastens it (`Arrived`). It waits aside: what
they ask there meanwhile is answered.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.connector import Choice, Handed, Whisper
from core.delivery.final import OwnWords
from core.delivery.outbox import Outbox
from core.delivery.reply import Reply, addressed
from core.errors import Deferred
from core.inbox.inbox import Claim
from core.inbox.records import Ref, explaining, last_asked
from core.language.operators import Phrase
from core.policy.decision import Denied
from core.telemetry import metrics
from core.texts import Texts

KEPT = 7 * 86_400.0
"""Seconds that a private word waits for its reader."""
ABSENT = 3_600.0
"""Seconds until it is looked again whether they came, if nothing tells it before."""


async def say(word: Whisper, claim: Claim, outbox: Outbox, words: Texts, *, now: float) -> Ref | None:
    """Say a private word now; how it is found again by its messages, where it asks for something or goes with
    a question. What waited too long is dropped. Raises Deferred while its reader is not there, Rejected,
    LeaseLost."""
    private = outbox.connectors[word.address.connector].private
    if private is None or now - word.at > KEPT:
        metrics.refused.labels(word.address.connector, "private_word_expired").inc()
        return None
    if not await private.present(word.address, word.sender.id):
        raise Deferred(Phrase("delivery.absent"), retry_after=ABSENT)
    try:
        posted = await said(word, claim, outbox, words, only=word.sender.id, choices=word.choices)
    except Denied:  # somebody came between the look and the send
        raise Deferred(Phrase("delivery.not_alone"), retry_after=ABSENT) from None
    if not (word.awaits or word.about):
        return None
    session = word.address.whole
    asked = (last_asked(session),) if word.awaits else ()
    told = (explaining(word.explains),) if word.explains else ()
    return Ref(
        questions=tuple(filter(None, (*asked, word.about, *told))),
        posts=tuple(posted.values()),
        session=session,
        turn=claim.turn,
        awaits=word.awaits,
        about=word.about or None,
        at=word.at,
    )


async def said(
    word: Whisper | Handed,
    claim: Claim,
    outbox: Outbox,
    words: Texts,
    *,
    only: str | None = None,
    choices: tuple[Choice, ...] = (),
) -> Mapping[int, str]:
    """Say what an event of ours brings, for which nobody waits; the ids of its messages, by their number.
    Raises Denied, DeliveryError, LeaseLost."""
    origin = OwnWords(level=word.level, writers=word.writers)
    to = addressed(word, only=only, private=True, quiet=True)
    reply = Reply(outbox, claim, to, origin, words)
    reply.offer(choices)
    await reply.finish(word.text, personal=True)
    await reply.run()
    return reply.posted
