"""Mails on the whole core: what comes back is a page on their documents, in the form that was asked for."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bots.assistant import Assistant
from bots.summariser import Summariser
from bots.synthesis import Synthesis
from core.connector import Attachment, Draft, Message, Person
from core.errors import Deferred
from tests.core.condense.test_condense import report
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message

NOTE = "Le budget des ateliers est de 40 000 euros.\fLes ateliers ont lieu à Brest le 3 juin 2026."


def mailbox() -> Platform:
    platform = Platform(name="mail", kind="mail", with_text=True)
    platform.editing = None
    platform.activity = None
    platform.settling = platform
    return platform


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    assistant = Assistant()
    bots = [Synthesis(assistant, clock=time.monotonic), Summariser(), assistant]
    async with core_on(tmp_path, platform=mailbox(), bots=bots) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


def mail(
    text: str, *files: str, subject: str = "", tag: str = "", room: str = "fil", to: tuple[str, ...] = ()
) -> Message:
    attached = tuple(
        Attachment(name=name, media_type="text/plain", size=None, reference={"url": name}) for name in files
    )
    whole = "\n\n".join(filter(None, (subject, text)))
    marks = (("Subject", subject),)
    return message(
        whole,
        connector="mail",
        room=room,
        attachments=attached,
        marks=marks,
        tag=tag,
        alone=True,
        mentions=to,
    )


async def answer(core: Core, count: int = 1) -> Draft:
    """The last of so many answers."""
    await core.platform.until(
        lambda: len([post for post in core.platform.shown if not post.growing]) >= count
    )
    return [post for post in core.platform.shown if not post.growing][count - 1].states[-1]


def asked(core: Core) -> str:
    return "\n".join(each["content"] for each in core.gateway.received[-1].body["messages"])


async def test_a_document_without_a_word_becomes_a_page(core: Core) -> None:
    """With a title, its pages as sources, what to check, the level, the model and the footprint."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.next(
        Behaviour(answer="# Points clés\n\n- Ateliers à Brest (p. 2).\n- Coût : 50 000 euros (p. 1).")
    )
    await core.tell(mail("", "note.txt", subject="Note"))
    draft = await answer(core)
    assert draft.text.startswith("# Synthèse de «\u00a0note.txt\u00a0»\n\n## Points clés")
    assert "Ateliers à Brest (p.\u00a02)." in draft.text
    assert "50 000 euros" in draft.text.partition("## À vérifier")[2]
    assert "N1 interne" in draft.text
    assert "CO₂" in draft.text
    assert "note d’une page" in asked(core)


@pytest.mark.parametrize(
    ("words", "tag", "said"),
    [
        ("", "court", "cinq lignes"),
        ("Une synthèse détaillée, svp", "", "synthèse détaillée"),
        ("", "en", "one page"),
    ],
)
async def test_the_form_that_is_asked_for(core: Core, words: str, tag: str, said: str) -> None:
    """By the words, or by the address; another language too."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail(words, "note.txt", tag=tag))
    draft = await answer(core)
    assert said in asked(core)
    assert draft.language == ("en" if tag == "en" else "fr")


async def test_the_file_that_is_asked_for_is_attached(core: Core) -> None:
    """To the answer itself."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("Une note en docx, stp", "note.txt"))
    draft = await answer(core)
    assert draft.file is not None
    assert draft.file.name.endswith(".docx")
    assert zipfile.ZipFile(io.BytesIO(draft.file.data)).testzip() is None


async def test_a_file_of_what_is_no_synthesis_is_not_called_one(core: Core) -> None:
    """« Corrige la note et renvoie-la en Word » gave a synthesis, `synthese-de-note.docx`: the type of the
    file says nothing of what is to be in it, which a model reads from the words."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.next(Behaviour(answer="other"))
    await core.tell(mail("Peux-tu corriger les fautes de la note et me la renvoyer en Word ?", "note.txt"))
    draft = await answer(core)
    assert draft.file is not None
    assert draft.file.name == "reponse-de-l-assistant.docx"
    assert "# Synthèse" not in draft.text


async def test_several_documents_are_named_and_what_is_unread_too(core: Core) -> None:
    """Each in a line with its level; those that could not be read with the reason."""
    core.platform.files_at |= {
        "a.txt": NOTE.encode(),
        "b.txt": b"Le projet avance.",
        "c.bin": b"\0\1\2\xff" * 99,
    }
    await core.tell(mail("", "a.txt", "b.txt", "c.bin"))
    draft = await answer(core)
    assert "- **a.txt**\u00a0: 2 pages, niveau N1" in draft.text
    assert "- **b.txt**\u00a0: niveau N1" in draft.text
    assert "c.bin" in draft.text.partition("## Documents non lus")[2]
    assert "une ligne pour chaque document" in asked(core)


async def test_a_question_is_answered_from_the_documents(core: Core) -> None:
    """No page is made of it."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("Où ont lieu les ateliers ?", "note.txt"))
    draft = await answer(core)
    assert "# Synthèse" not in draft.text
    assert "Où ont lieu les ateliers ?" in asked(core)


async def test_a_mail_that_speaks_to_others_is_settled_without_an_answer(core: Core) -> None:
    """Who keeps the assistant in copy of a talk gets no answer to each mail of it, whatever it quotes: a
    model says from the words alone that they ask nothing of it."""
    core.platform.files_at["fil.txt"] = NOTE.encode()
    core.gateway.next(Behaviour(answer="others"))
    core.platform.faults.append(Deferred("the folder is away", retry_after=0.1))
    asked = mail("Merci Anne, c'est noté, je la lirai pour jeudi.", "fil.txt", to=("anne@x",))
    await core.tell(asked)
    await core.platform.until(lambda: bool(core.platform.settled))
    await core.settled()
    assert core.platform.settled == [asked.id]
    assert not core.platform.posts
    assert "40 000" not in core.gateway.received[0].question
    assert len(core.gateway.received) == 1


@pytest.mark.parametrize(
    ("words", "to", "asked"),
    [
        ("Bob, relis-la. Assistant, une synthèse svp.", ("bob@x",), 2),
        ("Où ont lieu les ateliers ?", (), 1),
        ("", ("bob@x",), 1),
    ],
)
async def test_a_mail_that_asks_something_beside_others_is_answered(
    core: Core, words: str, to: tuple[str, ...], asked: int
) -> None:
    """A model says so; it is not asked about what came to us alone, or without a word."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    if to and words:
        core.gateway.next(Behaviour(answer="assistant"))
    await core.tell(mail(words, "note.txt", to=to))
    await answer(core)
    assert len(core.gateway.received) == asked


async def test_what_a_long_mail_asks_at_its_end_is_read(core: Core) -> None:
    """A letter to others may close with a wish to the assistant."""
    core.gateway.next(Behaviour(answer="assistant"))
    letter = "Bob, voici où en est le chantier de la digue.\n" * 60
    await core.tell(mail(f"{letter}\nAssistant, fais-en une synthèse.", to=("bob@x",)))
    await answer(core)
    question = core.gateway.received[0].question
    assert question.rstrip().endswith("Assistant, fais-en une synthèse.")
    assert len(question) < len(letter)


async def test_another_task_on_a_document_is_done(core: Core) -> None:
    """A model reads the words alone; what they ask for goes to the documents in their own words. No page is
    made of it."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.next(Behaviour(answer="other"), Behaviour(answer="The budget is 40,000 euros."))
    await core.tell(mail("Traduis cette note en anglais.", "note.txt"))
    draft = await answer(core)
    assert draft.text.startswith("The budget is 40,000 euros.")
    assert "40 000" not in core.gateway.received[0].question
    assert "Traduis cette note en anglais." in asked(core)


async def test_words_that_hand_a_document_on_ask_for_a_page(core: Core) -> None:
    """A model says so; where it says nothing that is understood, too."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.next(Behaviour(answer="summary"))
    await core.tell(mail("Tu trouveras ci-joint le rapport de la mission.", "note.txt"))
    assert (await answer(core)).text.startswith("# Synthèse")
    assert len(core.gateway.received) == 2


async def test_a_synthesis_is_made_again_when_that_is_asked(core: Core) -> None:
    """Of the same documents, in the same words."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("Une synthèse détaillée, svp", "note.txt"))
    await answer(core)
    await core.tell(mail("Recommence"))
    draft = await answer(core, 2)
    assert draft.text.startswith("# Synthèse de «\u00a0note.txt\u00a0»")
    assert "Une synthèse détaillée, svp" in asked(core)
    assert "40 000" in asked(core)


@pytest.mark.parametrize("words", ["Plus court svp", "Refais en plus court"])
async def test_another_form_is_made_of_the_same_documents(core: Core, words: str) -> None:
    """Also where it is wanted as the same once more."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("Une synthèse détaillée, svp", "note.txt"))
    await answer(core)
    await core.tell(mail(words))
    assert (await answer(core, 2)).text.startswith("# Synthèse de «\u00a0note.txt\u00a0»")
    assert "cinq lignes" in asked(core)


async def test_another_wish_is_about_the_synthesis_that_was_made(core: Core) -> None:
    """A model has it in hand."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.behaviour = Behaviour(answer="Les ateliers coûtent 40 000 euros (p. 1).")
    await core.tell(mail("Une synthèse détaillée, svp", "note.txt"))
    await answer(core)
    await core.settled()
    await core.tell(mail("Refais sans les chiffres"))
    await answer(core, 2)
    said = core.gateway.received[-1].body["messages"]
    assert said[-1]["content"].endswith("Refais sans les chiffres")
    assert "Les ateliers coûtent 40 000 euros" in said[-2]["content"]


async def test_who_first_writes_is_told_the_notice_and_nothing_to_tap(core: Core) -> None:
    """A mail is read on a telephone: who answers, what is kept, how it is erased."""
    await core.tell(replace(mail("Que signifie PLF ?"), sender=Person(id="@new:x", name="New")))
    text = (await answer(core)).text
    assert "Je suis un robot" in text
    assert "`!oublier` les efface" in text
    assert "1. «" not in text


async def test_what_is_short_is_made_shorter_from_the_answer(core: Core) -> None:
    """Of the documents it would be the same once more."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.behaviour = Behaviour(answer="Les ateliers coûtent 40 000 euros (p. 1).")
    for number, words in enumerate(("", "Plus court", "Encore plus court !"), 1):
        await core.tell(mail(words, *([] if words else ["note.txt"])))
        await answer(core, number)
        await core.settled()
    said = core.gateway.received[-1].body["messages"]
    assert said[-1]["content"].endswith("Encore plus court !")
    assert "Les ateliers coûtent 40 000 euros" in said[-2]["content"]


async def test_a_mail_that_is_about_no_answer_says_how_one_is_referred_to(core: Core) -> None:
    """No model is asked to shorten nothing."""
    await core.tell(mail("plus court", subject="Note"))
    assert "répondez à celle-là" in (await answer(core)).text
    assert not core.gateway.received


async def test_a_file_without_a_text_is_told_and_no_model_is_asked(core: Core) -> None:
    """There is nothing to make a page of."""
    core.platform.files_at["vide.txt"] = b"\n"
    await core.tell(mail("Résume", "vide.txt"))
    assert "vide.txt" in (await answer(core)).text
    assert not core.gateway.received


async def test_a_reply_goes_on(core: Core) -> None:
    """A question in the thread is answered with its documents; another form begins the synthesis anew."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("", "note.txt"))
    await answer(core)
    await core.tell(mail("Et combien cela coûte-t-il ?"))
    await answer(core, 2)
    assert "40 000" in asked(core)
    await core.tell(mail("Plus court, stp"))
    draft = await answer(core, 3)
    assert "cinq lignes" in asked(core)
    assert "# Synthèse de «\u00a0note.txt\u00a0»" in draft.text


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Voici la nouvelle version. Qu'est-ce qui change ?", "compare"),
        ("Qu'est-ce qui change ?", "compare"),
        ("Compare avec la version précédente", "summary"),
    ],
)
async def test_what_a_new_version_changes_is_told_from_both(core: Core, words: str, kind: str) -> None:
    """A model says that the words are about what came before too: the earlier document is read again."""
    core.platform.files_at |= {
        "note.txt": NOTE.encode(),
        "note-2.txt": "Le budget passe à 9 000 euros.".encode(),
    }
    await core.tell(mail("Une synthèse, svp", "note.txt"))
    await answer(core)
    await core.settled()
    core.gateway.next(Behaviour(answer=kind))
    await core.tell(mail(words, "note-2.txt"))
    await answer(core, 2)
    assert "40 000" in asked(core)
    assert "9 000" in asked(core)


async def test_a_question_on_a_new_file_is_not_put_to_the_earlier_ones(core: Core) -> None:
    """« Qui paie ? » beside a file is about that file."""
    core.platform.files_at |= {
        "note.txt": NOTE.encode(),
        "note-2.txt": "Le budget passe à 9 000 euros.".encode(),
    }
    await core.tell(mail("Une synthèse, svp", "note.txt"))
    await answer(core)
    await core.settled()
    core.gateway.next(Behaviour(answer="other"))
    await core.tell(mail("Quel est le budget ?", "note-2.txt"))
    await answer(core, 2)
    assert "9 000" in asked(core)
    assert "40 000" not in asked(core)


async def test_while_all_models_are_away_extracts_answer_at_once(core: Core) -> None:
    """A mail waits for no model either: extracts come, said to be so; « oui » brings the full answer."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(mail("", "note.txt"))
    draft = await answer(core)
    assert "Mode sans IA" in draft.text
    assert "Répondez «\u00a0oui\u00a0»" in draft.text
    assert not draft.writers
    core.gateway.behaviour = Behaviour(answer="Les ateliers ont lieu à Brest [d1].")
    await core.tell(mail("oui"))
    assert "ont lieu à Brest" in (await answer(core, 2)).text


async def test_a_long_letter_is_a_document(core: Core) -> None:
    """A mail without files whose text is long is summed up."""
    await core.tell(mail("Monsieur le préfet,\n\n" + "Le comité a décidé de louer une salle à Brest. " * 30))
    draft = await answer(core)
    assert "# Synthèse" in draft.text
    assert "louer une salle" in core.gateway.received[-1].body["messages"][1]["content"]


async def test_an_ordinary_question_is_answered_as_anywhere(core: Core) -> None:
    """Without documents it is a question."""
    await core.tell(mail("Quelle est la capitale de la Norvège ?"))
    assert "Quelle est la capitale" in (await answer(core)).text


async def test_two_mails_of_one_thread_have_two_answers(core: Core) -> None:
    """Also when the second comes while the first is worked on."""
    core.gateway.next(Behaviour(first=0.5))
    await core.tell(mail("Quelle est la capitale de la Norvège ?"))
    await core.tell(mail("Et celle de la Suède ?"))
    await core.tell(mail("Et celle de la Finlande ?"))
    assert "Finlande" in (await answer(core, 3)).text


async def test_long_work_is_announced_once_with_an_estimate(tmp_path: Path) -> None:
    """From the pace of the first chunks; then comes the answer."""
    assistant = Assistant()
    async with AsyncExitStack() as stack:

        def clock() -> float:
            """Each answer of the model took four seconds."""
            return 4.0 * len(core.gateway.received)

        bots = [Synthesis(assistant, clock=clock, long=30.0), assistant]
        core = await stack.enter_async_context(core_on(tmp_path, platform=mailbox(), bots=bots))
        core.platform.files_at["long.txt"] = report(200).encode()
        await core.tell(mail("", "long.txt"))
        await answer(core)
        words = [post.states[0] for post in core.platform.shown]
        assert [each.growing for each in words] == [True, False]
        assert "dans 1 minute environ" in words[0].text
        assert words[0].notice


async def test_quick_work_is_not_announced(core: Core) -> None:
    """One mail, one answer."""
    core.platform.files_at["note.txt"] = NOTE.encode()
    await core.tell(mail("", "note.txt"))
    await answer(core)
    await asyncio.sleep(0.05)
    assert len(core.platform.shown) == 1


async def test_a_mail_is_answered_in_the_language_of_its_words(core: Core) -> None:
    """Its subject says little: « Question » is either language’s."""
    await core.tell(mail("Hello, what is the capital of Peru, and how far is it?", subject="Question"))
    assert (await answer(core)).language == "en"


async def test_an_answer_is_given_again_by_mail(core: Core) -> None:
    """« recommence » asks the same question; a mail that was sent cannot be changed, so another one is."""
    await core.tell(mail("Quelle est la capitale du Pérou ?"))
    await answer(core)
    await core.settled()
    await core.tell(mail("Recommence stp"))
    await answer(core, 2)
    assert len(core.gateway.received) == 2
    assert "Pérou" in asked(core)


async def test_names_of_files_are_shown_as_they_are(core: Core) -> None:
    """They are no Markdown."""
    core.platform.files_at |= {
        "_a_.txt": NOTE.encode(),
        "[x](y).txt": NOTE.encode(),
        "a_b_c.txt": NOTE.encode(),
    }
    await core.tell(mail("", "_a_.txt", "[x](y).txt", "a_b_c.txt"))
    text = (await answer(core)).text
    assert "**a_b_c.txt**" in text
    shown = MarkdownIt("commonmark").render(text)
    assert "_a_.txt" in shown
    assert "[x](y).txt" in shown
    assert "<em>a</em>" not in shown


@pytest.mark.parametrize(
    ("words", "subject", "said"),
    [
        ("ok merci", "note", "Avec plaisir"),
        ("Anne Petit", "parler à quelqu'un", "aide@ministere.example"),
    ],
)
async def test_a_mail_says_what_it_wants_in_its_words_or_its_subject(
    core: Core, words: str, subject: str, said: str
) -> None:
    """« ok merci » below another subject is thanks; a name alone says nothing, its subject does."""
    await core.tell(mail(words, subject=subject))
    assert said in (await answer(core)).text
    assert not core.gateway.received
