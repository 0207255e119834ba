"""What an answer looks like as a mail: threads, headers for robots, text and HTML that say the same."""

from __future__ import annotations

import email.utils
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.mail.events import Origin, bare
from connectors.mail.fields import VERBATIM, harmless, mailbox
from connectors.mail.notes import Note
from connectors.mail.render import Envelope, render
from connectors.mail.words import Words
from core.connector import Draft, File
from core.documents.mail import headers
from core.errors import Rejected
from core.sensitivity.level import Level

BOX = "synthese@ministere.example"
TEXT = "# Synthèse\n\nLe **budget** est de 12 M€ <script>x</script>.\n\n- un\n- deux\n\n| a |\n|---|\n| 1 |\n"


def rendered(
    text: str = TEXT,
    *,
    subject: str = "TR: Été 😀",
    reply_to: str | None = "q@ministere.example",
    references: tuple[str, ...] = ("r@ministere.example",),
    notice: bool = False,
    file: File | None = None,
    language: str = "fr",
    name: str = "Assistant (IA)",
    record: str = "",
    writers: tuple[str, ...] = ("small",),
    last: bool = False,
) -> tuple[bytes, EmailMessage]:
    """The mail's bytes, and what a client reads in them."""
    draft = Draft(
        text=text,
        level=Level.N1,
        key="k" * 32,
        notice=notice,
        file=file,
        language=language,
        writers=writers,
        record=record,
    )
    origin = Origin(
        id=reply_to or "",
        folder="INBOX",
        validity=1,
        uid=2,
        at=0.0,
        subject=subject,
        references=references,
    )
    note = Note(origin=origin, sender="anne@ministere.example", taken=True, at=0.0, last=last)
    envelope = Envelope(
        id="relais.k.r@ministere.example",
        box=BOX,
        name=name,
        to="anne@ministere.example",
        at=1_764_000_000.0,
    )
    data = render(draft, envelope, None if reply_to is None else note, Words(language))
    return data, message_from_bytes(data, policy=default)


def test_an_answer_stands_in_its_thread() -> None:
    """In-Reply-To names the question; References the thread up to it; the subject keeps one prefix."""
    _, mail = rendered()
    assert mail["In-Reply-To"] == "<q@ministere.example>"
    assert mail["References"] == "<r@ministere.example> <q@ministere.example>"
    assert mail["Subject"] == "Re: Été 😀"
    assert mail["Message-ID"] == "<relais.k.r@ministere.example>"


def test_an_answer_may_be_judged_by_a_link() -> None:
    """Each link begins a mail whose subject is read as the judgement; the plain text says what to reply.
    Service words are not judged."""
    _, mail = rendered()
    page, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert page is not None
    assert plain is not None
    link = r'href="mailto:synthese@ministere.example\?subject=([^&"]+)&amp;body='
    links = re.findall(link, page.get_content())
    assert [unquote(each).rpartition(" ")[2] for each in links] == ["[relais.k.r.oui]", "[relais.k.r.non]"]
    assert "`!avis bien`" in plain.get_content()
    assert "mailto" not in plain.get_content()
    assert b"mailto" not in rendered(notice=True)[0]


def test_a_mail_that_answers_none_has_a_subject_of_its_own() -> None:
    """As what is shown to the support, or asked about an answer that was judged."""
    assert rendered(reply_to=None)[1]["Subject"] == "Un mot de l’assistant"


def test_long_ids_stay_ids() -> None:
    """An id longer than a line is not encoded, which would break the thread; each is on a line of its own."""
    long = "x" * 400 + "@ministere.example"
    data, _ = rendered(reply_to=long, references=(f"y{long}",))
    assert f"\r\nReferences: <y{long}>\r\n <{long}>\r\n".encode() in data
    assert b"=?" not in data.split(b"References:")[1].split(b"\r\nAuto-")[0]


def test_no_robot_is_to_answer_and_an_ai_wrote_it() -> None:
    """Point 15 of the checklist, and article 50 of the AI Act: in headers and in the text."""
    _, mail = rendered()
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-AI-Generated"] == "yes"
    assert "intelligence artificielle" in part(mail, "plain")
    assert "Assistant (IA)" in mail["From"]


def test_record_stands_in_a_header() -> None:
    """The signed record of a text is a header in short lines, which joined are the record again."""
    data, mail = rendered(record="a" * 400)
    assert "".join(mail["X-Relais-Provenance"].split()) == "a" * 400
    head = data.split(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert rendered()[1]["X-Relais-Provenance"] is None


def test_service_words_are_not_called_generated() -> None:
    """A refusal was written by us, not by a model."""
    _, mail = rendered(notice=True)
    assert mail["X-AI-Generated"] is None
    assert "intelligence artificielle" not in part(mail, "plain")


def test_extracts_are_not_called_generated() -> None:
    """No model wrote them: the mail says how to go on, and not that an AI wrote."""
    _, mail = rendered(writers=())
    assert mail["X-AI-Generated"] is None
    assert "intelligence artificielle" not in part(mail, "plain")
    assert "répondez à ce message" in part(mail, "plain")


@pytest.mark.parametrize("notice", [False, True])
def test_the_last_answer_of_the_day_says_how_to_go_on(notice: bool) -> None:
    """In both forms, and where relais itself speaks too; it asks for no reply, which would not be read."""
    _, mail = rendered(notice=notice, last=True)
    for kind in ("plain", "html"):
        assert "sous un autre objet" in part(mail, kind)
        assert "répondez à ce message" not in part(mail, kind)
        assert "!avis" not in part(mail, kind)
        assert "mailto:" not in part(mail, kind)


def test_a_mail_that_brings_a_generated_file_says_so_to_programs() -> None:
    """Its words are ours, its file a model’s."""
    file = File(name="note.pdf", media_type="application/pdf", data=b"x", generated=True)
    _, mail = rendered(notice=True, file=file)
    assert mail["X-AI-Generated"] == "yes"
    assert "intelligence artificielle" not in part(mail, "plain")


def test_text_and_html_say_the_same() -> None:
    """The text is complete; the HTML has language, headings, lists and tables, and no foreign markup."""
    _, mail = rendered()
    html = part(mail, "html")
    assert TEXT.strip() in part(mail, "plain").replace("\r\n", "\n")
    assert '<html lang="fr">' in html
    assert "<h1>Synthèse</h1>" in html
    assert "<li>un</li>" in html
    assert "<th>a</th>" in html
    assert "<script>" not in html
    assert "intelligence artificielle" in html


def test_the_plain_text_shows_no_escapes() -> None:
    """A name that holds signs of Markdown stands as it is in both parts; what code says stays."""
    _, mail = rendered("J’ai lu \\[devis\\](v2)\\~.pdf. Motif : `\\[a-z\\]`.\n\n```\n\\*x\n```\n")
    plain, html = part(mail, "plain"), part(mail, "html")
    assert "J’ai lu [devis](v2)~.pdf. Motif : `\\[a-z\\]`." in plain
    assert "\\*x" in plain
    assert "J’ai lu [devis](v2)~.pdf. Motif : <code>\\[a-z\\]</code>." in html


@pytest.mark.parametrize(
    "bad", ["x\r\nBcc: tous@ailleurs.example", "x\nBcc: a@b.example", "x\u2028Bcc: a@b", "\u202egnp.x"]
)
def test_a_subject_adds_no_header(bad: str) -> None:
    """Point 17: controls and signs that turn the direction of writing never reach a header."""
    data, mail = rendered(subject=bad)
    assert mail["Bcc"] is None
    assert b"\nBcc:" not in data
    assert "\u202e" not in mail["Subject"]


TWICE = (
    "=?utf-8?q?=3D=3Futf-8=3Fq=3FBonjour=3D0D=3D0AReply-To=3A_pirate=40ailleurs=2Eexample=3F=3D?=",
    "=?utf-8?q?Bonjour=0D=0AReply-To=3A_pirate=40ailleurs=2Eexample?=",
    "=?us-ascii?q?Bonjour=0A=20x?= =?utf-8?b?DQpCY2M6IGFAYi5leGFtcGxl?=",
)
"""Encoded words as a subject holds them that was encoded twice, or three times."""
WRITTEN = st.text(max_size=300) | st.lists(
    st.sampled_from(
        [*TWICE, "\r\n", "\n", "Bcc: a@b.example", " ", "é", "=?", "?=", '"', "\\", "😀", "\ud800"]
    )
    | st.text(max_size=20),
    max_size=12,
).map("".join)
NAMES = (
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "X-AI-Generated", "Content-Type", "Content-Language", "MIME-Version"),
)


@given(subject=WRITTEN, file=WRITTEN, name=WRITTEN, media_type=WRITTEN, id=WRITTEN)
@example(subject=TWICE[0], file=TWICE[0], name=TWICE[0], media_type=TWICE[0], id=TWICE[0])
def test_the_bytes_parse_to_the_headers_that_are_meant(
    subject: str, file: str, name: str, media_type: str, id: str
) -> None:
    """Whatever is written in a subject, a file's name or type, a display name or an id: by the standard
    library's two parsers and by ours there are just our headers, and each says what it is to say."""
    sent = File(name=file, media_type=media_type, data=b"{}")
    data, mail = rendered(subject=subject, file=sent, name=name, references=(id, "r@ministere.example"))
    old = message_from_bytes(data)
    ours, _ = headers.split(data)
    for names in (mail.keys(), old.keys(), [known for known, _ in ours.items]):
        assert sorted(names) == sorted(NAMES)
    assert b"pirate" not in data.lower().partition(b"subject:")[0]
    shown = bare(harmless(subject)) or "Votre message"
    decoded = str(make_header(decode_header(old["Subject"])))
    assert " ".join(decoded.split()) == " ".join(f"Re: {shown}".split())
    assert email.utils.parseaddr(old["From"])[1] == BOX
    assert old["To"] == "anne@ministere.example"
    assert re.fullmatch(r"(<[^<>\s]+>\s*)+", old["References"])
    assert old["References"].endswith("<q@ministere.example>")
    (attached,) = [part for part in old.walk() if part.get_content_disposition() == "attachment"]
    assert sorted({key.lower() for key, _ in attached.items()}) == [
        "content-disposition", "content-transfer-encoding", "content-type", "mime-version",
    ]  # fmt: skip
    assert attached.get_payload(decode=True) == b"{}"
    expected = re.sub(r'[\\/"]+', "_", harmless(file))[-150:].strip() or "document"
    assert attached.get_filename() == expected
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


def test_what_cannot_be_a_header_is_refused() -> None:
    """Nothing is written that is not printable ASCII, folded as it must be; nor an address that is none."""
    mail = EmailMessage(policy=VERBATIM)
    for bad in ("a\r\nBcc: x", "a\nb", "é", "", "a\r\n \r\n b", " a", "a\x00"):
        with pytest.raises(ValueError, match="Subject"):
            mail["Subject"] = bad
    for bad in (
        "a b@c.example",
        "a@b.example>",
        "a@b.example\r\nBcc: x",
        "é@b.example",
        "a@b.example, c@d.example",
    ):
        with pytest.raises(Rejected):
            mailbox("", bad)
    assert mailbox("", '"jean dupont"@ministere.example')


def test_service_words_repeat_no_subject() -> None:
    """A refusal does not send again what was refused, nor does any word on a mail that was not looked at."""
    data, mail = rendered(subject="SECRET DÉFENSE : opération bleu-canard", notice=True)
    assert mail["Subject"] == "Re: Votre message"
    assert b"canard" not in data


def test_an_answer_loads_nothing() -> None:
    """What a document made the model write calls nobody when the mail is opened: an image stays its text."""
    _, mail = rendered(
        "![Total](https://ailleurs.example/x.png?n=185057800608491) et ![a](data:image/png;base64,AA)"
    )
    html = part(mail, "html")
    assert "<img" not in html
    assert "Total" in html


def test_nobody_else_is_named() -> None:
    """Point 14: one recipient, no copy, no Reply-To."""
    _, mail = rendered()
    assert mail["To"] == "anne@ministere.example"
    assert mail["Cc"] is None
    assert mail["Reply-To"] is None


def test_a_file_is_attached() -> None:
    """A file goes with the text."""
    _, mail = rendered(file=File(name="donnees.json", media_type="application/json", data=b"{}"))
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "donnees.json"
    assert attached.get_content() == b"{}"


def test_every_line_is_short_and_ends_as_smtp_wants() -> None:
    """RFC 5321, 4.5.3.1.6: lines of at most 998 bytes, CRLF only."""
    data, _ = rendered("mot " * 5000)
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


def test_an_english_answer_is_english() -> None:
    """For who chose it."""
    _, mail = rendered(language="en", subject="")
    assert mail["Subject"] == "Re: Your message"
    assert mail["Content-Language"] == "en"
    assert "artificial intelligence" in part(mail, "plain")


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content
