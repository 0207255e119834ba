"""Brings the files of a turn into it: each is heard, read or seen, and assessed.

What a picture shows is seen, and what is said in a voice message heard, by a model, where one may.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from core.connector import Address, Attachment, Message
from core.documents.texts import recognising
from core.errors import GatewayError, NotMasked, OverQuota
from core.gateway.ask import Ask, Material, whole
from core.gateway.transcription import Speech
from core.models.access import ModelAccess
from core.policy.decision import Denied
from core.sensitivity.level import Part
from core.sessions.model import KeptMaterial
from core.telemetry import log
from core.texts.voice_words import VoiceWords
from core.turn.attachments import AttachmentReader, Read
from core.turn.brought import Unread

if TYPE_CHECKING:
    from core.turn.exchange import Exchange

_SENTENCE = 8
"""Words from which a picture in a text shows more than the name of somebody."""
ANSWER = 600
"""Tokens of what is said of a picture."""
_UNASKED = {"fr": "Décris cette image.", "en": "Describe this picture."}
_HEADING = {"fr": "Ce que montre l’image, décrit par une IA", "en": "What the picture shows, told by an AI"}


async def seen(access: ModelAccess, read: Read, question: str, *, language: str) -> str:
    """Have a model look at a picture that was read, with an eye to a question. Raises Denied, OverQuota,
    NotMasked, GatewayError."""
    ask = Ask(
        instructions=_prompt(language),
        question=question.strip() or _UNASKED[language],
        materials=tuple(Material(name=name, text=text) for name, text in read.texts),
        picture=read.picture,
        language=language,
        task="vision",
        answer_tokens=ANSWER,
    )
    said, _ = await whole(access.stream(ask))
    return said.strip()


def with_seen(read: Read, seen: str, *, language: str) -> tuple[tuple[str, str], ...]:
    """The texts of a file, what a model saw in it after them."""
    if not seen:
        return read.texts
    (name, text), *inner = read.texts or ((read.name, ""),)
    return (name, f"{text}\n\n## {_HEADING[language]}\n\n{seen}".lstrip()), *inner


@cache
def _prompt(language: str) -> str:
    return resources.files("core.turn").joinpath("prompts", f"picture.{language}.md").read_text("utf-8")


async def bring(
    exchange: Exchange, files: AttachmentReader, message: Message, attachment: Attachment, *, quoted: bool
) -> None:
    """Hear or read a file, and assess it. `quoted`: it is one of those that the message is about."""
    documents = exchange.documents
    kind = attachment.media_type.partition("/")[0]
    if kind == "audio":
        said = await hear(exchange, files, message.address, attachment)
        if isinstance(said, Unread):
            documents.unread.append(said)
        elif quoted:
            level = exchange.reading.level
            documents.add([KeptMaterial(name=attachment.name, text=said, level=level)], quoted=True)
        else:
            documents.heard.append(said)
            exchange.question = exchange.question.with_spoken(said)
        return
    if kind == "video" and exchange.situation.exposed:  # nothing to read: it is not fetched
        said = exchange.texts.file_unknown_type(attachment.name)
        documents.unread.append(Unread(name=attachment.name, said=said))
        return
    read = await _read(exchange, files, message.address, attachment)
    if isinstance(read, Unread):
        documents.unread.append(read)
    else:
        await _take(exchange, read, message.text, quoted=quoted)


async def see(exchange: Exchange, files: AttachmentReader, message: Message, picture: Attachment) -> None:
    """Read a picture that the text shows. What is written on it counts for the level; of a logo, on which
    hardly anything is, nothing else is kept or said."""
    read = await _read(exchange, files, message.address, picture)
    if isinstance(read, Unread):
        exchange.reply.put_after(read.said)
    elif sum(len(text.split()) for _, text in read.texts) < _SENTENCE:
        await exchange.reading.take(read.parts, read.name)
    else:
        await _take(exchange, read, message.text, quoted=False)


async def _take(exchange: Exchange, read: Read, question: str, *, quoted: bool) -> None:
    """Assess a file that was read, and have what it shows seen."""
    documents = exchange.documents
    level = await exchange.reading.take(read.parts, read.name)
    if shown := await _look(exchange, read, question):
        level = max(level, await exchange.reading.take((Part(text=shown),), read.name))
    documents.left_out += read.said
    if not quoted:
        documents.receipts.append(read.receipt(level, shown))
    told = with_seen(read, shown, language=exchange.texts.language)
    if not told:
        documents.left_out.append(exchange.texts.file_empty(read.name))
    documents.add([KeptMaterial(name=name, text=text, level=level) for name, text in told], quoted=quoted)


async def hear(
    exchange: Exchange, files: AttachmentReader, address: Address, attachment: Attachment
) -> str | Unread:
    """The text of a voice message, assessed, or why it could not be heard."""
    say = VoiceWords(exchange.texts.language)
    async with files.held(address, attachment, exchange.texts) as data:
        if isinstance(data, Unread):
            return data
        speech = Speech(
            name=attachment.name,
            media_type=attachment.media_type,
            data=data,
            language=exchange.texts.language,
        )
        try:
            said = await exchange.models.access.transcribe(speech)
        except (Denied, GatewayError, OverQuota, NotMasked) as error:
            log.warning("voice_not_heard", error=error)
            why = say.not_here() if isinstance(error, Denied | NotMasked) else say.away()
            return Unread(name=attachment.name, said=why)
    if not said:
        return Unread(name=attachment.name, said=say.nothing_said())
    await exchange.reading.take((Part(text=said),), attachment.name)
    return said


async def _look(exchange: Exchange, read: Read, question: str) -> str:
    """What a model sees in a picture, with an eye to what is asked; "" where none may look at it, or none
    does: then what was recognised in it is all."""
    if read.picture is None or exchange.reading.findings.out_of_scope:
        return ""
    try:
        return await seen(exchange.models.access, read, question, language=exchange.texts.language)
    except (Denied, GatewayError, OverQuota, NotMasked) as error:
        log.warning("picture_not_seen", error=error)
        return ""


async def _read(
    exchange: Exchange, files: AttachmentReader, address: Address, attachment: Attachment
) -> Read | Unread:
    """A file, read. How long the recognition of a scan takes is shown before and while it is done;
    nothing of that stays, not even when it is stopped."""
    told = False

    def progress(done: int, pages: int) -> None:
        nonlocal told
        if words := recognising(done, pages, language=exchange.texts.language):
            told = True
            exchange.reply.show(f"*{words}…*", "progress" if done else "before")

    try:
        pictured = bool(exchange.models.access.models("vision", language=exchange.texts.language))
        return await files.read(address, attachment, exchange.texts, progress, pictured=pictured)
    finally:
        if told:
            exchange.reply.show("")


def keep_quoted(exchange: Exchange) -> None:
    """Keep what is quoted with the session's documents, for when the question is answered again."""
    name, level = exchange.texts.quoted_message(), exchange.reading.level
    exchange.documents.add(
        [KeptMaterial(name=name, text=text, level=level) for text in exchange.question.quoted]
    )


def unreadable(exchange: Exchange) -> tuple[str, ...]:
    """Return a sentence that says why, for each file of this turn that could not be read. Of what a thread
    begins with it is said once."""
    contents, texts = exchange.question.contents, exchange.texts
    if exchange.session.turns and all(each.quotes_root and not each.brings_file for each in contents):
        return ()
    unquoted = {each.unquoted for each in contents}
    said = [texts.quoted_unread()] if "unread" in unquoted else []
    said += [texts.quoted_withheld()] if "withheld" in unquoted else []
    documents = exchange.documents
    return (*said, *(unread.said for unread in documents.unread), *documents.left_out)
