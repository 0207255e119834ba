"""Documents in a conversation, from the file to the synthesis that is read, on the whole core."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from core.connector import Address, Attachment, Message, Past, Person, Range, Reacted, Wanted
from core.policy.file import PolicyFile
from core.provenance.record_tokens import tokens_in
from core.sensitivity.level import Level
from tests.core.condense.test_condense import report
from tests.core.conftest import Core, core_on, embedded, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Post, message

SHORT = "Le budget des ateliers est de 40 000 euros.\fLes ateliers ont lieu à Brest le 3 juin 2026."


def attachment(name: str) -> Attachment:
    return Attachment(name=name, media_type="text/plain", size=None, reference={"url": name})


def narrow(gateway: FakeGateway) -> PolicyFile:
    """A model of a small window, as strict as the policy believes."""
    gateway.context = 8_192
    policy = policy_for(gateway)
    return replace(policy, models=tuple(replace(model, context=8_192) for model in policy.models))


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    async with core_on(tmp_path, policy=narrow) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def given(core: Core, text: str, name: str = "note.txt") -> None:
    core.platform.files_at[name] = text.encode()
    await core.tell(message("", attachments=(attachment(name),)))
    await core.platform.answered()


async def test_a_file_that_comes_without_a_word_as_a_reply_is_offered(core: Core) -> None:
    """What it replies to is not what came."""
    core.platform.files_at["note.txt"] = SHORT.encode()
    await core.tell(message("", attachments=(attachment("note.txt"),), quoted="Tu as la note ?"))
    (offer,) = await core.platform.answered()
    assert "note.txt" in offer.text
    assert "Tu as la note" not in offer.text


async def test_free_words_give_a_checked_synthesis(core: Core) -> None:
    """« résume » after a file: the synthesis with its pages, and what its source does not say."""
    await given(core, SHORT)
    core.gateway.next(
        Behaviour(answer="Les ateliers ont lieu à Brest (p. 2). Ils coûtent 50 000 euros (p. 1).")
    )
    await core.tell(message("Résume ce document"))
    *_, post = await core.platform.answered(2)
    assert post.text.startswith("Les ateliers ont lieu à Brest (p. 2).")
    assert "À vérifier" in post.text
    assert "50 000 euros" in post.text.partition("À vérifier")[2]
    assert "IA · small · N1 interne" in post.text


async def test_the_command_chooses_the_form(core: Core) -> None:
    """`!résumer détaillé` asks the model for a detailed synthesis."""
    await given(core, SHORT)
    await core.tell(message("!résumer détaillé"))
    await core.platform.answered(2)
    assert "synthèse détaillée" in core.gateway.received[-1].body["messages"][0]["content"]


@pytest.mark.parametrize("words", ["", "de quoi ça parle ?"])
async def test_a_file_without_a_word_is_told(core: Core, words: str) -> None:
    """An empty file, or a picture of nothing, is never met with silence."""
    core.platform.files_at["vide.txt"] = b""
    await core.tell(message(words, attachments=(attachment("vide.txt"),)))
    (post,) = await core.platform.answered()
    assert "aucun texte dans le fichier" in post.text
    assert "vide.txt" in post.text


async def test_nothing_to_summarise(core: Core) -> None:
    """Without any document the command says so, and free words are an ordinary question."""
    await core.tell(message("!résumer"), message("Résume la Révolution française"))
    posts = await core.platform.answered(2)
    assert "pas de texte à résumer" in posts[0].text
    assert "Réponse à : Résume la Révolution" in posts[1].text


@pytest.mark.parametrize(("words", "read", "left"), [("résume juste le deuxième", "Brest", "Lyon"),
    ("résume le premier", "Lyon", "Brest"), ("résume le dernier fichier", "Brest", "Lyon")])  # fmt: skip
async def test_one_of_several_documents_is_named_by_its_place(
    core: Core, words: str, read: str, left: str
) -> None:
    """In the order in which they came; the others are not read."""
    for number, (name, text) in enumerate({"a.txt": "Les ateliers de Lyon.", "b.txt": SHORT}.items(), 1):
        core.platform.files_at[name] = text.encode()
        await core.tell(message("", attachments=(attachment(name),)))
        await core.platform.answered(number)
        await core.settled()
    await core.tell(message(words))
    await core.platform.answered(3)
    (request,) = core.gateway.received
    assert read in str(request.body["messages"])
    assert left not in str(request.body["messages"])


async def test_a_pasted_text_is_a_document(core: Core) -> None:
    """A long text after the request is condensed, fenced as any document."""
    await core.tell(message("Résume :\n\n" + "Le comité a décidé de louer une salle à Brest. " * 20))
    (post,) = await core.platform.answered()
    assert "louer une salle" in core.gateway.received[-1].body["messages"][1]["content"]
    assert "cinq lignes" in core.gateway.received[-1].body["messages"][0]["content"]
    assert not post.growing


async def test_a_long_document_is_read_in_parts_with_progress(core: Core) -> None:
    """Where that notifies nobody, it is said how far the reading is; the end replaces it."""
    core.platform.growth = "freely"
    await given(core, report(60))
    core.gateway.behaviour = Behaviour(answer="- Le service a engagé 1000 euros (p. 1).", first=0.8)
    await core.tell(message("!résumer note"))
    *_, post = await core.platform.answered(2)
    assert any("lecture" in state.text for state in post.states[:-1])
    assert "lecture" not in post.text
    assert len(core.gateway.received) > 3


async def test_stop_while_it_reads(core: Core) -> None:
    """`!stop` ends the reading, and keeps no progress line as an answer."""
    core.platform.growth = "freely"
    await given(core, report(60))
    core.gateway.behaviour = Behaviour(first=30)
    await core.tell(message("!résumer note"))
    await core.platform.until(lambda: any("lecture" in post.text for post in core.platform.shown))
    await core.tell(message("!stop"))
    *_, post = await core.platform.answered(2)
    assert "arrêtée" in post.text
    assert "lecture" not in post.text
    await core.platform.until(lambda: core.gateway.running == 0)


async def test_killed_midway_it_goes_on_without_paying_twice(tmp_path: Path) -> None:
    """A replica dies after some notes; the next one reads only what was not read yet."""
    async with core_on(tmp_path, policy=narrow) as core:
        await given(core, report(60))
        core.gateway.behaviour = Behaviour(answer="- Fait (p. 1).", first=0.2)
        await core.tell(message("!résumer note"))
        await core.gateway.asked(6)
        begun = len(core.gateway.received)
    async with core_on(tmp_path, policy=narrow, platform=core.platform) as again:
        again.gateway.behaviour = Behaviour(answer="- Fait (p. 1).")
        *_, post = await again.platform.answered(2)
        requests = len(again.gateway.received)
    assert "Fait" in post.text
    whole = begun + requests
    async with core_on(tmp_path / "other", policy=narrow) as fresh:
        await given(fresh, report(60))
        fresh.gateway.behaviour = Behaviour(answer="- Fait (p. 1).")
        await fresh.tell(message("!résumer note"))
        await fresh.platform.answered(2)
        alone = len(fresh.gateway.received)
    assert requests < alone
    assert whole <= alone + 4


async def test_a_question_on_a_document_too_long(core: Core) -> None:
    """The passages that answer are sent, instead of a word that the document is too long."""
    await given(core, f"{report(60)}\fLe séminaire des archivistes se tient à Vierzon.\f{report(20)}")
    await core.tell(message("Où se tient le séminaire des archivistes ?"))
    *_, post = await core.platform.answered(2)
    assert "trop long" not in post.text
    assert len(core.gateway.received) == 1
    assert "Vierzon" in str(core.gateway.received[0].body)


@pytest.mark.parametrize("wish", ["plus court", "et en anglais ?", "et la suite ?"])
async def test_what_goes_on_from_an_answer_on_a_long_document_has_that_answer(core: Core, wish: str) -> None:
    """The document is not read again as a whole for words that are not about it."""
    await given(core, report(60))
    core.gateway.behaviour = Behaviour(answer="Réponse sur le service numéro 7.")
    await core.tell(message("qu'a engagé le service 7 ?"))
    await core.platform.answered(2)
    await core.settled()
    asked = len(core.gateway.received)
    await core.tell(message(wish))
    await core.platform.answered(3)
    assert len(core.gateway.received) == asked + 1
    assert "Réponse sur le service numéro 7." in str(core.gateway.received[-1].body["messages"])


async def test_without_a_model(tmp_path: Path) -> None:
    """`!résumer` quotes the document."""
    async with core_on(tmp_path, policy=embedded) as core:
        await given(core, SHORT)
        await core.tell(message("!résumer"))
        *_, post = await core.platform.answered(2)
        assert "Mode sans IA" in post.text
        assert "(p. " in post.text


async def test_as_a_file(core: Core) -> None:
    """« en Word » brings the synthesis as a message and as a file of its level."""
    await given(core, SHORT)
    core.gateway.next(Behaviour(answer="Les ateliers ont lieu à Brest (p. 2)."))
    await core.tell(message("Fais-moi une note en Word"))
    *_, post, sent = await core.platform.answered(3)
    file = sent.states[-1].file
    assert post.text.startswith("Les ateliers")
    assert file is not None
    assert file.name == "synthese-de-note.docx"
    assert file.data.startswith(b"PK")
    assert sent.states[-1].level == post.states[-1].level


async def test_a_file_says_who_wrote_the_answer_that_it_holds(core: Core) -> None:
    """An answer that is asked for as a file afterwards names its model, in its record too; one of extracts,
    which was given while all models were away, is not said to be generated."""
    await given(core, SHORT)
    core.gateway.next(Behaviour(answer="Les ateliers ont lieu à Brest (p. 2)."))
    await core.tell(message("Où ont lieu les ateliers ?"))
    await core.platform.answered(2)
    await core.tell(message("la même chose en markdown"))
    *_, sent = await core.platform.answered(4)
    assert written(sent) == (True, ["small"])
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Quel est le budget des ateliers ?"))
    await core.platform.answered(5)
    await core.tell(message("la même chose en markdown"))
    *_, sent = await core.platform.answered(7)
    assert written(sent) == (False, [])


def written(post: Post) -> tuple[bool, list[str]]:
    """Of the file of a message: is it generated, and by which models?"""
    file = post.states[-1].file
    assert file is not None
    (token,) = tokens_in(file.data)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert ("(small)" in file.data.decode()) is ("small" in claims["mdl"])
    return claims["gen"], claims["mdl"]


async def test_a_file_alone_offers_what_to_do(core: Core) -> None:
    """What may be done with it is listed; once there are several, comparing them too."""
    core.platform.files_at["a.txt"] = core.platform.files_at["b.txt"] = SHORT.encode()
    await core.tell(message("", attachments=(attachment("a.txt"),)))
    await core.platform.answered()
    await core.tell(message("", attachments=(attachment("b.txt"),)))
    first, second = await core.platform.answered(2)
    assert "a.txt" in first.text
    assert "fais une note" in first.text
    assert "compare" not in first.text
    assert "compare" in second.text
    assert not core.gateway.received


async def test_files_together_are_compared(core: Core) -> None:
    """Two files and one request: both are read, each passage after its mark, and each is cited by name."""
    core.platform.files_at |= {"a.txt": b"Le budget est de 40 000 euros.", "b.txt": b"Le budget est nul."}
    core.gateway.next(Behaviour(answer="Le budget est de 40 000 euros (D1 § 1) ; il est nul (D2 § 1)."))
    await core.tell(message("Compare-les", attachments=(attachment("a.txt"), attachment("b.txt"))))
    (post,) = await core.platform.answered()
    asked = core.gateway.received[-1].body["messages"]
    assert "plusieurs documents" in asked[0]["content"]
    assert "[D1 § 1]" in asked[1]["content"]
    assert "[D2 § 1]" in asked[3]["content"]
    assert "(a.txt, «\u00a0Le budget" in post.text
    assert "À vérifier" not in post.text


async def test_comparing_needs_two(core: Core) -> None:
    """`!comparer` with one document says so."""
    await given(core, SHORT)
    await core.tell(message("!comparer"))
    *_, post = await core.platform.answered(2)
    assert "au moins deux documents" in post.text


async def test_a_question_on_a_document_is_answered_with_checked_citations(core: Core) -> None:
    """A citation that does not hold is dropped, and a figure that the document does not hold pointed out."""
    await given(core, SHORT)
    core.gateway.next(
        Behaviour(answer="Les ateliers ont lieu à Brest (p. 1). Le budget est de 41 000 euros (p. 1).")
    )
    await core.tell(message("Où ont lieu les ateliers ?"))
    *_, post = await core.platform.answered(2)
    assert "[p. 2]" in core.gateway.received[-1].body["messages"][1]["content"]
    assert post.text.startswith("Les ateliers ont lieu à Brest. Le budget est de 41 000 euros (p. 1).")
    assert "41 000 euros" in post.text.partition("À vérifier")[2]


async def test_an_answer_that_cites_nothing_is_checked(core: Core) -> None:
    """What no document holds is pointed out; what the person said, and what a document holds, is not."""
    await given(core, SHORT)
    core.gateway.next(Behaviour(answer="La réunion des 101 départements a lieu le 5 décembre 2026, à Brest."))
    await core.tell(message("Quand se réunissent les 101 départements ?"))
    *_, post = await core.platform.answered(2)
    doubts = post.text.partition("À vérifier")[2]
    assert "5 décembre 2026" in doubts
    assert "101" not in doubts
    assert "Brest" not in doubts


async def test_a_link_that_no_document_holds_is_dead(core: Core) -> None:
    """Neither in the answer that grows nor in the last one, whatever its text."""
    await given(core, SHORT)
    core.gateway.next(Behaviour(answer="[impots.gouv.fr](https://evil.example/x) dit tout."))
    await core.tell(message("Où est-ce ?"))
    *_, post = await core.platform.answered(2)
    assert "https://evil.example" not in post.text
    assert "(evil[.]example/x) dit tout." in post.text


async def test_the_command_for_questions(core: Core) -> None:
    """Without a question it says how to ask one; with one it is answered from the documents alone."""
    await given(core, SHORT)
    await core.tell(message("!questions"))
    *_, post = await core.platform.answered(2)
    assert "note.txt" in post.text
    assert not core.gateway.received
    await core.tell(message("!questions Où ont lieu les ateliers ?"))
    await core.platform.answered(3)
    assert "ces seuls passages" in core.gateway.received[-1].body["messages"][0]["content"]


async def test_questions_without_a_model(tmp_path: Path) -> None:
    """BM25 chooses the passages that answer, quoted with their pages."""
    async with core_on(tmp_path, policy=embedded) as core:
        await given(core, f"{report(40)}\fLe séminaire des archivistes se tient à Vierzon.\f{report(5)}")
        await core.tell(message("Où se tient le séminaire des archivistes ?"))
        *_, post = await core.platform.answered(2)
        assert "Vierzon" in post.text
        assert "(p. 41)" in post.text


async def test_the_last_answer_again_as_a_file(core: Core) -> None:
    """« La même en PDF » costs no request."""
    await given(core, SHORT)
    await core.tell(message("Résume"))
    await core.platform.answered(2)
    asked = len(core.gateway.received)
    await core.tell(message("La même en PDF"))
    *_, sent = await core.platform.answered(4)
    file = sent.states[-1].file
    assert file is not None
    assert file.data.startswith(b"%PDF")
    assert len(core.gateway.received) == asked


async def test_the_level_of_a_file_is_the_session_s_before_anything_is_sent(core: Core) -> None:
    """When the model is asked, the store knows the level, though no turn is kept yet."""
    core.platform.files_at["rh.txt"] = b"IBAN : FR76 3000 6000 0112 3456 7890 189."
    core.gateway.hold()
    await core.tell(message("Que dit-il ?", attachments=(attachment("rh.txt"),)))
    await core.gateway.asked()
    session, _ = await core.sessions.load("tchap:!room:x", "@a:x")
    assert (session.level, session.turns) == (Level.N2, ())
    await core.tell(message("!stop"))
    await core.platform.answered()


@pytest.mark.parametrize("by", ["typed", "reaction"])
async def test_what_is_done_with_a_file_is_chosen_by_number(core: Core, by: str) -> None:
    """Typed or as a reaction: the second way is a note; with one file there is no fourth."""
    await given(core, SHORT)
    (menu,) = core.platform.shown
    assert "2. **fais une note**" in menu.text
    assert "compare" not in menu.text
    assert [each.text for each in menu.states[-1].choices] == [
        "résume",
        "fais une note",
        "synthèse détaillée",
    ]
    core.gateway.next(Behaviour(answer="La note tient en une page (p. 1)."))
    await core.settled()
    question = message("2")
    tapped = Reacted(
        key="2", address=question.address, at=question.at, sender=question.sender, target=menu.id,
        reaction="2️⃣", direct=True,
    )  # fmt: skip
    await core.tell(question if by == "typed" else tapped)
    *_, note = await core.platform.answered(2)
    assert "La note tient" in note.text
    assert "une page" in str(core.gateway.received[-1].body)


async def test_files_are_received_in_a_line_each_and_one_menu(core: Core) -> None:
    """Type and level; those that follow at once get their line, and no second menu."""
    for name in ("a.txt", "b.txt"):
        await given(core, "Le budget est de 3 000 euros.", name)
    first, second = await core.platform.answered(2)
    assert first.text.startswith("Bien reçu : « a.txt » (texte, N1 interne)")
    assert "fais une note" in first.text
    assert second.text == "Bien reçu : « b.txt » (texte, N1 interne)\n\nPour comparer : **compare**."


async def test_a_number_on_the_last_of_several_receipts_chooses_too(core: Core) -> None:
    """2️⃣ there is as good as « 2 », though the menu stands above."""
    for name in ("a.txt", "b.txt"):
        await given(core, "Le budget est de 3 000 euros.", name)
    _, second = await core.platform.answered(2)
    await core.settled()
    question = message("2")
    tapped = Reacted(
        key="2", address=question.address, at=question.at, sender=question.sender, target=second.id,
        reaction="2️⃣", direct=True,
    )  # fmt: skip
    await core.tell(tapped)
    assert "fais une note" in (await core.platform.answered(3))[-1].text


INES, PAUL = Person(id="@ines:x", name="Inès Le Gall"), Person(id="@paul:x", name="Paul Martin")


BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A picture of one point."""


class Posted:
    """A history in which two people posted a file each, Paul last."""

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        files = ((INES, "devis_v2.txt"), (PAUL, "autre.txt"))
        messages = tuple(
            Past(id=f"${name}", at=1.0, sender=who, text="", link="", attachments=(attachment(name),))
            for who, name in files
            if (wanted.since or 0.0) <= 1.0
        )
        return Range(messages=messages, members=(INES, PAUL))


def _posted(core: Core) -> None:
    """An encrypted room with both files."""
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.history = Posted()  # type: ignore[assignment]
    core.platform.files_at |= {"devis_v2.txt": b"Le devis est de 40 euros.", "autre.txt": b"Un autre texte."}


@pytest.mark.parametrize(
    ("words", "name", "sender"),
    [
        ("résume le document d’Inès", "devis_v2.txt", "Inès Le Gall"),
        ("résume le fichier de Paul stp", "autre.txt", "Paul Martin"),
        ("résume ce document", "autre.txt", "Paul Martin"),
        ("résume le devis", "devis_v2.txt", "Inès Le Gall"),
        ("fais une synthèse courte du devis stp", "devis_v2.txt", "Inès Le Gall"),
    ],
)
async def test_a_document_that_somebody_posted_in_the_room_is_summarised(
    core: Core, words: str, name: str, sender: str
) -> None:
    """Of whom is named, else the last one; the answer says which it is."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    said = (await core.platform.answered())[-1].text
    assert f"Document lu\u00a0: «\u00a0{name}\u00a0», envoyé par {sender}." in said
    assert core.platform.files_at[name].decode() in str(core.gateway.received[-1].body["messages"])


@pytest.mark.parametrize(
    "words", ["et par rapport au devis d'Inès ?", "compare le document d’Inès avec celui de Paul"]
)
async def test_what_a_document_of_the_room_is_set_against_is_read_too(core: Core, words: str) -> None:
    """The last other one; the answer names both."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    said = (await core.platform.answered())[-1].text
    assert "devis_v2.txt" in said
    assert "autre.txt" in said
    asked = str(core.gateway.received[-1].body["messages"])
    assert "40 euros" in asked
    assert "Un autre texte." in asked


async def test_a_file_of_the_room_that_cannot_be_read_is_told(core: Core) -> None:
    """The talk is not summed up in its stead."""
    _posted(core)
    core.platform.files_at["devis_v2.txt"] = b"\0\1\2" * 50
    await core.tell(message("@Assistant résume le devis", room="!salon:x", direct=False))
    said = (await core.platform.answered())[-1].text
    assert "devis_v2.txt" in said
    assert "Compte rendu" not in said
    assert not core.gateway.received


@pytest.mark.parametrize(
    ("words", "medium", "told"),
    [
        ("résume le vocal d'Inès", "audio/ogg", "Je ne peux pas écouter"),
        ("il dit quoi Paul dans son message vocal ?", "audio/ogg", "Je ne peux pas écouter"),
        ("c'est quoi la photo d'Inès ?", "image/png", "aucun texte"),
    ],
)
async def test_a_file_that_has_no_name_is_called_by_its_medium(
    core: Core, words: str, medium: str, told: str
) -> None:
    """What cannot be heard or read is told: no model answers without it, nor is the talk summed up."""

    class Unnamed(Posted):
        async def recall(self, address: Address, wanted: Wanted) -> Range:
            found = await super().recall(address, wanted)
            sent = (replace(attachment("1.bin"), media_type=medium),)
            return replace(found, messages=tuple(replace(each, attachments=sent) for each in found.messages))

    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.history = Unnamed()  # type: ignore[assignment]
    core.platform.files_at["1.bin"] = BLANK
    await core.tell(message(words, room="!salon:x", direct=False))
    said = (await core.platform.answered())[-1].text
    assert told in said
    assert "Compte rendu" not in said
    assert not core.gateway.received


@pytest.mark.parametrize(
    "words", ["résume le document d’Inès", "c'est quoi le budget dans le fichier d'Inès ?"]
)
@pytest.mark.parametrize("rule", ["!pause", "!réglages historique non", "!réglages modérateurs"])
async def test_moderators_settle_what_is_read_of_the_room(core: Core, words: str, rule: str) -> None:
    """Who has paused the reading, begun it anew or kept it to themselves is heeded for files too."""
    _posted(core)
    core.platform.moderators = frozenset({"@b:x"})
    await core.tell(message(rule, room="!salon:x", direct=False, sender="@b:x"))
    await core.platform.answered()
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    *_, post = await core.platform.answered(2)
    assert "Document lu" not in post.text
    assert "devis est" not in str([each.body for each in core.gateway.received])


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        (
            "c'est quoi le budget dans le fichier d'Inès ?",
            "devis_v2.txt",
            "Document lu\u00a0: «\u00a0devis_v2.txt\u00a0»",
        ),
        ("what does Paul's file say about the budget?", "autre.txt", "Document read: “autre.txt”"),
        (
            "quel est le montant dans le devis que Inès a posté ?",
            "devis_v2.txt",
            "Document lu\u00a0: «\u00a0devis_v2.txt\u00a0»",
        ),
        (
            "que dit le fichier de Paul, il y a une clause sur les pénalités ?",
            "autre.txt",
            "Document lu\u00a0: «\u00a0autre.txt\u00a0»",
        ),
    ],
)
async def test_what_is_asked_of_a_file_that_somebody_posted_is_answered_from_it(
    core: Core, words: str, name: str, told: str
) -> None:
    """Of whom the words name; the answer says which it is."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    assert told in (await core.platform.answered())[-1].text
    asked = str(core.gateway.received[-1].body["messages"])
    assert core.platform.files_at[name].decode() in asked
    assert sum(each.decode() in asked for each in core.platform.files_at.values()) == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("le fichier de paul, il dit quoi ?", "autre.txt"),
        ("y a quoi dans le fichier d'Inès ?", "devis_v2.txt"),
        ("le devis, il est de combien ?", "devis_v2.txt"),
        ("résume le fichier autre.txt", "autre.txt"),
    ],
)
async def test_a_file_that_is_spoken_of_in_passing_is_read_where_it_stands(
    core: Core, words: str, name: str
) -> None:
    """By whose it is, or by its name; the answer names it."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    assert f"Document lu\u00a0: «\u00a0{name}\u00a0»" in (await core.platform.answered())[-1].text
    assert core.platform.files_at[name].decode() in str(core.gateway.received[-1].body["messages"])


async def test_of_the_files_of_a_room_only_the_one_that_is_asked_about_is_read(core: Core) -> None:
    """Another one, of a level that may not be here, refuses nothing."""
    _posted(core)
    core.platform.files_at["autre.txt"] = b"DIFFUSION RESTREINTE\n\nLe plan."
    await core.tell(message("@Assistant résume le document d’Inès", room="!salon:x", direct=False))
    assert "Document lu" in (await core.platform.answered())[-1].text
    await core.settled()
    await core.tell(message("@Assistant résume le document de Paul", room="!salon:x", direct=False))
    assert "Je ne peux pas traiter" in (await core.platform.answered(2))[-1].text
    assert "Le plan" not in str([each.body for each in core.gateway.received])


@pytest.mark.parametrize("words", ["quel est le taux de TVA ?", "que dit le rapport de Zoé sur les délais ?"])
async def test_of_whom_nobody_posted_no_file_is_read(core: Core, words: str) -> None:
    """Nothing of the room goes to a model."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    await core.platform.answered()
    assert "devis" not in str(core.gateway.received[-1].body["messages"])


async def test_where_nobody_posted_a_document_it_is_said(core: Core) -> None:
    """No model invents one."""
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    await core.tell(message("@Assistant résume le document de Bob", room="!salon:x", direct=False))
    assert "Je ne trouve pas de document" in (await core.platform.answered())[-1].text
    assert not core.gateway.received


async def test_a_summary_of_a_document_is_in_the_language_that_is_asked_for(core: Core) -> None:
    """The words of service too."""
    await given(core, "Le budget est de 40 euros.")
    await core.tell(message("résume en anglais"))
    said = (await core.platform.answered(2))[-1].text
    assert "written by an artificial intelligence" in said


EARLIER = "dans le rapport que je vous ai donné hier, qui signe ?"


async def test_a_question_on_a_document_that_was_given_earlier_is_answered_from_it(core: Core) -> None:
    """The session holds it."""
    await given(core, SHORT)
    await core.tell(message(EARLIER))
    await core.platform.answered(2)
    assert "40 000 euros" in str(core.gateway.received[-1].body["messages"])


async def test_where_a_document_that_was_given_earlier_is_not_here_it_is_said(core: Core) -> None:
    """No model answers without it."""
    await core.tell(message(EARLIER))
    assert "Je n’ai pas ce document" in (await core.platform.answered())[-1].text
    assert not core.gateway.received


@pytest.mark.parametrize(
    "words", ["c'est quoi le budget dans le fichier d'Inès ?", "résume le document d’Inès"]
)
async def test_what_was_asked_of_a_file_that_somebody_posted_is_answered_again_from_it(
    core: Core, words: str
) -> None:
    """The model has the file a second time."""
    _posted(core)
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    await core.platform.answered()
    await core.settled()
    await core.tell(message("@Assistant recommence", room="!salon:x", direct=False))
    await core.platform.until(lambda: len(core.gateway.received) == 2)
    assert "40 euros" in str(core.gateway.received[-1].body["messages"])


@pytest.mark.parametrize("first", ["résume le devis", "c'est quoi le budget dans le fichier d'Inès ?"])
@pytest.mark.parametrize("words", ["la décision c'est pour quand", "qui paie les 40 euros ?"])
async def test_what_replies_to_an_answer_from_a_posted_file_is_asked_of_that_file(
    core: Core, first: str, words: str
) -> None:
    """The model has the file a second time, though nobody names it; the talk is not summed up."""
    _posted(core)
    await core.tell(message(f"@Assistant {first}", room="!salon:x", direct=False))
    told = (await core.platform.answered())[-1]
    await core.settled()
    await core.tell(message(words, room="!salon:x", direct=False, reply_to=told.id))
    await core.platform.until(lambda: len(core.gateway.received) == 2)
    assert "Le devis est de 40 euros" in str(core.gateway.received[-1].body["messages"])


@pytest.mark.parametrize("words", ["merci", "annule"])
async def test_what_is_no_question_is_not_asked_of_the_file(core: Core, words: str) -> None:
    """Thanks and orders that reply to its summary; no model is asked, and the file is not read again."""
    _posted(core)
    await core.tell(message("@Assistant résume le devis", room="!salon:x", direct=False))
    told = (await core.platform.answered())[-1]
    await core.settled()
    before = len(core.gateway.received)
    await core.tell(message(words, room="!salon:x", direct=False, reply_to=told.id))
    await core.platform.answered(2)
    await core.settled()
    assert len(core.gateway.received) == before


async def test_the_wrong_file_is_forgotten(core: Core) -> None:
    """What is asked next is about the right one alone; a file of which something was asked is not dropped."""
    await given(core, "Le menu du lundi est servi.", "menu.txt")
    await core.settled()
    await core.tell(message("oups c'est pas le bon fichier"))
    assert "ne tiens plus compte de ce fichier" in (await core.platform.answered(2))[-1].text
    await core.settled()
    core.platform.files_at["note.txt"] = SHORT.encode()
    await core.tell(message("", attachments=(attachment("note.txt"),)))
    await core.platform.answered(3)
    await core.settled()
    await core.tell(message("voilà, résume"))
    await core.platform.until(lambda: bool(core.gateway.received))
    asked = str(core.gateway.received[-1].body["messages"])
    assert "Brest" in asked
    assert "menu du lundi" not in asked
    await core.platform.answered(4)
    await core.settled()
    await core.tell(message("mauvais fichier désolé"))
    assert "supprimez votre message" in (await core.platform.answered(5))[-1].text


BUDGET = "Le budget total est de 40 euros."


async def asked_of(
    core: Core, words: str, *, name: str = "budget.txt", readers: set[str] | None = None
) -> Post:
    """What was answered in a room to words that reply to a message which is a file, or was ("")."""
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.files_at["budget.txt"] = BUDGET.encode()
    asked = replace(
        message(words, room="!salon:x", direct=False, reply_to="$file"),
        quoted_files=(attachment(name),) if name else (),
        quoted_to=None if readers is None else frozenset(readers),
        unquoted="" if name else "unread",
    )
    count = len([each for each in core.platform.shown if not each.growing])
    await core.tell(asked)
    posts = await core.platform.answered(count + 1)
    await core.settled()
    return posts[-1]


@pytest.mark.parametrize("words", ["c'est quoi le total ?", "résume", "combien en tout"])
async def test_what_replies_to_a_document_is_asked_of_it(core: Core, words: str) -> None:
    """As if it had come with the question."""
    await asked_of(core, words)
    assert BUDGET in str(core.gateway.received[-1].body["messages"])


async def test_a_document_that_not_everyone_could_read_is_not_brought(core: Core) -> None:
    """Who came later reads nothing of it in the answer, which says so."""
    post = await asked_of(core, "c'est quoi le total ?", readers={"@bot:x", "@b:x"})
    assert "Je n’ai pas tenu compte du message auquel vous répondez" in post.text
    assert "40 euros" not in str([each.body for each in core.gateway.received])


async def test_the_level_of_a_document_that_is_replied_to_counts(core: Core) -> None:
    """It is refused where it may not be, as if it had been sent."""
    core.platform.files_at["dr.txt"] = b"DIFFUSION RESTREINTE\n\nLe plan."
    post = await asked_of(core, "que dit-il ?", name="dr.txt")
    assert not core.gateway.received
    assert "Je ne peux pas traiter ce message ici" in post.text


async def test_a_document_that_is_replied_to_is_not_kept(core: Core) -> None:
    """Once it is deleted, nothing of it is given to a model: it is read where it stands each time."""
    await asked_of(core, "c'est quoi le total ?")
    core.gateway.behaviour = Behaviour(answer="Je ne sais pas.")
    await asked_of(core, "et le budget, il est de combien ?", name="")
    assert BUDGET not in str(core.gateway.received[-1].body["messages"])


async def test_a_question_in_a_thread_is_about_what_it_begins_with(core: Core) -> None:
    """Each time, and a summary of the thread is one all the same; of a question that was put to us nothing is
    brought twice."""
    roots: list[str | None] = []

    class Slack:
        async def described(self, message: Message, root: str | None = None) -> Message:
            roots.append(root)
            files = (attachment("budget.txt"),)
            return replace(message, quoted_files=files, quotes_root=True) if root else message

    def in_thread(words: str, thread: str) -> Message:
        said = message(words, room="!salon:x", direct=False)
        return replace(said, address=replace(said.address, thread=thread))

    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.files_at["budget.txt"] = BUDGET.encode()
    core.platform.descriptions = Slack()
    for n, words in enumerate(("c'est quoi le total ?", "et en dollars ?"), 1):
        await core.tell(in_thread(words, "$file"))
        await core.platform.answered(n)
        await core.settled()
        assert BUDGET in str(core.gateway.received[-1].body["messages"])
    first = in_thread("Cite un fleuve", "$q")
    await core.tell(replace(first, id="$q"))
    await core.platform.answered(3)
    await core.settled()
    await core.tell(in_thread("et une mer ?", "$q"))
    await core.platform.answered(4)
    assert roots == ["$file", "$file"], "there is nothing else to be described"


@pytest.mark.parametrize("words", ["plus court", "et en deux phrases ?"])
async def test_what_goes_on_in_a_thread_is_about_the_answer_not_what_the_thread_begins_with(
    core: Core, words: str
) -> None:
    """« plus court » below a colleague's message shortens what was answered there."""

    class Root:
        async def described(self, message: Message, root: str | None = None) -> Message:
            return replace(message, quoted="Fil : congés", quotes_root=True) if root else message

    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.descriptions = Root()
    for n, said in enumerate(("combien de jours de congé pour un titulaire ?", words), 1):
        asked = message(said, room="!salon:x", direct=False)
        await core.tell(replace(asked, address=replace(asked.address, thread="$root")))
        await core.platform.answered(n)
        await core.settled()
    told = core.gateway.received[-1].body["messages"]
    assert any(each["role"] == "assistant" and "titulaire" in each["content"] for each in told)


class Below:
    """Every message stands in a thread that begins with these files."""

    def __init__(self, *names: str) -> None:
        self.files = tuple(map(attachment, names))

    async def described(self, message: Message, root: str | None = None) -> Message:
        return replace(message, quoted_files=self.files, quotes_root=True) if root else message


async def asked_below(core: Core, words: str, *files: str) -> str:
    """What was answered to words in the thread that begins with these files."""
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.files_at |= {
        "budget.txt": BUDGET.encode(),
        "donnees.bin": bytes(range(4)) * 30,
        "dr.txt": b"DIFFUSION RESTREINTE\n\nLe plan.",
    }
    core.platform.descriptions = Below(*files)
    said = message(words, room="!salon:x", direct=False)
    count = len([each for each in core.platform.shown if not each.growing])
    await core.tell(replace(said, address=replace(said.address, thread="$file")))
    posts = await core.platform.answered(count + 1)
    await core.settled()
    return posts[-1].text


async def test_a_file_that_a_thread_begins_with_and_nobody_can_read_stops_no_question(core: Core) -> None:
    """People talk there of what they like: that it could not be read is said once."""
    answers = [await asked_below(core, f"Cite un {what}", "donnees.bin") for what in ("fleuve", "arbre")]
    assert len(core.gateway.received) == 2
    assert ["« donnees.bin »" in answer for answer in answers] == [True, False]


async def test_of_two_files_that_a_thread_begins_with_one_is_read(core: Core) -> None:
    """It is asked of that, and the other one is named."""
    answer = await asked_below(core, "c'est quoi le total ?", "donnees.bin", "budget.txt")
    assert BUDGET in str(core.gateway.received[-1].body["messages"])
    assert "« donnees.bin »" in answer


async def test_of_a_file_that_is_replied_to_and_cannot_be_read_the_rule_is_told(core: Core) -> None:
    """As of one that is sent: it is no voice message."""
    core.platform.files_at["donnees.bin"] = bytes(range(4)) * 30
    post = await asked_of(core, "résume", name="donnees.bin")
    assert "La règle" in post.text
    assert not core.gateway.received


@pytest.mark.parametrize(
    ("words", "said"), [("!oublier", "sont effacés"), ("!aide", "`!aide`"), ("merci", "Avec plaisir")]
)
async def test_an_order_below_what_may_not_be_here_is_carried_out(core: Core, words: str, said: str) -> None:
    """It needs nothing of it: who asks to be forgotten is, whatever somebody else posted there."""
    assert said in await asked_below(core, words, "dr.txt")
    assert "Je ne peux pas traiter" in await asked_below(core, "que dit-il ?", "dr.txt")
    assert not core.gateway.received


async def test_what_is_asked_below_a_document_is_answered_in_full_once_models_are_back(core: Core) -> None:
    """« oui » to the offer of it is about that document, which the session does not keep."""
    core.gateway.behaviour = Behaviour(status=503)
    assert "Mode sans IA" in await asked_below(core, "c'est quoi le total ?", "budget.txt")
    core.gateway.behaviour = Behaviour()
    await asked_below(core, "oui", "budget.txt")
    assert BUDGET in str(core.gateway.received[-1].body["messages"])


async def test_what_was_asked_below_a_document_is_answered_again_from_it(core: Core) -> None:
    """By a reaction too."""
    await asked_below(core, "c'est quoi le total ?", "budget.txt")
    (answer,) = core.platform.shown
    again = Reacted(
        key="again", address=answer.address, at=1.0, sender=Person(id="@a:x"), target=answer.id,
        reaction="🔁", direct=False,
    )  # fmt: skip
    await core.tell(again)
    await core.platform.until(lambda: len(core.gateway.received) == 2)
    assert BUDGET in str(core.gateway.received[-1].body["messages"])
