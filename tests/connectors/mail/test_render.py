"""What an answer looks like as a mail: threads, headers for robots, text and HTML that say the same."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from connectors.mail.render import render
from connectors.mail.words import words
from core.connector import Draft, File
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
) -> tuple[bytes, EmailMessage]:
    """The mail's bytes, and what a client reads in them."""
    draft = Draft(text=text, level=Level.N1, key="k" * 32, notice=notice, file=file, language=language)
    data = render(
        draft,
        id="relais.k.r@ministere.example",
        box=BOX,
        name="Assistant (IA)",
        to="anne@ministere.example",
        subject=subject,
        reply_to=reply_to,
        references=references,
        at=1_764_000_000.0,
        words=words(language),
    )
    return data, message_from_bytes(data, policy=default)


def test_an_answer_stands_in_its_thread() -> None:
    """In-Reply-To names the question; References the thread up to it; the subject keeps one prefix."""
    _, mail = rendered()
    assert mail["In-Reply-To"] == "<q@ministere.example>"
    assert mail["References"] == "<r@ministere.example> <q@ministere.example>"
    assert mail["Subject"] == "Re: Été 😀"
    assert mail["Message-ID"] == "<relais.k.r@ministere.example>"


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


def test_service_words_are_not_called_generated() -> None:
    """A refusal was written by us, not by a model."""
    _, mail = rendered(notice=True)
    assert mail["X-AI-Generated"] is None
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


@pytest.mark.parametrize(
    "bad", ["x\r\nBcc: tous@ailleurs.example", "x\nBcc: a@b.example", "x\u2028Bcc: a@b", "\u202egnp.x"]
)
def test_a_subject_adds_no_header(bad: str) -> None:
    """Point 17: controls and signs that turn the direction of writing never reach a header."""
    data, mail = rendered(subject=bad)
    assert mail["Bcc"] is None
    assert b"\nBcc:" not in data
    assert "\u202e" not in mail["Subject"]


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
