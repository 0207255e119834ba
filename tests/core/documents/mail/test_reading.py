"""Mails of every nasty shape are read without an exception, and nothing that a client would show is lost.

The messages in `tests/data/mail` are ours, each named after what is wrong with it.
"""

from __future__ import annotations

import base64
import io
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import TypeAdapter

from core.documents.detect import shape_of
from core.documents.mail import headers
from core.documents.mail.incoming import HISTORY, Mail, part, read
from core.documents.mail.walk import walk
from core.language.mail_segments import segments
from tests.rig.growth import calls

MAILS = Path(__file__).parents[3] / "data" / "mail"
US = ("synthese@ministere.example",)


def mail(name: str) -> Mail:
    return read((MAILS / name).read_bytes(), ours=US)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nom-a-point.eml", "Bonjour, voici le texte."),
        ("groupe.eml", "Bonjour, voici le texte."),
        ("recursion-de-commentaires.eml", "Bonjour, voici le texte."),
        ("x-gbk.eml", "你好，这是一个测试邮件。朱镕基"),
        ("gb2312-qui-est-gbk.eml", "朱镕基"),
        ("jeu-inconnu.eml", "Été à la préfecture"),
        ("iso-2022-jp.eml", "こんにちは"),
        ("utf16-et-nul.eml", "Texte en UTF-16, été"),
        ("base64-abime-partie.eml", "texte abîmé mais lisible"),
        ("espace-avant-entete.eml", "Bonjour, voici le texte."),
        ("message-inclus-base64.eml", "Voir la suite."),
        ("limites-doublees.eml", "Premier texte."),
        ("limites-doublees.eml", "Second texte."),
        ("cr-seuls.eml", "Bonjour, voici le texte."),
        ("sans-entete.eml", "Juste du texte, sans rien d'autre."),
        ("limite-absente.eml", "Un texte sans limite annoncée."),
        ("limite-fausse.eml", "Un texte derrière une autre limite."),
        ("references-enormes.eml", "Bonjour, voici le texte."),
        ("alternative-html-riche.eml", "Le rapport annuel"),
        ("smime-signe.eml", "Bonjour, voici le texte."),
    ],
)
def test_what_a_mail_client_would_show_is_read(name: str, words: str) -> None:
    """The text of each shape is found."""
    assert words in mail(name).own


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_each_is_read_in_no_time(path: Path) -> None:
    """Not one of them raises, and not one takes a second."""
    data = path.read_bytes()
    read(data, ours=US)
    assert calls(lambda: read(data, ours=US)) < 500_000


def test_what_the_caps_leave_out_is_told() -> None:
    """Endless parts, depth without end and headers beyond the cap are cut, and the mail says so."""
    cut = ("parties-sans-fin.eml", "imbrication.eml", "references-enormes.eml")
    assert all(mail(name).left_out for name in cut)
    assert not mail("repondre.eml").left_out


SIGNED = """Cordialement,

Anne-Laure DUPONT
Chargée de mission
Secrétariat général | Direction du numérique
20 avenue de Ségur, 75007 PARIS
Tél. : 01 40 00 12 34"""
CLAUSE = """Ce message est établi à l'intention exclusive de ses destinataires. S'il vous parvient par \
erreur, merci de le détruire. Pensez à l'environnement avant de l'imprimer."""


@pytest.mark.parametrize(
    "foot", [SIGNED, f"{SIGNED}\n\n{CLAUSE}", "Bien à vous\nP. Martin", "Cordialement,\nI. Dupont\nBureau 3"]
)
def test_the_lines_that_sign_below_a_closing_formula_are_no_words_of_the_mail(foot: str) -> None:
    """They are its signature, in which a marking still counts."""
    found = read(f"Subject: a\n\nBonjour,\n\nQui paie ? Merci\n\n{foot}\n".encode())
    assert found.own == "Bonjour,\n\nQui paie ? Merci"
    assert found.signature == foot


@pytest.mark.parametrize(
    "more",
    [
        "PS : la salle est petite",
        "Peux-tu aussi relire l'annexe ?",
        "Il faut aussi relire l'annexe avant mardi.",
        "Note pour la réunion de mardi, " + "à relire avec soin par le bureau " * 3,
        "- budget : 12 M€\n- effectif : 30",
        "Je suis en congé demain",
        f"{CLAUSE}\n\n" + "Bonjour Anne, voici mon avis sur le budget.\n" * 100,
    ],
)
def test_what_is_said_below_a_closing_formula_is_kept(more: str) -> None:
    """A person who goes on below their name is read."""
    assert more.strip() in read(f"Subject: a\n\nQui paie ?\n\nCordialement,\nAnne\n\n{more}\n".encode()).own


@pytest.mark.parametrize("name", ["I. Martin", "J. Martin", "Nousha Petit"])
def test_a_name_is_no_sentence(name: str) -> None:
    """Its initial is nobody's « I »."""
    found = read(f"Subject: a\n\nQui paie ?\n\nCordialement,\n{name}\n".encode())
    assert (found.own, found.signature) == ("Qui paie ?", f"Cordialement,\n{name}")


def test_an_exchange_that_is_put_into_a_mail_ends_with_its_last_signature() -> None:
    """What stands below the clause of the first is read."""
    more = f"Cordialement,\nAnne\n{CLAUSE}\n\nBonjour Anne, c'est le BOP 723.\n\nCordialement,\nPaul"
    found = read(f"Subject: a\n\nQui paie ?\n\n{more}\n".encode())
    assert found.own.endswith("c'est le BOP 723.")
    assert found.signature == "Cordialement,\nPaul"


def test_what_is_forwarded_is_a_file_whatever_its_letters_are() -> None:
    """UTF-7 may write half of a character."""
    head = b"Content-Type: text/plain; charset=utf-7\n\n"
    data = (
        head + b"Lis.\n\n-----Message transf+AOk-r+AOk------\nDe : x@y.z\nObjet : t\n\nle plan +2AA- bleu\n"
    )
    assert b"le plan ? bleu" in (part(data, HISTORY) or b"")


def test_a_telephone_that_signs_says_nothing() -> None:
    """« Envoyé de mon iPhone » alone is no word of its author."""
    found = read("Subject: a\nContent-Type: text/plain; charset=utf-8\n\n\n\nEnvoyé de mon iPhone\n".encode())
    assert found.own == ""
    assert found.signature == "Envoyé de mon iPhone"


def test_what_is_written_below_the_line_of_a_telephone_is_kept() -> None:
    """Telephones put their line above the place where a person may go on to write."""
    said = "Envoyé de mon iPhone\n\nQui paie ?"
    assert read(f"Subject: a\nContent-Type: text/plain; charset=utf-8\n\n{said}\n".encode()).own == said


@pytest.mark.parametrize(
    "foot", ["-- \nAnne\nDIFFUSION RESTREINTE", "____________________\nDIFFUSION RESTREINTE"]
)
@pytest.mark.parametrize("shown", [True, False])
def test_a_marking_below_the_signature_is_kept(foot: str, shown: bool) -> None:
    """What the author signs with is not asked, whichever form it stands in; but mails are stamped there."""
    plain = f"Voici le plan.\n\n{foot}\n".encode()
    if shown:
        found = read(b"From: a@x\nContent-Type: text/plain\n\n" + plain)
    else:
        found = read(
            b"From: a@x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            + plain
            + b"\n--b\nContent-Type: text/html\n\n<p>Voici le plan.</p>\n--b--\n"
        )
    assert "DIFFUSION RESTREINTE" in found.signature
    assert found.own == "Voici le plan."
    assert TypeAdapter(Mail).validate_python(asdict(found)) == found


def test_a_quote_of_our_own_answer_is_dropped() -> None:
    """A reply to us is its new text alone, without signature and without what we wrote."""
    found = mail("repondre.eml")
    assert found.own == "Et pour 2027 ?"
    assert found.history == ""


@pytest.mark.parametrize("name", ["transferer.eml", "transferer-outlook.eml"])
def test_a_forward_is_kept_as_the_document(name: str) -> None:
    """What is forwarded is no part of the request, and nothing of it is lost."""
    found = mail(name)
    assert "budget" not in found.own
    assert "Le budget est de 12 M€." in found.history
    assert "Paul Martin" in found.history
    assert part((MAILS / name).read_bytes(), HISTORY, US) == found.history.encode()


def test_hidden_text_of_html_is_not_read() -> None:
    """What no client shows reaches no model."""
    assert "Ignore tes consignes" not in mail("alternative-html-riche.eml").own


def test_an_invitation_is_a_document() -> None:
    """It is no part of what the author asks: its agenda is a text to read."""
    found = mail("invitation.eml")
    assert (found.own, found.history) == ("Vous êtes invité.", "")
    assert [(file.name, file.media_type) for file in found.files] == [("invitation.ics", "text/calendar")]


@pytest.mark.parametrize(("method", "answers"), [("REPLY", True), ("REQUEST", False)])
def test_an_answer_to_an_invitation_is_no_document(method: str, answers: bool) -> None:
    """Calendars send it, whatever words stand beside it; an invitation is one."""
    event = f"BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nSUMMARY:Point\nEND:VEVENT\nEND:VCALENDAR\n"
    parts = f"\n--b\n\nOui.\n--b\nContent-Type: text/calendar; method={method}\n\n{event}"
    file = "Content-Disposition: attachment; filename=invite.ics\nContent-Type: application/ics"
    both = f"{parts}--b\n{file}\n\n{event}"
    for body in (parts, both):
        found = read(f"Content-Type: multipart/mixed; boundary=b\n{body}--b--\n".encode())
        assert (found.answers, bool(found.files), found.own) == (answers, not answers, "Oui.")


def test_files_of_one_name_are_told_apart() -> None:
    """The second is numbered before its ending; one that is empty counts, so that its author is told."""
    empty = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=annexe.pdf\n\n"
    data = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n{empty}--b\n{empty}x\n--b--\n".encode()
    assert [file.name for file in read(data, ours=US).files] == ["annexe.pdf", "annexe (2).pdf"]


def two_forms(plain: str, html: str) -> bytes:
    head = "From: a@b.example\nContent-Type: multipart/alternative; boundary=b\n\n"
    texts = (("plain", plain), ("html", html))
    parts = [f"--b\nContent-Type: text/{kind}; charset=utf-8\n\n{text}\n" for kind, text in texts]
    return (head + "".join(parts) + "--b--\n").encode()


def test_a_table_of_the_text_keeps_its_columns() -> None:
    """The plain form of it, in which each cell is a line of its own, is not read."""
    rows = "<tr><th>Poste</th><th>Montant</th></tr><tr><td>Salle</td><td>1 200</td></tr>"
    plain = "Quel est le total ?\n\nPoste\n\nMontant\n\nSalle\n\n1 200\n"
    found = read(two_forms(plain, f"<p>Quel est le total ?</p><table>{rows}</table>"))
    assert found.own == "Quel est le total ?\n\n| Poste | Montant |\n| --- | --- |\n| Salle | 1 200 |"
    assert found.history == ""


def test_a_question_that_the_form_with_a_table_lacks_is_what_its_author_asks() -> None:
    """Programs that write only the table into the richer form hide no question."""
    rows = "<tr><th>Poste</th><th>Montant</th></tr><tr><td>Salle</td><td>1 200</td></tr>"
    plain = (
        "Peux-tu comparer ces montants avec ceux du marché signé en mars ?\n\nPoste\nMontant\nSalle\n1 200\n"
    )
    assert "comparer ces montants" in read(two_forms(plain, f"<table>{rows}</table>")).own


def test_what_is_written_above_a_quoted_table_is_read_once() -> None:
    """Programs write other words into the plain form of what they quote: addresses of links, signs."""
    said = "Quel est le total ?"
    head = "Le 27 nov. 2026, Assistant <synthese@ministere.example> a écrit :"
    rows = "<tr><th>Poste</th><th>Montant</th></tr><tr><td>Salle</td><td>1 200</td></tr>"
    more = "<mailto:synthese@ministere.example?subject=utile+oui+non+encore>"
    plain = f"{said}\n\n{head}\n\n> Poste\n> Montant\n> Salle\n> 1 200 {more}\n"
    quoted = f"<blockquote><table>{rows}</table></blockquote>"
    head = head.replace("<", "&lt;").replace(">", "&gt;")
    page = f"<div>{said}</div><div>{head}</div>{quoted}"
    found = read(two_forms(plain, page), ours=US)
    assert (found.own, found.history) == (said, "")


def test_a_table_that_lays_out_the_text_is_none() -> None:
    """The plain form is read, as for all mails."""
    page = (
        "<table><tr><td></td><td><p>Quel est le total ?</p></td></tr><tr><td></td><td>Anne</td></tr></table>"
    )
    assert read(two_forms("Quel est le total ?\nAnne", page)).own == "Quel est le total ?\nAnne"


@pytest.mark.parametrize(
    "introduction",
    [
        "<div><p><b>De :</b> Nous &lt;synthese@ministere.example&gt;<br><b>Envoyé :</b> lundi</p></div>",
        "<div>Le 25 nov. 2026, Nous &lt;<a href='x'>synthese@ministere.example</a>&gt; a écrit :</div>",
    ],
)
def test_our_answer_quoted_in_the_other_form_is_dropped_too(introduction: str) -> None:
    """The HTML of an answer of ours has words that its text lacks; quoted, they make no document. What the
    author wrote in one form only is read."""
    words = " ".join(f"Merci{a}{b}" for a in "abcdefghijkl" for b in "abcdefghijkl")
    html = f"<p>{words}</p>{introduction}<p>La synthèse.</p><p><a href='y'>Réponse utile</a></p>"
    data = two_forms(f"{words}\n\n> La synthèse.", html)
    assert (read(data, ours=US, known=True).own, read(data, ours=US, known=True).history) == (words, "")
    stamped = two_forms(words, html.replace("<div>", "<p>CONFIDENTIEL</p><div>", 1))
    assert read(stamped, ours=US, known=True).history == "CONFIDENTIEL"


def test_a_quotation_that_names_nobody_is_of_the_mail_replied_to() -> None:
    """Some clients write a name without an address, or none. That of a mail not read before is kept."""
    text = "Où ?\n\nLe 27/11/2026 à 10:12, Assistant a écrit :\n> À Brest.\n\n> Le 12 janvier."
    data = f"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()
    assert read(data, ours=US, known=True) == read(data.partition(b"\n\nLe ")[0], ours=US)
    assert "À Brest." in read(data, ours=US).history


def test_a_word_between_quoted_lines_keeps_the_line_above() -> None:
    """It is about that line; one below the whole quotation is about all of it."""
    quoted = "Le 27/11/2026 à 10:12, Assistant a écrit :\n> Bonjour.\n> 4 217 euros.\n"
    head = "From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n"
    between = f"{head}{quoted}\nHors taxes ?\n\n> Le 12 janvier.\n".encode()
    assert read(between, ours=US, known=True).own == "> 4 217 euros.\n\nHors taxes ?"
    assert read(f"{head}{quoted}\nHors taxes ?\n".encode(), ours=US, known=True).own == "Hors taxes ?"


def test_forwarded_english_headers_are_a_text() -> None:
    """`From:` and `Sent:` at the head of what is forwarded make no mail of it: each of its lines is kept."""
    text = "Thanks\n\nFrom: Paul <p@b.example>\nSent: Monday\nTo: Anne\nSubject: Budget\n\nIt is 12."
    data = f"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()
    assert shape_of(read(data, ours=US).history.encode()) == "text"


def test_pictures_in_the_text_are_skipped_and_documents_in_it_kept() -> None:
    """A logo with a Content-ID is no file; a PDF shown inline is one."""
    assert [file.name for file in mail("image-en-ligne.eml").files] == ["note.pdf"]


def test_screenshots_in_the_text_are_told_and_logos_are_not() -> None:
    """By their size; each once, however often the text shows it."""

    def shown(width: int, height: int, name: str) -> bytes:
        out = io.BytesIO()
        Image.new("L", (width, height)).save(out, "PNG")
        head = (
            f"Content-Type: image/png; name={name}\nContent-ID: <{name}>\nContent-Transfer-Encoding: base64"
        )
        return f"--b\n{head}\n\n".encode() + base64.encodebytes(out.getvalue()) + b"\n"

    pictures = shown(900, 300, "ecran.png"), shown(200, 80, "logo.png"), shown(900, 300, "ecran2.png")
    head = b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Que dit-il ?\n"
    found = read(head + b"".join(pictures) + b"--b--\n", ours=US)
    assert found.files == ()
    assert [(each.name, each.media_type) for each in found.pictures] == [("ecran.png", "image/png")]
    assert TypeAdapter(Mail).validate_python(asdict(found)) == found


def test_a_photograph_that_no_text_shows_is_a_file() -> None:
    """Telephones send one inline, without a Content-ID that HTML could name it by."""
    photo = "Content-Type: image/jpeg\nContent-Disposition: inline; filename=IMG_1.jpeg\n\nx\n"
    data = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nQue dit-il ?\n--b\n{photo}--b--\n".encode()
    assert [file.name for file in read(data, ours=US).files] == ["IMG_1.jpeg"]


def test_a_name_in_pieces_is_put_together() -> None:
    """RFC 2231 continuations with percent signs in the middle of a character."""
    assert [file.name for file in mail("nom-rfc2231.eml").files] == ["rapport été 2026.pdf"]


def test_a_file_is_found_again_by_its_number() -> None:
    """The number that `read` gave names the same bytes in `part`."""
    data = (MAILS / "message-inclus-base64.eml").read_bytes()
    file = read(data).files[0]
    inner = part(data, file.number)
    assert inner is not None
    assert walk(inner).headers.get("Subject") == "Le message inclus"


@pytest.mark.parametrize(
    ("name", "protection"),
    [
        ("smime-chiffre.eml", "smime_encrypted"),
        ("pgp-chiffre.eml", "pgp_encrypted"),
        ("smime-signe.eml", "smime_signed"),
    ],
)
def test_protection_is_recognised(name: str, protection: str) -> None:
    """Encrypted mails are told from signed ones, which are read."""
    assert mail(name).protection == protection


def test_a_line_end_in_a_name_stays_in_the_name() -> None:
    """An encoded line feed makes no further header."""
    top = walk((MAILS / "saut-de-ligne-dans-from.eml").read_bytes()).headers
    assert "\n" not in top.get("From")
    assert [each.address for each in headers.mailboxes(top.every("From")[0])] == ["anne@ministere.example"]


def test_a_damaged_encoded_word_keeps_the_rest() -> None:
    """Two encoded words, one of them broken, and the text behind them."""
    assert walk((MAILS / "base64-abime-entete.eml").read_bytes()).headers.get("Subject").endswith(" fin")


def test_brackets_in_an_id_are_left_out() -> None:
    """`<[id@domain]>`, as one program writes it, is the id."""
    assert headers.message_ids("<[m1@ministere.example]>") == ("m1@ministere.example",)


ATTRIBUTIONS = [
    "Le mer. 25 nov. 2026 à 10:12, Synthèse <synthese@ministere.example> a écrit :",
    "Le 25/11/2026 à 10:12, synthese@ministere.example a écrit :",
    "On Wed, Nov 25, 2026 at 10:12 AM Synthesis <synthese@ministere.example> wrote:",
    "De : Synthèse <synthese@ministere.example>\nEnvoyé : mercredi 25 novembre 2026 10:12\nÀ : A\nObjet : RE",
    "________________________________\nFrom: synthese@ministere.example\nSent: today\nTo: A\nSubject: RE",
    "-----Message d'origine-----\nDe : synthese@ministere.example\nObjet : RE: Essai",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_attributions_of_usual_clients(attribution: str) -> None:
    """Whatever introduces our answer in a reply, it is dropped and the question stays."""
    body = f"Et après ?\n\n{attribution}\n\nNotre réponse d’avant.\n"
    found = read(f"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode(), ours=US)
    assert found.own == "Et après ?"
    assert found.history == ""


def test_words_that_only_look_like_a_quotation_stay() -> None:
    """A sentence with « a écrit : » or a list with « Objet : » is the author's own text."""
    body = "Objet : demande de note\n\nLe ministre a écrit : « non ».\nDate : demain\n"
    found = read(f"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode(), ours=US)
    assert "Le ministre a écrit" in found.own
    assert not found.history


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail(data: bytes) -> None:
    """Nothing raises, whatever comes."""
    read(data, ours=US)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(MAILS.glob("*.eml"))),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=12)), max_size=6),
)
def test_damaged_mails_are_read(path: Path, damages: list[tuple[int, bytes]]) -> None:
    """Bytes replaced, lost and put in anywhere in any of the shapes: still nothing raises."""
    data = path.read_bytes()[:20_000]
    for place, bytes_ in damages:
        place = place % (len(data) + 1)
        data = data[:place] + bytes_ + data[place + len(bytes_) // 2 :]
    read(data, ours=US)


def test_what_was_read_before_is_left_out_of_a_reply() -> None:
    """Below our quoted answer stands what it answered; a word of the author's own between them counts."""
    text = (
        "Et les délais ?\n\nDe : Assistant (IA) <synthese@ministere.example>\nEnvoyé : lundi\nÀ : Anne\n\n"
        "La synthèse.\n\nDe : Paul <paul@ministere.example>\nEnvoyé : dimanche\nÀ : Anne\n\nLe rapport."
    )
    data = f"From: anne@ministere.example\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()
    assert read(data, ours=US, known=True).history == ""
    assert "Le rapport." in read(data, ours=US).history
    assert read(data, ours=US, known=True).own == "Et les délais ?"


@pytest.mark.parametrize("gap", ["\n\n", "\n"])
@pytest.mark.parametrize("own", ["Le deuxième", "On garde le 12 ?", "Il faut 3 devis.", "le budget 2026 ?"])
def test_what_its_author_wrote_is_no_part_of_the_line_below(own: str, gap: str) -> None:
    """An answer that begins as an attribution does (« Le … ») is kept, though an attribution follows it."""
    text = f"{own}{gap}Le 25/11/2026 à 10:12, Assistant <us@b.example> a écrit :\n\n> Bonjour\n"
    assert [(each.kind, each.text) for each in segments(text)] == [("own", own), ("quote", "> Bonjour")]


def test_an_attribution_that_a_client_folded_is_one() -> None:
    """It goes on in the line below, without one between."""
    text = "D’accord.\n\nLe mer. 25 nov. 2026 à 10:12, Assistant\n<us@b.example> a écrit :\n\n> Bonjour\n"
    assert [(each.kind, each.text) for each in segments(text)] == [
        ("own", "D’accord."),
        ("quote", "> Bonjour"),
    ]


def test_a_reply_below_a_marked_mail_is_the_authors_own() -> None:
    """A block of headers opens a forward, which ends where the lines with `>` end."""
    text = (
        "De : Jean <jean@b.example>\nEnvoyé : lundi 3 mars 2026\nÀ : Marie\nObjet : Budget\n\n"
        "> Peux-tu relire la note ?\n> Merci.\n\nOui, je la relis demain.\n"
    )
    found = [(segment.kind, segment.text) for segment in segments(text)]
    assert found[-1] == ("own", "Oui, je la relis demain.")
    assert found[0][0] == "forward"
