"""A bot on a real mailbox, its colleagues, and what a mail client writes and sees."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.utils import formataddr

from tests.rig.gateway import FakeGateway
from tests.rig.mail import AUTHSERV, DOMAIN, MailServer
from tests.rig.relais import Relais

US = f"synthese@{DOMAIN}"
PEOPLE = tuple(f"agent{n}" for n in range(40))
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Post:
    """The mail servers, the bot on one of the mailboxes, and the models behind it. `people` are mailboxes of
    colleagues that nobody has used: the caps count each of them."""

    server: MailServer
    bot: Relais
    gateway: FakeGateway
    people: Iterator[str] = field(default_factory=lambda: iter(PEOPLE))

    async def write(self, mail: EmailMessage, *, to: str = US) -> None:
        await self.server.post(mail, sender=f"{box_of(mail)}@{DOMAIN}", to=[to])

    async def answers(self, to: EmailMessage, count: int = 1) -> list[EmailMessage]:
        """The answers to a mail in its author's mailbox."""
        return await self.server.until(
            box_of(to), count, where=lambda mail: mail["In-Reply-To"] == to["Message-ID"]
        )

    async def filed(self, mail: EmailMessage, folder: str = "Traités") -> None:
        """Wait until the mail was moved there: on a server a move is a copy and then a removal."""
        await self.server.until("synthese", folder=folder, where=lambda each: same(each, mail))
        await self.server.until("synthese", 0, most=0, where=lambda each: same(each, mail))

    def asked(self) -> str:
        """What the model was told last."""
        return "\n".join(each["content"] for each in self.gateway.received[-1].body["messages"])


def same(one: EmailMessage, other: EmailMessage) -> bool:
    return one["Message-ID"] == other["Message-ID"]


def environment(server: MailServer, gateway: FakeGateway) -> dict[str, str]:
    """The settings of a bot on `synthese@`."""
    return {
        "RELAIS_MAIL__ADDRESS": US,
        "RELAIS_MAIL__IMAP_URL": server.imap_url("synthese"),
        "RELAIS_MAIL__SMTP_URL": server.smtp_url("synthese"),
        "RELAIS_MAIL__AUTHSERV_ID": AUTHSERV,
        "RELAIS_GATEWAY__URL": gateway.url,
        "RELAIS_GATEWAY__MODEL": gateway.models[0],
    }


def mail(
    subject: str,
    text: str,
    *,
    sender: str,
    name: str = "",
    to: str = US,
    checked: bool = True,
    **more: str,
) -> EmailMessage:
    """A mail as the border server hands it in: with its verdict on top when it was `checked`."""
    it = EmailMessage()
    if checked:
        it["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={DOMAIN}"
    shown = str(Header(name, "utf-8")) if name else sender.capitalize()
    it["From"] = formataddr((shown, f"{sender}@{DOMAIN}"))
    it["To"] = to
    it["Subject"] = subject
    it["Message-ID"] = f"<{next(_numbers)}.{sender}@{DOMAIN}>"
    for header, value in more.items():
        it[header.replace("_", "-")] = value
    it.set_content(text)
    return it


def reply(answer: EmailMessage, text: str, *, sender: str) -> EmailMessage:
    """What a mail client writes under « Répondre »."""
    quoted = "\n".join(f"> {line}" for line in text_of(answer).splitlines())
    subject = answer["Subject"]
    return mail(
        subject if re.match(r"(?i)re\s?:", subject) else f"Re: {subject}",
        f"{text}\n\nLe 25/11/2026 à 10:12, Assistant (IA) <{US}> a écrit :\n\n{quoted}\n",
        sender=sender,
        In_Reply_To=answer["Message-ID"],
        References=f"{answer['References']} {answer['Message-ID']}",
    )


def box_of(mail: EmailMessage) -> str:
    found = re.search(r"([\w.-]+)@", str(mail["From"]).rpartition("<")[2])
    assert found is not None
    return found[1]


def text_of(answer: EmailMessage) -> str:
    part = answer.get_body(("plain",))
    assert part is not None
    return part.get_content()


def html_of(answer: EmailMessage) -> str:
    part = answer.get_body(("html",))
    assert part is not None
    return part.get_content()
