"""What a mailbox tells the readers of a mail."""

from __future__ import annotations

import threading
from dataclasses import asdict, replace
from typing import Any

import pytest

from connectors.mail.events import hashed
from connectors.mail.notes import Sending
from core.documents.mail import headers
from core.documents.mail.incoming import Mail
from tests.connectors.mail.test_loops import HOUR, US, Desk

ANNE, PAUL = "anne@ministere.example", "paul@ministere.example"


class Reading(Desk):
    """A mailbox that notes what the readers are given: whose quoted mails to drop, and whether these were
    read before."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[list[str], bool]] = []

    async def call(self, *asked: Any, **how: Any) -> Any:
        self.given.append((asked[2]["ours"], asked[2]["known"]))
        return await super().call(*asked, **how)


async def test_what_somebody_sent_us_is_known_when_they_reply_to_it() -> None:
    """As what our answers quote is. To whom the thread is new, nothing of it is: not what another person
    sent, nor our answer to them. Nor is what a mail quotes that names no thread, as telephones send it: read
    as known, « Qui rédige ? » above our answer was a question about nothing."""
    reading = Reading()
    await reading.writes("Traduction", sender="anne")
    await reading.writes("RE: Traduction", sender="anne", replied="1@ministere.example")
    await reading.writes("RE: Traduction", sender="paul", replied="1@ministere.example")
    ours = "relais." + "a" * 32 + "." + "b" * 16 + "@ministere.example"
    await reading.writes("RE: Traduction", sender="paul", replied=ours)
    assert reading.given == [([], False), ([US, ANNE], True), ([], False), ([US, PAUL], True)]
    await reading.notes.sent("a" * 32, Sending(left=True, at=reading.now, to=hashed(ANNE)))
    await reading.writes("RE: Traduction", sender="anne", replied=ours)
    await reading.writes("RE: Traduction", sender="luc", replied=ours)
    assert reading.given[4:] == [([US, ANNE], True), ([], False)]


async def test_what_was_erased_is_not_known() -> None:
    """A quotation is then all that is left of it."""
    reading = Reading()
    ours = "relais." + "a" * 32 + "." + "b" * 16 + "@ministere.example"
    await reading.notes.sent("a" * 32, Sending(left=True, at=reading.now, to=hashed(ANNE)))
    reading.erased[ANNE] = reading.now + 1
    await reading.writes("RE: Traduction", sender="anne", replied=ours)
    assert reading.given == [([], False)]
    await reading.writes("RE: Traduction", sender="anne", replied="1@ministere.example")
    assert reading.given[1:] == [([US, ANNE], True)]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("", 0),
        ("Oui, je serai là.", 0),
        ("Peux-tu traduire ceci ?", 1),
        ("Merci. Dites-nous qui vient.", 1),
        ("!aide", 1),
    ],
)
async def test_an_answer_to_an_invitation_is_settled_in_silence(words: str, asked: int) -> None:
    """Unless its words ask for something. It counts for none of the answers of its thread."""
    desk = Answering(words)
    await desk.writes("Accepté : Point ateliers")
    assert len(desk.asked) == len((await desk.pile.listing()).uids) == asked
    assert len((await desk.notes.page()).given) == asked


class Answering(Desk):
    """A mailbox to whose invitation somebody answers with words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    async def call(self, *_: Any, **__: Any) -> Any:
        return asdict(Mail(own=self._words, history="", answers=True))


@pytest.mark.parametrize(
    ("subject", "minutes", "sender", "same"),
    [
        ("Courriel à rédiger", 2, "anne", True),
        ("Re: courriel à rédiger", 600, "anne", True),
        ("Courriel à rédiger", 60, "anne", False),
        ("TR: courriel à rédiger", 60, "anne", False),
        ("Courriel à rédiger", 2, "paul", False),
        ("Autre", 2, "anne", False),
    ],
)
async def test_a_mail_that_names_no_thread_goes_on_from_the_one_of_its_subject(
    subject: str, minutes: float, sender: str, same: bool
) -> None:
    """« Erreur de ma part : c'est le 13 », as a new mail a moment later, is about what was just asked; so is
    a reply whose program sends no References. It stays so however often the mail is looked at."""
    desk = Desk()
    await desk.writes("Courriel à rédiger", sender="anne")
    desk.now += 60 * minutes - HOUR
    await desk.writes(subject, sender=sender)
    first, second = desk.asked
    assert (first.address == second.address) is same
    note = await desk.note(2, sender)
    assert note.origin.references == (("1@ministere.example",) if same else ())
    for number, who in ((1, "anne"), (2, sender)):
        await desk.notes.put(replace(await desk.note(number, who), taken=False))
    await desk.box.look(desk.deliver)
    assert [each.address for each in desk.asked[2:]] == [first.address, second.address]


async def test_mails_without_a_subject_are_each_a_thread() -> None:
    """Nothing says that they belong together."""
    desk = Desk()
    for _ in range(2):
        await desk.writes("", sender="anne")
        desk.now -= HOUR - 60
    assert desk.asked[0].address != desk.asked[1].address


async def test_mails_are_read_in_the_order_in_which_they_were_written() -> None:
    """Whichever comes first: a correction of the same second is read after what it corrects."""
    desk = Desk()
    at = "Date: Fri, 27 Nov 2026 10:00:0{} +0100"
    for number, (date, more) in enumerate(((1, "References: <2@ministere.example>"), (1, ""), (0, "")), 1):
        lines = [
            "From: anne@ministere.example",
            f"To: {US}",
            f"Message-ID: <{number}@ministere.example>",
            "Authentication-Results: mx; dmarc=pass header.from=ministere.example",
            at.format(date),
            *([more] if more else []),
        ]
        await desk.pile.add("\r\n".join((*lines, "", "Bonjour")).encode(), keys=(str(number),))
    await desk.box.look(desk.deliver)
    assert [each.id[0] for each in desk.asked] == ["3", "2", "1"]


async def test_headers_are_read_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each mail: those of a batch may be long enough to take seconds, and anybody may send them."""
    read_in: list[threading.Thread] = []
    split = headers.split

    def noted(data: bytes) -> tuple[headers.Headers, bytes]:
        read_in.append(threading.current_thread())
        return split(data)

    monkeypatch.setattr(headers, "split", noted)
    await Desk().writes("Traduction", sender="anne")
    assert len(read_in) == 1
    assert threading.current_thread() not in read_in
