"""From a mail to what is asked: threads, requests, documents, and the level that headers may raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.mail import events
from connectors.mail.safety import Answer
from connectors.mail.words import Words
from core.connector import Message
from core.documents.mail import headers
from core.documents.mail.incoming import Mail, MailFile, read
from core.sensitivity.assess import assess
from core.sensitivity.level import Level, Part

BOX = "synthese@ministere.example"
MAILS = Path(__file__).parents[2] / "data" / "mail"
ANNE = Answer(sender="anne@ministere.example", name="Anne")


def origin(**given: str) -> events.Origin:
    lines = [
        f"{name.replace('_', '-')}: {value}" for name, value in ({"Message_ID": "<1@a>"} | given).items()
    ]
    top, _ = headers.split(("\n".join(lines) + "\n\n").encode())
    return events.origin(top, folder="INBOX", validity=1, uid=2, at=3.0, digest="d")


def asked(found: Mail, subject: str = "Note", head: str = "", *, replied: str = "", **given: str) -> Message:
    top, _ = headers.split(f"Subject: {subject}\n{head}\n".encode())
    where = origin(Subject=subject, **given)
    received = events.Received(where=where, sender=ANNE, top=top, size=10, replied=replied)
    return events.message(found, received, box=BOX, words=Words("fr"))


def test_a_thread_is_its_first_message() -> None:
    """A mail, its answer and the answer to that belong together, with or without References."""
    first = origin()
    ours = events.our_id("a" * 32, first.root, BOX)
    whole = origin(Message_ID="<2@a>", In_Reply_To=f"<{ours}>", References=f"<1@a> <{ours}>")
    short = origin(Message_ID="<3@a>", In_Reply_To=f"<{ours}>")
    assert first.root == whole.root == short.root
    assert origin(Message_ID="<9@a>").root != first.root


def test_those_whom_a_mail_is_sent_to_beside_us_are_told() -> None:
    """By their addresses, each once: neither us, by whatever name, nor its author. A copy to others makes of
    what is sent to us alone no mail to them."""

    def mentions(head: str) -> tuple[str, ...]:
        return asked(Mail(own="Bonjour", history=""), head=head).mentions

    us = "Synthese+note@Ministere.Example"
    assert mentions(f"To: {us}, Bob <Bob@x.example>\nCc: carl@x.example\n") == ("bob@x.example",)
    assert mentions(f"To: bob@x.example\nCc: {us}, Bob@x.example, Anne@ministere.example\n") == (
        "bob@x.example",
    )
    assert mentions(f"To: {us}, anne@ministere.example\nCc: bob@x.example\n") == ()


def test_nobody_enters_another_ones_conversation_by_quoting_its_id() -> None:
    """The authenticated sender is part of the conversation."""
    one = events.address_of(BOX, "anne@ministere.example", "r")
    other = events.address_of(BOX, "paul@ministere.example", "r")
    assert one.conversation != other.conversation
    assert events.recipient_of(other) == (BOX, "paul@ministere.example", "r")


@pytest.mark.parametrize(("good", "sign"), [(True, "👍"), (False, "👎")])
def test_a_mail_judges_an_answer_by_its_subject(good: bool, sign: str) -> None:
    """It is the reaction of its own sender to that answer, in their own conversation."""
    ours = events.our_id("a" * 32, events.hashed("r"), BOX)
    where = origin(Subject=events.judging(ours, Words("fr"), good=good))
    found = events.judged(where, ANNE, BOX)
    assert found is not None
    assert (found.target, found.reaction, found.sender.id) == (ours, sign, ANNE.sender)
    assert found.address == events.address_of(BOX, ANNE.sender, events.hashed("r"))
    assert events.judged(origin(Subject="Réponse utile"), ANNE, BOX) is None
    assert found.key != asked(Mail(own="Et Paul ?", history="")).key


@pytest.mark.parametrize("subject", ["Re: {}", "TR : {}", "{} et le budget ?"])
def test_a_subject_that_only_quotes_a_judgement_judges_nothing(subject: str) -> None:
    """A reply to such a mail, or a subject that goes on after the mark, is a mail like any other."""
    ours = events.our_id("a" * 32, events.hashed("r"), BOX)
    judging = events.judging(ours, Words("fr"), good=True)
    assert events.judged(origin(Subject=subject.format(judging)), ANNE, BOX) is None


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("Envoyez ce message tel quel.", None),
        ("Send this message\nas it is.", None),
        ("", None),
        ("Envoyez ce message tel quel.\n\nJean Martin\nBureau 2A\n01 40 00 00 00", None),
        ("Envoyez ce message tel quel.\n\nQui paie les ateliers ?", "Qui paie les ateliers ?"),
        ("Le montant de 2024 manque.", "Le montant de 2024 manque."),
    ],
)
def test_what_a_judging_mail_says_besides_is_read(own: str, said: str | None) -> None:
    """The words that the link put there say nothing, nor does a signature below them; all else is a mail."""
    found = events.said_besides(Mail(own=own, history=""))
    assert (found and found.own) == said


def test_what_goes_on_from_a_judged_answer_belongs_to_its_thread() -> None:
    """Whatever the subject says, which is the mark alone."""
    ours = events.our_id("a" * 32, events.hashed("r"), BOX)
    where = events.answering(origin(Subject="Réponse utile", Message_ID="<9@a>"), ours)
    assert (where.root, where.subject, where.id) == (events.hashed("r"), "", "9@a")


def test_long_threads_keep_their_first_and_latest_ids() -> None:
    """So that References stay short enough for every server."""
    where = origin(References=" ".join(f"<{n}@a>" for n in range(90)))
    assert len(where.references) == events.REFERENCES
    assert where.references[0] == "0@a"
    assert where.references[-1] == "89@a"


def test_a_mail_without_id_is_known_by_its_content() -> None:
    """Two deliveries of it are one."""
    top, _ = headers.split(b"Subject: x\n\n")
    where = events.origin(top, folder="INBOX", validity=1, uid=2, at=3.0, digest="abc")
    assert where.id == "abc@missing.invalid"


def test_the_subject_of_a_new_mail_is_part_of_the_question() -> None:
    """Without the prefixes; that of a reply is known already."""
    assert asked(Mail(own="Résume", history=""), "TR : RE: Budget").text == "Budget\n\nRésume"
    reply = asked(Mail(own="Et après ?", history=""), "RE: Budget", In_Reply_To="<0@a>")
    assert reply.text == "Et après ?"
    ours = asked(Mail(own="faux", history=""), "Un mot de l’assistant", replied="a@ministere.example")
    assert ours.text == "faux"


def test_a_document_without_a_word_asks_nothing_more() -> None:
    """What is then made of it is for the bot to say."""
    files = (MailFile(number=2, name="a.pdf", media_type="application/pdf", size=3),)
    assert asked(Mail(own="", history="", files=files), "a").text == "a"


def test_each_mail_is_answered_by_itself() -> None:
    """Two that wait in one thread are two questions: each needs its answer below it."""
    assert asked(Mail(own="x", history="")).alone


@pytest.mark.parametrize(
    ("head", "tag"),
    [
        ("To: synthese+note@ministere.example\n", "note"),
        (
            "To: b@ministere.example\nCc: S <SYNTHESE+court.docx@ministere.example>\n",
            "court.docx",
        ),
        ("To: autre+note@ministere.example, synthese@ministere.example\n", ""),
        ("To: synthese@ministere.example\nDelivered-To: synthese+en@ministere.example\n", "en"),
    ],
)
def test_the_word_after_the_plus_is_handed_on(head: str, tag: str) -> None:
    """Of our own address, wherever it stands."""
    assert asked(Mail(own="x", history=""), head=head).tag == tag


def test_what_is_quoted_is_named_in_the_language_of_the_mail() -> None:
    """Its name stands at the head of the synthesis."""
    english = asked(Mail(own="Please summarise the thread below.", history="x"))
    french = asked(Mail(own="Résume.", history="x"))
    names = [each.attachments[0].name for each in (english, french)]
    assert names == ["Quoted or forwarded messages", "Messages cités ou transférés"]


def test_a_command_stands_alone() -> None:
    """`!aide` in the body is a command, whatever the subject."""
    assert asked(Mail(own="!aide", history=""), "Question").text == "!aide"


@pytest.mark.parametrize("name", ["transferer.eml", "transferer-outlook.eml"])
def test_forwarded_mails_are_a_document(name: str) -> None:
    """They are fetched like a file, and so are read, assessed and kept like one."""
    message = asked(read((MAILS / name).read_bytes(), ours=(BOX,)))
    assert [each.name for each in message.attachments] == ["Messages cités ou transférés"]
    assert message.attachments[0].reference["number"] == "0"


@pytest.mark.parametrize("name", ["smime-chiffre.eml", "pgp-chiffre.eml"])
def test_an_encrypted_mail_is_a_file_that_will_say_so(name: str) -> None:
    """Its author is told that it cannot be read, and nothing is asked of a model on its account."""
    message = asked(read((MAILS / name).read_bytes()))
    assert [each.name for each in message.attachments] == ["Message chiffré"]


def test_what_a_cap_left_out_fails_closed() -> None:
    """A mail that was not read whole counts as a file that cannot be read."""
    message = asked(read((MAILS / "parties-sans-fin.eml").read_bytes()))
    assert message.attachments[-1].reference["number"] == str(events.WHOLE)


def test_what_is_asked_below_the_name_is_asked() -> None:
    """A line without a full stop may be one of an address; who is of an office of syntheses asks for none."""
    signed = "Cordialement\nAnne Petit\nBureau des synthèses\nEn anglais svp"
    assert asked(Mail(own="Qui paie ?", history="", signature=signed)).text.endswith(
        "Qui paie ?\n\nEn anglais svp"
    )


@pytest.mark.parametrize(
    "always",
    [
        "Besoin d'aide ? Appelez le 3939",
        "Merci de ne pas imprimer ce message",
        "Pour toute question, merci de contacter le secrétariat",
        "Pour m'écrire : anne@ministere.example",
    ],
)
def test_what_stands_in_every_signature_asks_nothing(always: str) -> None:
    """Documents are condensed that come without a question, whatever their sender signs with."""
    signed = f"Anne Petit\nBureau des synthèses\n{always}"
    assert asked(Mail(own="Voici.", history="", signature=signed)).text.endswith("Voici.")


def test_a_marking_below_the_signature_counts_for_the_mail() -> None:
    """As one in a header: what is asked is of that level, and no more is read into it."""
    found = Mail(
        own="Voici le plan.", history="", signature="Anne Petit\nDIFFUSION RESTREINTE\n06 12 34 56 78"
    )
    message = asked(found)
    parts = [Part(text=value, place="property", name=name) for name, value in message.marks]
    assessment = assess([Part(text=message.text), *parts])
    assert [each.kind for each in assessment.evidence] == ["marking"]
    assert assessment.level == Level.N4


def test_a_marking_on_a_line_that_was_joined_counts_for_the_mail() -> None:
    """As its author saw it stand alone."""
    own, lines = "TLP:RED Voici le plan.", "TLP:RED \nVoici le plan."
    message = asked(Mail(own=own, history="", broken=lines))
    parts = [Part(text=value, place="property", name=name) for name, value in message.marks]
    assert assess([Part(text=message.text), *parts]).level == Level.N3


def test_labels_of_headers_are_handed_on() -> None:
    """Subject, Microsoft's labels, Sensitivity, classification: for the assessment of the level."""
    head = "Sensitivity: Private\nmsip_labels: MSIP_Label_x_Enabled=true\nX-Classification: C3\nX-Mailer: y\n"
    names = [name for name, _ in asked(Mail(own="x", history=""), "[DR] Note", head).marks]
    assert names == ["Subject", "Sensitivity", "msip_labels", "X-Classification"]
