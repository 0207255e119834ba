"""Events that no bot handles: they delete, or have a few words of ours said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.connector import Crowded, Deleted, Event, Handed, IdentityChanged, Message, Undecryptable, Whisper
from core.delivery.final import OwnWords
from core.delivery.outbox import Outbox
from core.delivery.private_message import said, say
from core.delivery.reply import Reply, addressed
from core.inbox.inbox import Claim
from core.inbox.records import Ref, reference
from core.inbox.risky_steps import AT_ONE_STEP
from core.policy.decision import Denied
from core.telemetry import log, metrics
from core.texts import Texts, texts
from core.turn.services import Services
from core.worker.deletions import delete_answer
from core.worker.endings import GivenUp


class Notices:
    """Handles them. Raises DeliveryError, LeaseLost, StoreError."""

    def __init__(self, services: Services, outbox: Outbox) -> None:
        self._services = services
        self._outbox = outbox

    async def handle(self, event: Event, claim: Claim, *, wanted: bool) -> Ref | None:
        """Do what the event asks for; how a word that asks for something is found again by its messages.
        `wanted`: it was not taken back."""
        match event:
            case Deleted():
                await delete_answer(self._services, self._outbox, claim.turn, event)
            case Undecryptable() | IdentityChanged() | Crowded():
                await self._say(event, claim)
            case Whisper() if wanted and not claim.erased:
                words, now = self._words(event.language), self._services.clock()
                return await say(event, claim, self._outbox, words, now=now)
            case Handed() if not claim.erased:
                await self._show_support(event, claim)
            case _:
                pass
        return None

    async def _say(self, event: Undecryptable | IdentityChanged | Crowded, claim: Claim) -> None:
        """Tell that a message cannot be read, or was not taken in, or that an identity is another one."""
        words = self._words()
        match event:
            case Undecryptable(unsigned=True):
                text = words.unsigned_device(direct=event.direct)
            case Undecryptable():
                text = words.undecryptable(direct=event.direct)
            case IdentityChanged():
                text = words.identity_changed("" if event.direct else event.sender.name)
            case Crowded():
                text = words.full()
        await self._reply(event, claim, words, text)

    async def _show_support(self, shown: Handed, claim: Claim) -> None:
        """Show the support an exchange, as the words of its author."""
        try:
            await said(shown, claim, self._outbox, self._words(shown.language))
        except Denied as error:
            log.error("support_not_reached", error=error)

    async def set_aside(self, claim: Claim, step: str) -> GivenUp:
        """Give up a job that ends the processes that hold it: nothing of it is looked at. Its author is told
        once, unless that is what ends them."""
        log.error("job_set_aside", reason=step, attempt=claim.deaths)
        metrics.jobs.labels("set_aside").inc()
        event, posted = claim.events[0], claim.posted
        if isinstance(event, Message) and claim.died_at.get("word", 0) < AT_ONE_STEP:
            unread = replace(claim, final=None)
            words = self._words()
            async with claim.at("word"):
                text = words.referenced(words.failed(), reference(claim.turn))
                posted = await self._reply(event, unread, words, text)
        reason = f"the process that handled it ended {claim.deaths} times, at: {step}"
        return GivenUp(reason=reason, posted=posted)

    async def _reply(
        self,
        event: Message | Undecryptable | IdentityChanged | Crowded,
        claim: Claim,
        words: Texts,
        text: str,
    ) -> Mapping[int, str]:
        """Returns the ids of the messages, by their number."""
        unsigned = isinstance(event, Undecryptable) and event.unsigned
        any_device = unsigned or isinstance(event, IdentityChanged)
        reply = Reply(self._outbox, claim, addressed(event, any_device=any_device), OwnWords(), words)
        await reply.finish(text, failed=isinstance(event, Message))
        await reply.run()
        return reply.posted

    def _words(self, language: str | None = None) -> Texts:
        return texts(language or self._services.language, self._services.contacts)
