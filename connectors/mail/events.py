"""A mail → Message, and the names of things: pure.

A conversation is (mailbox, authenticated sender, thread), so that nobody comes into another's session by
quoting an id, and each thread is handled in order. A thread is known by a hash of its first Message-ID;
our own ids carry it, for clients that send In-Reply-To without References.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.mail.safety import Answer, same_box
from connectors.mail.words import Words
from core.connector import Address, Attachment, Message, Person, Reacted
from core.documents.mail import headers as mail
from core.documents.mail.headers import Headers
from core.documents.mail.incoming import HISTORY, Mail, MailFile
from core.language.learned import written_in
from core.language.phrasebook import LANGUAGES
from core.understanding.letter import wanted_below, wanted_in

NAME = "mail"
WHOLE = -1
"""The number that stands for the whole message where a part is named."""
STRANGER = "-"
"""Stands for the author of a mail (`Box`) who had no part in its thread before, or which names none."""
REFERENCES = 20
"""Ids kept of a long thread: the first and the latest (RFC 5322, 3.6.4, sets no limit; servers do)."""

LONGEST_NAME = 200
"""Characters of a sender's name that are kept."""
_NAMED = 20
"""Others whom a mail is sent to that are kept."""
_OURS = re.compile(r"relais\.([0-9a-f]{32})\.([0-9a-f]{16})@")
_JUDGED = re.compile(r"\[relais\.([0-9a-f]{32})\.([0-9a-f]{16})\.(oui|non)\]\s*$")
_PUT = re.compile(
    "|".join(r"\s+".join(map(re.escape, Words(each).send_as_it_is().split())) for each in LANGUAGES)
)
"""The words that a link which judges puts into its mail, however their lines were folded."""
_REPLIES = re.compile(r"\s*(?:re|réf?|aw)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_PREFIX = re.compile(r"\s*(?:re|tr|fwd?|réf?|aw|wg)\s*(?:\[\d+\])?\s*[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a mail lies, and what an answer to it needs. `id` is the Message-ID, or made of the content."""

    id: str
    folder: str
    validity: int
    uid: int
    at: float
    subject: str = field(default="", repr=False)
    references: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The thread, as a hash."""
        for each in self.references:
            if match := _OURS.match(each):
                return match[2]
        return hashed((*self.references, self.id)[0])


def origin(top: Headers, *, folder: str, validity: int, uid: int, at: float, digest: str) -> Origin:
    """`digest` stands in for a Message-ID that is missing."""
    own = mail.message_ids(top.get("Message-ID"))
    before = (*mail.message_ids(top.get("References")), *mail.message_ids(top.get("In-Reply-To")))
    references = tuple(dict.fromkeys(before))
    if len(references) > REFERENCES:
        references = (references[0], *references[-REFERENCES + 1 :])
    return Origin(
        id=own[0] if own else f"{digest}@missing.invalid",
        folder=folder,
        validity=validity,
        uid=uid,
        at=at,
        subject=top.get("Subject")[:500],
        references=references,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail of an authenticated sender, with its headers `top`. `size` is in bytes. `replied` is the address
    of the author if they go on with what was read before, or `STRANGER` (see `Box`). It is kept, to read the
    mail again."""

    where: Origin
    sender: Answer
    top: Headers
    size: int
    replied: str = ""

    @property
    def key(self) -> str:
        """The key of the note about this mail."""
        return mail_key(self.where.id, self.sender.sender)

    @property
    def goes_on(self) -> bool:
        """True if the mail goes on with a thread, whose subject is not its question."""
        if self.replied not in ("", STRANGER):
            return True
        return bool(self.where.references) and _PREFIX.match(self.where.subject) is not None


def hashed(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def mail_key(id: str, sender: str) -> str:
    """The key of the note about a mail: of its Message-ID and its sender."""
    return hashed(f"{id} {sender}")


def address_of(box: str, sender: str, root: str) -> Address:
    return Address(connector=NAME, conversation=f"{box} {sender} {root}", thread=root)


def recipient_of(address: Address) -> tuple[str, str, str]:
    """Mailbox, person and thread of an address. Raises ValueError when it is not one of ours."""
    box, sender, root = address.conversation.split(" ")
    return box, sender, root


def our_id(key: str, root: str, box: str) -> str:
    """The Message-ID of our answer: the same on every attempt, from the draft's key."""
    return f"relais.{key}.{root}@{box.rpartition('@')[2]}"


def is_ours(id: str, box: str) -> bool:
    return bool(_OURS.match(id)) and id.endswith(f"@{box.rpartition('@')[2]}")


def key_of(id: str, box: str) -> str | None:
    """The draft's key in one of our ids."""
    match = _OURS.match(id)
    return match[1] if match and is_ours(id, box) else None


def judging(id: str, words: Words, *, good: bool) -> str:
    """The subject of a mail that judges our answer `id`."""
    return f"{words.judged(good=good)} [{id.partition('@')[0]}.{'oui' if good else 'non'}]"


def judged(where: Origin, sender: Answer, box: str) -> Reacted | None:
    """The judgement of an answer of ours, if the mail's subject ends with one. A reply to such a mail is
    none. The conversation of a judgement is that of its own sender, whatever the subject says."""
    match = _JUDGED.search(where.subject)
    if match is None or _PREFIX.match(where.subject):
        return None
    key, root, helped = match.groups()
    return Reacted(
        key=f"{box}|{where.id}|judged",
        address=address_of(box, sender.sender, root),
        at=where.at,
        sender=Person(id=sender.sender, name=sender.name[:LONGEST_NAME]),
        target=our_id(key, root, box),
        reaction="👍" if helped == "oui" else "👎",
        direct=True,
    )


def said_besides(found: Mail) -> Mail | None:
    """What the mail `found`, which judges, says besides: None where its words are those that the link put
    there, followed by what asks for nothing and comes without a file: what a mail program signs with."""
    own, put = _PUT.subn("", found.own)
    if not put:
        return found if own.strip() or found.files or found.history else None
    own = own.strip()
    return replace(found, own=own) if found.files or any(wanted_in("", own)) else None


def answering(where: Origin, target: str) -> Origin:
    """The origin of a mail that goes on from our answer `target`, whatever its subject and references say."""
    return replace(where, subject="", references=(target,))


def bare(subject: str) -> str:
    """A subject without the prefixes of answers and forwards."""
    while match := _PREFIX.match(subject):
        subject = subject[match.end() :]
    return subject.strip()


def is_reply(where: Origin) -> bool:
    """Does the subject say that the mail replies?"""
    return _REPLIES.match(where.subject) is not None


def subject_of(where: Origin, sender: str) -> str:
    """A hash of the subject without its prefixes and of who writes under it; empty where there is none."""
    subject = bare(where.subject).casefold()
    return hashed(f"{sender} {subject}") if subject else ""


def message(found: Mail, received: Received, *, box: str, words: Words) -> Message:
    """The question that a mail asks: the subject of a new thread, and what its author wrote. Quoted and
    forwarded mails are a document."""
    where, sender, top = received.where, received.sender, received.top
    subject = "" if received.goes_on else bare(where.subject)
    own = own_words(found)
    text = own if own.startswith("!") else "\n\n".join(filter(None, (subject, own)))
    beside = ("Signature", found.signature), ("Lines", found.broken)  # where a marking may stand alone
    return Message(
        key=f"{box}|{where.id}",
        id=where.id,
        address=address_of(box, sender.sender, where.root),
        at=where.at,
        sender=Person(id=sender.sender, name=sender.name[:LONGEST_NAME]),
        text=text,
        addressed=True,
        direct=True,
        attachments=tuple(_attachments(found, received, words)),
        pictures=tuple(_attachment(each, received) for each in found.pictures),
        marks=(*_marks(top), *((name, value) for name, value in beside if value)),
        tag=tag(top, box),
        mentions=tuple(_others(top, box, sender.sender)),
        alone=True,
    )


def own_words(found: Mail) -> str:
    """What the author wrote, and what among the lines that sign asks for something (« En anglais svp », below
    the name); cards aside."""
    signed = found.signature.partition("BEGIN:")[0]
    return "\n\n".join(filter(None, (found.own, *wanted_below(signed))))


def _others(top: Headers, box: str, sender: str) -> list[str]:
    """The addresses of those whom the mail is sent to beside us; none where it is sent to us alone, with a
    copy to them."""

    def named(*headers: str) -> dict[str, None]:
        values = (value for header in headers for value in top.every(header))
        return {
            mail.ascii_domain(each.address).lower(): None
            for value in values
            for each in mail.mailboxes(value)
        }

    to = named("To")
    copied = named("Cc") if not any(same_box(each, box) for each in to) else {}
    others = [each for each in to | copied if each and each != sender.lower() and not same_box(each, box)]
    return others[:_NAMED]


def tag(top: Headers, box: str) -> str:
    """The word after the plus of the address that was written to, `synthese+note@…`."""
    for value in (*top.every("To"), *top.every("Cc"), *top.every("Delivered-To")):
        for each in mail.mailboxes(value):
            if same_box(each.address, box) and "+" in each.address:
                return each.address.partition("+")[2].rpartition("@")[0][:60]
    return ""


def in_order(tops: Mapping[int, Headers]) -> list[int]:
    """The mails of these headers, by their UIDs in order of arrival, in the order in which they were written:
    by their dates, and each after those that it refers to, for two of one second may arrive either way."""
    written = {uid: mail.written_at(top) for uid, top in tops.items()}
    known = [at for at in written.values() if at is not None]
    by_date = sorted(tops, key=lambda uid: written[uid] or max(known, default=0.0))
    of = {id: uid for uid, top in tops.items() for id in mail.message_ids(top.get("Message-ID"))}
    placed: dict[int, None] = {}
    for uid in by_date:
        before = (
            *mail.message_ids(tops[uid].get("References")),
            *mail.message_ids(tops[uid].get("In-Reply-To")),
        )
        placed |= dict.fromkeys(of[id] for id in before if id in of)
        placed[uid] = None
    return list(placed)


def _attachments(found: Mail, received: Received, words: Words) -> list[Attachment]:
    """The files of a mail, the mails that it quotes, and the whole mail if a part of it could not be read."""
    files = [_attachment(each, received) for each in found.files]
    if found.history:
        name = Words(written_in(found.own) or words.language).history_name()
        history = MailFile(
            number=HISTORY,
            name=name,
            media_type="text/plain",
            size=len(found.history.encode(errors="replace")),
        )
        files.insert(0, _attachment(history, received))
    is_encrypted = found.protection.endswith("encrypted")
    if is_encrypted or found.left_out:
        name = words.encrypted_name() if is_encrypted else "message.eml"
        whole = MailFile(number=WHOLE, name=name, media_type="message/rfc822", size=received.size)
        files.append(_attachment(whole, received))
    return files


def _attachment(file: MailFile, received: Received) -> Attachment:
    where = received.where
    reference = {
        "folder": where.folder,
        "validity": str(where.validity),
        "uid": str(where.uid),
        "id": where.id,
        "number": str(file.number),
        "known": received.replied,
    }
    return Attachment(name=file.name, media_type=file.media_type, size=file.size, reference=reference)


_LABELS = re.compile(
    r"msip_labels?.*|sensitivity|keywords|sio-label|x-.*(?:classif|label|protect|mention|sensib).*",
    re.IGNORECASE,
)


def _marks(top: Headers) -> tuple[tuple[str, str], ...]:
    """Headers in which a level may stand: they may only raise it."""
    found = [("Subject", value) for value in top.all("Subject")]
    found += [(name, mail.text(value)) for name, value in top.items if _LABELS.fullmatch(name)]
    return tuple(found[:100])
