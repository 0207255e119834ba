"""Assesses all that a turn brings: its texts, the names of its files, the files and the pictures.

Of what may be handled nowhere, no more is read. A file that cannot be read is named with why (files are read
in `core.turn.attachments`).
"""

from __future__ import annotations

from core.connector import Message
from core.sensitivity.level import Part
from core.turn.attachments import AttachmentReader
from core.turn.exchange import Exchange
from core.turn.files import bring, see
from core.understanding.commands import spelled


async def assess(exchange: Exchange, files: AttachmentReader) -> None:
    """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
    async with exchange.progress.at("assess"):
        for message in exchange.question.contents:
            if not await _assess_message(exchange, files, message):
                return
        exchange.reading.complete = True


async def _assess_message(exchange: Exchange, files: AttachmentReader, message: Message) -> bool:
    """Assess a message with its files and pictures; False where what it holds is to be read no further."""
    reading = exchange.reading
    command = spelled(message.text)
    text = _without_command(message.text, command.word) if command and command.kind else message.text
    await reading.take([Part(text=text), *_headers(message), Part(text=message.quoted, place="quote")])
    if exchange.situation.exposed and await _names_tell(exchange, message):
        return False
    quoted = len(message.quoted_files)
    for number, attachment in enumerate((*message.quoted_files, *message.attachments)):
        if reading.findings.out_of_scope:
            return False
        await bring(exchange, files, message, attachment, quoted=number < quoted)
    for picture in message.pictures:
        if reading.findings.out_of_scope:
            return False
        await see(exchange, files, message, picture)
    return True


async def _names_tell(exchange: Exchange, message: Message) -> bool:
    """Say whether the names of the files tell, be it doubtful, that the files may not be here. Then they are
    not fetched: their author is asked, or refused."""
    for attachment in (*message.quoted_files, *message.attachments):
        await exchange.reading.take((Part(text=attachment.name, place="filename"),), attachment.name)
    return exchange.reading.findings.refusal(files=True) is not None


def _without_command(text: str, command: str) -> str:
    """Return a text with blanks in the place of the word of a command, which is ours."""
    end = text.index(command) + len(command)
    return " " * end + text[end:]


def _headers(message: Message) -> list[Part]:
    """Return the headers that a mail came with, as parts."""
    return [
        Part(text=value, place="subject")
        if name == "Subject"
        else Part(text=value, place="property", name=name)
        for name, value in message.marks
    ]
