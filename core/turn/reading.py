"""What a turn brings, read and assessed: its words, its files, what is said in them and what they show.

Of what may be handled nowhere, no more is read. A file that cannot be read is named with why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.connector import Address, Attachment, Message
from core.documents.texts import recognising
from core.errors import GatewayError, NotMasked, OverQuota
from core.gateway.transcription import Speech
from core.policy.decision import Denied
from core.sensitivity.evidence import Part
from core.sessions.model import KeptMaterial
from core.telemetry import log
from core.texts.voice_words import VoiceWords
from core.turn.attachments import AttachmentReader, Read, Unread, seen, with_seen
from core.understanding.commands import spelled

if TYPE_CHECKING:
    from core.turn.turn import Turn

_SENTENCE = 8
"""Words from which a picture in a text shows more than the name of somebody."""


async def assess(turn: Turn, files: AttachmentReader) -> None:
    """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
    async with turn.progress.at("assess"):
        for message in turn.contents:
            parts = [Part(text=_told(message.text)), *(_marks(message) if message.marks else ())]
            await turn.brought.take([*parts, Part(text=message.quoted, place="quote")])
            if turn.exposed and await _names_tell(turn, message):
                return
            came = ((message.quoted_files, turn.quoted_files), (message.attachments, turn.files))
            for attachment, among in ((each, among) for sent, among in came for each in sent):
                if turn.brought.out_of_scope:
                    return
                await _bring(turn, files, message, attachment, among)
            for picture in message.pictures:
                if turn.brought.out_of_scope:
                    return
                await _see(turn, files, message, picture)
        turn.assessed = True


async def _bring(
    turn: Turn, files: AttachmentReader, message: Message, attachment: Attachment, among: list[KeptMaterial]
) -> None:
    """Hear or read a file, and assess it; `among`: the files to which it is then added."""
    kind = attachment.media_type.partition("/")[0]
    if kind == "audio":
        said = await hear(turn, files, message.address, attachment)
        if isinstance(said, Unread):
            turn.unread.append(said)
        elif among is turn.quoted_files:
            among.append(KeptMaterial(name=attachment.name, text=said, level=turn.level))
        else:
            turn.heard.append(said)
            turn.text = "\n\n".join(filter(None, (turn.text, said)))
        return
    if kind == "video" and turn.exposed:  # nothing to read: it is not fetched
        said = turn.texts.file_unknown_type(attachment.name)
        turn.unread.append(Unread(name=attachment.name, said=said))
        return
    read = await _read(turn, files, message.address, attachment)
    if isinstance(read, Unread):
        turn.unread.append(read)
    else:
        await _take(turn, read, message.text, among)


async def _see(turn: Turn, files: AttachmentReader, message: Message, picture: Attachment) -> None:
    """Read a picture that the text shows. What is written on it counts for the level; of a logo, on which
    hardly anything is, nothing else is kept or said."""
    read = await _read(turn, files, message.address, picture)
    if isinstance(read, Unread):
        turn.afterword(read.said)
    elif sum(len(text.split()) for _, text in read.texts) < _SENTENCE:
        await turn.brought.take(read.parts, read.name)
    else:
        await _take(turn, read, message.text, turn.files)


async def _take(turn: Turn, read: Read, question: str, among: list[KeptMaterial]) -> None:
    """Assess a file that was read, and have what it shows seen."""
    level = await turn.brought.take(read.parts, read.name)
    if shown := await _look(turn, read, question):
        level = max(level, await turn.brought.take((Part(text=shown),), read.name))
    turn.left_out += read.said
    if among is turn.files:
        turn.receipts.append(read.receipt(level, shown))
    told = with_seen(read, shown, language=turn.texts.language)
    if not told:
        turn.left_out.append(turn.texts.file_empty(read.name))
    among += [KeptMaterial(name=name, text=text, level=level) for name, text in told]


async def hear(turn: Turn, files: AttachmentReader, address: Address, attachment: Attachment) -> str | Unread:
    """The text of a voice message, assessed, or why it could not be heard."""
    say = VoiceWords(turn.texts.language)
    async with files.held(address, attachment, turn.texts) as data:
        if isinstance(data, Unread):
            return data
        speech = Speech(
            name=attachment.name,
            media_type=attachment.media_type,
            data=data,
            language=turn.texts.language,
        )
        try:
            said = await turn.access.transcribe(speech)
        except (Denied, GatewayError, OverQuota, NotMasked) as error:
            log.warning("voice_not_heard", error=error)
            why = say.not_here() if isinstance(error, Denied | NotMasked) else say.away()
            return Unread(name=attachment.name, said=why)
    if not said:
        return Unread(name=attachment.name, said=say.nothing_said())
    await turn.brought.take((Part(text=said),), attachment.name)
    return said


async def _look(turn: Turn, read: Read, question: str) -> str:
    """What a model sees in a picture, with an eye to what is asked; "" where none may look at it, or none
    does: then what was recognised in it is all."""
    if read.picture is None or turn.brought.out_of_scope:
        return ""
    try:
        return await seen(turn.access, read, question, language=turn.texts.language)
    except (Denied, GatewayError, OverQuota, NotMasked) as error:
        log.warning("picture_not_seen", error=error)
        return ""


async def _read(
    turn: Turn, files: AttachmentReader, address: Address, attachment: Attachment
) -> Read | Unread:
    """A file, read. How long the recognition of a scan takes is shown before and while it is done;
    nothing of that stays, not even when it is stopped."""
    told = False

    def progress(done: int, pages: int) -> None:
        nonlocal told
        if words := recognising(done, pages, language=turn.texts.language):
            told = True
            turn.reply.show(f"*{words}…*", "progress" if done else "before")

    try:
        pictured = bool(turn.access.models("vision", language=turn.texts.language))
        return await files.read(address, attachment, turn.texts, progress, pictured=pictured)
    finally:
        if told:
            turn.reply.show("")


async def _names_tell(turn: Turn, message: Message) -> bool:
    """Do the names of the files tell, be it doubtful, that they may not be here? Then they are not
    fetched: their author is asked, or refused."""
    for attachment in (*message.quoted_files, *message.attachments):
        await turn.brought.take((Part(text=attachment.name, place="filename"),), attachment.name)
    return turn.brought.refusal(files=True) is not None


def _told(text: str) -> str:
    """What is said beside the word of a command, which is ours: blanks stand in its place."""
    command = spelled(text)
    if command is None or command.kind is None:
        return text
    end = text.index(command.word) + len(command.word)
    return " " * end + text[end:]


def _marks(message: Message) -> list[Part]:
    return [
        Part(text=value, place="subject")
        if name == "Subject"
        else Part(text=value, place="property", name=name)
        for name, value in message.marks
    ]
