"""Mail on real servers: a question with a document is answered once, in its thread, to its author alone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncGenerator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest
import pytest_asyncio

from tests.core.documents import make
from tests.rig import mail as rig
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.mail import DOMAIN, mail_server
from tests.rig.post import PEOPLE, US, Post, environment, html_of, mail, reply, same, text_of
from tests.rig.records import record_in, told_of_file
from tests.rig.relais import relais

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]

SUPPORT = PEOPLE[-1]
NOTE = Path(__file__).parents[1] / "data" / "documents" / "note.pdf"
FORWARDED = """Voir ci-dessous.

-------- Message transféré --------
Sujet : Budget des ateliers
Date : Mon, 23 Nov 2026 10:00:00 +0100
De : Paul <paul@autre.example>
Pour : Anne <anne@autre.example>

Le budget des ateliers est de 40 000 euros.
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def post(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Post]:
    """A bot on `synthese@`, with its colleagues."""
    async with (
        mail_server("synthese", *PEOPLE) as server,
        relais(
            tmp_path_factory.mktemp("relais"),
            environment(server, gateway) | {"RELAIS_SUPPORT__MAILBOX": f"{SUPPORT}@{DOMAIN}"},
        ) as bot,
    ):
        yield Post(server=server, bot=bot, gateway=gateway)


def with_note(question: EmailMessage) -> EmailMessage:
    question.add_attachment(NOTE.read_bytes(), maintype="application", subtype="pdf", filename="note.pdf")
    return question


async def test_an_answer_is_judged_by_its_links_and_shown_to_the_support(post: Post) -> None:
    """« Réponse à revoir » is asked about once, and the word that follows is noted; on another word the
    exchange goes to the support's mailbox."""
    anne = next(post.people)
    question = mail("Capitale", "Quelle est la capitale de la France ?", sender=anne)
    post.gateway.next(Behaviour(answer="La capitale est Lyon."))
    await post.write(question)
    (answer,) = await post.answers(question)
    _, useless = re.findall(r"subject=([^&]+)&amp;", html_of(answer))
    judged = mail(unquote(useless), "Envoyez ce message tel quel.", sender=anne)
    await post.write(judged)
    (wrong,) = await post.server.until(anne, where=lambda each: each["Subject"] == "Un mot de l’assistant")
    assert "3. hors sujet" in text_of(wrong)
    await post.filed(judged)
    for text, said in (("faux", "c’est noté\u00a0: faux"), ("partager", "transmis au support")):
        word = reply(wrong, text, sender=anne)
        await post.write(word)
        (noted,) = await post.answers(word)
        assert said in text_of(noted)
    (shown,) = await post.server.until(SUPPORT, where=lambda each: "Lyon" in text_of(each))
    assert "Quelle est la capitale" in text_of(shown)


async def test_a_mail_that_judges_and_asks_is_counted_and_answered(post: Post) -> None:
    """What somebody writes in place of the words that the link put there goes on from the judged answer."""
    anne = next(post.people)
    question = mail("Capitale", "Quelle est la capitale de la France ?", sender=anne)
    post.gateway.next(Behaviour(answer="La capitale est Paris."))
    await post.write(question)
    (answer,) = await post.answers(question)
    useful, _ = re.findall(r"subject=([^&]+)&amp;", html_of(answer))
    post.gateway.next(Behaviour(answer="Deux millions d’habitants."))
    further = mail(unquote(useful), "Et combien d’habitants ?", sender=anne)
    await post.write(further)
    (told,) = await post.answers(further)
    assert "Deux millions d’habitants." in text_of(told)
    assert "La capitale est Paris." in str(post.gateway.received[-1].body)
    await post.filed(further)


async def test_a_mail_with_a_document_is_answered_in_its_thread(post: Post) -> None:
    """The synthesis comes to its author as text and HTML, in the thread; then the mail is filed. Saved as a
    file, the answer is known by the replica’s page, as whole only while it is."""
    anne, paul = next(post.people), next(post.people)
    question = with_note(mail("Note", "", sender=anne))
    question["Cc"] = f"{paul}@{DOMAIN}"
    post.gateway.next(Behaviour(answer="## Points clés\n\n- Ateliers à Brest (p. 1)."))
    await post.write(question)
    (answer,) = await post.answers(question)
    assert answer["Subject"] == "Re: Note"
    assert answer["References"].split() == [question["Message-ID"]]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-AI-Generated"] == "yes"
    found = await record_in("".join(answer["X-Relais-Provenance"].split()), post.bot.url)
    assert found.models == ("small",)
    assert found.covers(text_of(answer).rpartition("\n---\n")[0])
    assert answer["Return-Path"] == "<>"
    assert "Synthèse de «\u00a0note.pdf\u00a0»" in text_of(answer)
    assert "intelligence artificielle" in text_of(answer)
    assert '<html lang="fr">' in html_of(answer)
    assert "<h2>Points clés</h2>" in html_of(answer)
    assert "note.pdf" in post.asked()
    await post.filed(question)
    assert not post.server.mails(paul)
    assert "est une réponse de relais, entière" in await told_of_file(bytes(answer), "re.eml", post.bot.url)
    changed = bytes(answer).replace(b"Ateliers", b"Bureaux")
    assert "porte sur un autre texte" in await told_of_file(changed, "re.eml", post.bot.url)


async def test_a_reply_goes_on_with_the_same_documents(post: Post) -> None:
    """The second question is answered knowing the first and its document; our quoted answer is left out."""
    anne = next(post.people)
    question = with_note(mail("Suite", "Résume cette note.", sender=anne))
    await post.write(question)
    (answer,) = await post.answers(question)
    further = reply(answer, "Et les délais ?", sender=anne)
    await post.write(further)
    (second,) = await post.answers(further)
    ids = [question["Message-ID"], answer["Message-ID"], further["Message-ID"]]
    assert second["References"].split() == ids
    assert post.asked().rstrip().endswith("Et les délais ?")
    assert "note.pdf" in post.asked()


async def test_who_answers_all_in_the_thread_of_another_is_answered_from_what_they_quote(post: Post) -> None:
    """With our answer to the other, which they had from them; nothing else of that person's exchange is
    told."""
    anne, bob = next(post.people), next(post.people)
    question = with_note(mail("Ateliers", "Résume cette note.", sender=anne))
    post.gateway.next(Behaviour(answer="Les ateliers ont lieu à Brest en mars."))
    await post.write(question)
    (answer,) = await post.answers(question)
    further = reply(answer, "Et combien de personnes y vont ?", sender=bob)
    await post.write(further)
    (told,) = await post.answers(further)
    assert told["Subject"] == "Re: Ateliers"
    assert "Les ateliers ont lieu à Brest en mars." in post.asked()
    assert "Et combien de personnes y vont ?" in post.asked()
    assert "Résume cette note." not in post.asked()


async def test_a_screenshot_in_the_text_is_read(post: Post) -> None:
    """As a mail client writes it: named in the HTML by its Content-ID."""
    question = mail("Erreur", "Que faire ?", sender=next(post.people))
    question.add_alternative("<p>Que faire ?</p><img src='cid:ecran'>", subtype="html")
    html = question.get_body(("html",))
    assert html is not None
    shown = make.photo("Le formulaire refuse ce jour, car il est déjà férié")
    html.add_related(
        shown, maintype="image", subtype="jpeg", cid="<ecran>", filename="image001.jpg", disposition="inline"
    )
    await post.write(question)
    (answer,) = await post.answers(question)
    assert "refuse ce jour" in post.asked(), text_of(answer)


async def test_a_forwarded_thread_is_a_document(post: Post) -> None:
    """Names with umlauts and emoji, written by whatever client, come back as they were."""
    anne = next(post.people)
    question = mail("Tr: Budget 💶", FORWARDED, sender=anne, name="Jörg Müßig-Łuczak 🦊")
    await post.write(question)
    (answer,) = await post.answers(question)
    assert answer["Subject"] == "Re: Budget 💶"
    assert "Messages cités ou transférés" in text_of(answer)
    assert "40 000 euros" in post.asked()
    assert "Sujet : Budget des ateliers" in post.asked()


async def test_the_address_chooses_form_and_file(post: Post) -> None:
    """`synthese+court+docx@…`: five lines, and the same attached."""
    question = with_note(mail("Note", "", sender=next(post.people), to=f"synthese+court+docx@{DOMAIN}"))
    await post.write(question, to=f"synthese+court+docx@{DOMAIN}")
    (answer,) = await post.answers(question)
    (file,) = answer.iter_attachments()
    assert str(file.get_filename()).endswith(".docx")
    assert zipfile.ZipFile(io.BytesIO(file.get_content())).testzip() is None
    assert "cinq lignes" in post.asked()


async def test_the_largest_mail_is_read(post: Post) -> None:
    """35 MB, most of it a file that cannot be read; the other one is, and the author learns of both."""
    question = with_note(mail("Lourd", "", sender=next(post.people)))
    question.add_attachment(
        bytes(range(256)) * 100_000, maintype="application", subtype="octet-stream", filename="film.bin"
    )
    assert 34_000_000 < len(question.as_bytes()) < 36_700_160
    await post.write(question)
    (answer,) = await post.answers(question)
    assert "film.bin" in text_of(answer).partition("Documents non lus")[2]
    assert "note.pdf" in post.asked()


async def test_who_is_not_authenticated_is_set_apart_without_an_answer(post: Post) -> None:
    """No result of our server, no answer: the mail lies in quarantine, and the next one is answered."""
    anne = next(post.people)
    stranger = mail("Sans preuve", "Qui suis-je ?", sender=anne, checked=False)
    await post.write(stranger)
    await post.filed(stranger, "Quarantaine")
    proved = mail("Avec preuve", "Bonjour", sender=anne)
    await post.write(proved)
    await post.answers(proved)
    assert len(post.server.mails(anne)) == 1


async def test_automatic_mail_and_bounces_meet_silence(post: Post) -> None:
    """An out-of-office reply, a list, a bounce: nothing of it is answered, not even once."""
    anne = next(post.people)
    silent = [
        mail("Absence", "Je suis absente.", sender=anne, Auto_Submitted="auto-replied"),
        mail("Liste", "À tous", sender=anne, List_Id="<agents>"),
        mail("Retour", "Échec de remise", sender=anne),
    ]
    for each in silent[:2]:
        await post.write(each)
    await post.server.post(silent[2], sender="", to=[US])
    for each in silent:
        await post.filed(each)
    assert not post.server.mails(anne)


async def test_a_robot_without_manners_is_answered_five_times(post: Post) -> None:
    """It answers every answer and says nowhere that it is a robot: the cap of the sender slows the loop down,
    until that of the thread ends it."""
    anne = next(post.people)
    letter = mail("Boucle", "Bonjour", sender=anne)
    for _ in range(5):
        await post.write(letter)
        (answer,) = await post.answers(letter)
        letter = reply(answer, "Je suis absente.", sender=anne)
    await post.write(letter)
    await post.server.until("synthese", where=lambda each: same(each, letter))
    other = mail("Autre fil", "Et moi ?", sender=next(post.people))
    await post.write(other)
    await post.answers(other)
    assert len(post.server.mails(anne)) == 5
    assert [each for each in post.server.mails("synthese") if same(each, letter)]


async def test_the_same_mail_delivered_twice_is_answered_once(post: Post) -> None:
    """Two deliveries with one Message-ID, as when a mail was sent to two names of the mailbox."""
    anne = next(post.people)
    question = mail("Double", "Une fois", sender=anne)
    await post.write(question)
    await post.answers(question)
    await post.write(question)
    await post.server.until("synthese", 2, folder="Traités", where=lambda each: same(each, question))
    assert len(await post.answers(question)) == 1


async def test_what_cannot_be_read_or_may_not_be_is_refused_with_the_reason(post: Post) -> None:
    """An encrypted mail, and a subject that says « DR »: the author is told why; no model is asked."""
    anne = next(post.people)
    asked = len(post.gateway.received)
    encrypted = mail("Dossier", "x", sender=anne)
    encrypted.replace_header(
        "Content-Type", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    )
    await post.write(encrypted)
    marked = mail("[DR] Note", "Résume cette note.", sender=anne)
    await post.write(marked)
    (first,) = await post.answers(encrypted)
    (second,) = await post.answers(marked)
    assert "chiffré (S/MIME ou PGP)" in text_of(first)
    assert "Diffusion Restreinte" in text_of(second)
    assert "Résume cette note" not in text_of(second)
    assert second["X-AI-Generated"] is None
    assert len(post.gateway.received) == asked
