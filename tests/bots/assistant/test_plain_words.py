"""Orders in plain words are carried out; sentences that only look like orders go to the model."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.policy.file import PolicyFile, Quotas, shipped_policy
from tests.core.conftest import Core, core_on, embedded, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, deletion, message

ROOM = "!direct:x"


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with core_on(tmp_path) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def says(core: Core, text: str, count: int) -> str:
    await core.tell(message(text, room=ROOM, direct=True))
    said = (await core.platform.answered(count))[-1].text
    await core.settled()
    return said


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("aide", "`!aide`"),
        ("Que sais-tu faire ?", "`!aide`"),
        ("menu", "`!aide`"),
        ("au secours je comprends rien à ce truc", "`!aide`"),
        ("nouvelle conversation", "Nouvelle conversation"),
        ("parle anglais", "I will answer in English"),
        ("je veux parler à quelqu’un", "aide@ministere.example"),
        ("merci beaucoup !", "Avec plaisir"),
        ("quelle taille de fichier ?", "50 Mo"),
        ("tu peux lire un excel ?", "50 Mo"),
        ("quels formats de fichiers lis-tu ?", "50 Mo"),
        ("t'es homologué ?", "Homologation de sécurité"),
        ("!niveau secret", "N4 – Hors périmètre"),
        ("où partent mes données ?", "`!oublier`"),
        ("combien de temps gardes-tu cela ?", "jours après le dernier"),
        ("t'es qui", "un robot"),
        ("mon chef peut lire ce que je t’écris ?", "ni votre hiérarchie"),
        ("tu as accès à internet ?", "Je ne vais pas sur Internet"),
        ("y a-t-il une limite de questions par jour ?", "autant que vous voulez"),
        ("combien de questions par jour puis-je poser ?", "autant que vous voulez"),
        ("qui est le DPO ?", "délégué à la protection des données"),
        ("who is your data protection officer?", "data protection officer"),
        ("quels sont mes droits sur mes données ?", "réclamation à la CNIL"),
        ("c'est quoi la ligne IA en bas de tes réponses ?", "a écrit la réponse"),
        ("mes réglages", "**Vos réglages dans cette conversation**"),
        ("!réglages", "**Vos réglages dans cette conversation**"),
        ("show me my settings", "I answer in English"),
        ("quels résumés sont prévus ?", "Rien n’est programmé ici"),
        ("rappelle-moi demain à 9h d'appeler Paul", "sans rappel"),
        ("ping me in an hour", "without reminders"),
        ("faut pas que j'oublie le comité de 15h", "sans rappel"),
        ("fais-moi penser à rappeler la préfecture", "sans rappel"),
        ("les .odt tu sais les lire ?", "50 Mo"),
        ("tu lis les vieux scans ?", "dont je reconnais le texte"),
        ("ça pollue beaucoup tes réponses ?", "empreinte"),
        ("aidde", "`!aide`"),
        ("hepl", "`!aide`"),
        ("du coup cache les noms stp", "je remplace les noms"),
        ("vire les tel et les mails", "je remplace les noms"),
        ("arrête de m'écrire", "il suffit de ne plus m’écrire"),
        ("tu peux partir", "il suffit de ne plus m’écrire"),
        ("je veux déposer une réclamation sur ce service", "aide@ministere.example"),
        ("niveau 7", "Je ne connais pas le niveau « N7 »"),
        ("exporte la conversation", "rien à mettre dans un fichier"),
        ("quel modèle ?", "Modèles disponibles"),
        ("pourquoi ?", "Niveau de cette conversation"),
        ("utilise small", "avec le modèle **small**"),
        ("undo", "nothing to undo"),
    ],
)
async def test_plain_words_act(core: Core, text: str, answer: str) -> None:
    """No command is needed, and no model is asked."""
    assert answer in await says(core, text, 1)
    assert not core.gateway.received


@pytest.mark.parametrize("text", ["c’est quoi N2 ?", "N2 ?", "que veut dire N2 ?"])
async def test_what_a_level_means_is_told_and_nothing_is_raised(core: Core, text: str) -> None:
    """Without a model; « passe en N2 » raises it."""
    said = await says(core, text, 1)
    assert "lu par d’autres, il nuirait" in said
    assert "Niveau de cette conversation\u00a0: **N1" in said
    assert not core.gateway.received
    assert "maintenant au niveau **N2" in await says(core, "passe en N2", 2)


@pytest.mark.parametrize("text", ["utilise medium", "!modèle medium"])
async def test_a_model_is_chosen_by_a_part_of_its_name(tmp_path: Path, text: str) -> None:
    """As people call it."""
    async with core_on(tmp_path, served=("mistral-small", "mistral-medium")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        assert "avec le modèle **mistral-medium**" in await says(core, text, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Pourquoi le ciel est bleu ?",
        "Stop aux gaspillages : trois slogans",
        "Oublie le ton formel",
        "Quelle limite pour le plomb dans l’eau ?",
        "Un fichier calendrier, c’est quel format ?",
        "Est-ce que Mistral a ouvert ses modèles ?",
        "Où partent les données d’un capteur de bruit ?",
        "Combien de jours de congés ?",
        "Bonjour",
        "Je m’appelle Anne",
        "T’es là ?",
        "Mon tableau excel met ###",
        "Anonymise moi ça : le dossier de la mairie est à Pau",
        "Annule la réunion de mardi",
        "Merci de traduire : le quai est fermé",
    ],
)
async def test_ordinary_sentences_go_to_the_model(core: Core, text: str) -> None:
    """They are answered, whatever they look like."""
    await says(core, text, 1)
    assert len(core.gateway.received) == 1


async def test_erasure_is_confirmed(core: Core) -> None:
    """« efface mes données » asks first; no keeps all, yes erases it."""
    await says(core, "Bonjour", 1)
    assert "**oui** ou **non**" in await says(core, "efface mes données", 2)
    assert "je n’efface rien" in await says(core, "non", 3)
    assert (await core.sessions.export("@a:x"))["sessions"]
    assert "**oui** ou **non**" in await says(core, "efface toutes mes données stp", 4)
    assert "sont effacés" in await says(core, "oui", 5)
    assert not (await core.sessions.export("@a:x"))["sessions"]


@pytest.mark.parametrize("word", ["attends", "hmm", "mouais", "c'est bon", "allez", "👏"])
async def test_nothing_is_erased_on_a_word_that_may_be_none(core: Core, word: str) -> None:
    """What is done for good takes a sure yes: « attends » is none."""
    await says(core, "Bonjour", 1)
    await says(core, "efface mes données", 2)
    await says(core, word, 3)
    assert (await core.sessions.export("@a:x"))["sessions"]


@pytest.mark.parametrize("word", ["ouais", "ok vas y", "oui, efface", "👍", "✅"])
async def test_a_sure_yes_erases(core: Core, word: str) -> None:
    """In whatever words, or by its sign."""
    await says(core, "Bonjour", 1)
    await says(core, "efface mes données", 2)
    assert "sont effacés" in await says(core, word, 3)


@pytest.mark.parametrize("word", ["nan c bon", "laisse tomber", "annule", "👎", "non finalement"])
async def test_whoever_drops_an_erasure_is_told_that_nothing_is_erased(core: Core, word: str) -> None:
    """« laisse tomber » stops no answer there: it declines what was asked; a later yes is one to nothing."""
    await says(core, "Bonjour", 1)
    await says(core, "efface mes données", 2)
    assert "je n’efface rien" in await says(core, word, 3)
    await says(core, "oui", 4)
    assert (await core.sessions.export("@a:x"))["sessions"]


@pytest.mark.parametrize("text", ["t'es nul", "bof"])
async def test_nobody_is_offered_to_thank_or_to_say_no(core: Core, text: str) -> None:
    """Where no order was surely read, what is only said is the model's to answer."""
    assert "Je ne suis pas sûr" not in await says(core, text, 1)
    assert core.gateway.received


@pytest.mark.parametrize(("sign", "said"), [("👍", "Merci"), ("👎", "Qu’est-ce qui n’allait pas")])
async def test_a_sign_written_after_an_answer_judges_it(core: Core, sign: str, said: str) -> None:
    """It is as good as the reaction, and no model is asked what it means."""
    await says(core, "Bonjour", 1)
    assert said in await says(core, sign, 2)
    assert len(core.gateway.received) == 1


async def test_how_long_data_are_kept_is_told(core: Core) -> None:
    """Whoever asks that asks for no copy of them."""
    assert "days after the last" in await says(core, "Hi! Could you tell me how long you keep my data?", 1)
    assert all(state.file is None for post in core.platform.shown for state in post.states)


async def test_a_message_without_a_word_is_answered(core: Core) -> None:
    """Only our name was written, or a mail holds nothing but what it quotes."""
    assert "Que puis-je faire pour vous" in await says(core, "", 1)
    assert not core.gateway.received


async def test_what_denies_a_refusal_has_it_explained(core: Core) -> None:
    """Right after it, words that are more than a « non » are about it, and no question of ours."""
    await says(core, "DIFFUSION RESTREINTE\n\nLe plan bleu sera prêt mardi.", 1)
    assert "a été refusé" in await says(core, "non mais juste le titre", 2)


async def test_what_came_without_a_word_is_named_and_kept_for_the_question(core: Core) -> None:
    """A poll or a place orders nothing; the question that follows is about it."""
    shown = replace(message("", room=ROOM, direct=True), quoted="Sondage : mardi ou jeudi ?")
    await core.tell(shown)
    said = (await core.platform.answered(1))[-1].text
    assert "Sondage : mardi ou jeudi ?" in said
    assert "ni voter" in said
    await core.settled()
    assert not core.gateway.received
    await says(core, "qui doit voter ?", 2)
    assert "mardi ou jeudi" in str(core.gateway.received[-1].body["messages"])


async def test_a_message_replied_to_without_a_word_is_no_poll(core: Core) -> None:
    """It is named, and nothing is said of votes and places."""
    await core.tell(message("", room=ROOM, direct=True, quoted="Qui apporte le café ?", reply_to="$bob"))
    said = (await core.platform.answered(1))[-1].text
    assert "Qui apporte le café" in said
    assert "voter" not in said


async def test_the_last_answer_becomes_a_file(core: Core) -> None:
    """« mets ça dans un fichier Word » needs no command, and says so where there is nothing to put."""
    await says(core, "Bonjour", 1)
    await core.tell(message("mets ça dans un fichier Word", room=ROOM, direct=True))
    posts = await core.platform.answered(3)
    files = [post.states[-1].file for post in posts]
    assert any(file is not None and file.name.endswith(".docx") for file in files)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mets la deuxième réponse en Word", "ma réponse à « Cite un lac »"),
        ("et la première en pdf", "ma réponse à « Cite un fleuve »"),
        ("la dernière réponse en Word", "ma dernière réponse"),
        ("exporte la cinquième réponse en Word", "j’en garde 3"),
    ],
)
async def test_the_answer_that_is_named_by_its_number_becomes_a_file(
    core: Core, text: str, said: str
) -> None:
    """Not the last one in its place; which one it is, is said."""
    for n, question in enumerate(("Cite un fleuve", "Cite un lac", "Cite une mer"), 1):
        await says(core, question, n)
    await core.tell(message(text, room=ROOM, direct=True))
    await core.platform.answered(4)
    await core.settled()
    assert said in "\n".join(post.text for post in core.platform.shown).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        ("Bonjour", "envoie-moi un powerpoint", "Je ne sais pas faire de fichier de ce type"),
        ("Bonjour", "exporte en excel", "Je ne sais pas faire de fichier de ce type"),
        ("merci", "mets ça en Word", "rien à mettre dans un fichier"),
    ],
)
async def test_a_file_that_cannot_be_made_is_told(core: Core, before: str, text: str, said: str) -> None:
    """Its type, or that there is no answer to put into it; no model makes believe."""
    await says(core, before, 1)
    asked = len(core.gateway.received)
    assert said in await says(core, text, 2)
    assert len(core.gateway.received) == asked


async def settled(core: Core) -> None:
    """What was answered is kept."""
    await core.settled()


async def _two_were_answered(core: Core) -> None:
    """Two people of a room asked something each."""
    await core.sessions.greet_once("@b:x", "earlier")
    for n, (sender, text) in enumerate((("@a:x", "Cite un fleuve"), ("@b:x", "Cite une mer")), 1):
        core.gateway.next(Behaviour(answer=f"Réponse {n}."))
        await core.tell(message(text, room="!salon:x", direct=False, sender=sender))
        await core.platform.answered(n)
        await settled(core)


async def test_in_a_room_an_order_is_about_the_last_answer_to_who_gives_it(core: Core) -> None:
    """Without a reply to anything: not about what another asked, in whichever thread; there the level of that
    answer counts."""
    await _two_were_answered(core)
    await core.tell(message("mets ça en Word", room="!salon:x", direct=False))
    await core.platform.answered(4)
    (file,) = [post.states[-1].file for post in core.platform.shown if post.states[-1].file]
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert "Réponse 1." in archive.read("word/document.xml").decode()
    await settled(core)
    await core.tell(message("@Assistant recommence", room="!salon:x", direct=False, sender="@b:x"))
    await core.platform.until(lambda: len(core.gateway.received) == 3)
    assert "Cite une mer" in str(core.gateway.received[-1].body)


@pytest.mark.parametrize(
    "text", ["@Assistant développe", "@Assistant en plus court", "@Assistant ajoute un exemple"]
)
async def test_in_a_room_what_goes_on_is_about_the_last_answer_to_who_says_it(core: Core, text: str) -> None:
    """Without a reply to anything; what stands for itself has no part of it."""
    await _two_were_answered(core)
    await core.tell(message(text, room="!salon:x", direct=False))
    await core.platform.until(lambda: len(core.gateway.received) == 3)
    heard = str(core.gateway.received[-1].body)
    assert "Réponse 1." in heard
    assert "Réponse 2." not in heard
    await settled(core)
    await core.tell(message("@Assistant traduis en anglais : le quai", room="!salon:x", direct=False))
    await core.platform.until(lambda: len(core.gateway.received) == 4)
    assert "Réponse" not in str(core.gateway.received[-1].body)


@pytest.mark.parametrize(
    ("text", "kind"), [("2", "odt"), ("le premier", "docx"), ("en PDF", "pdf"), ("4", "md")]
)
async def test_a_file_of_no_named_type_is_asked_about(core: Core, text: str, kind: str) -> None:
    """By numbers; it holds the last answer, and not the question about its type."""
    core.gateway.behaviour = Behaviour(answer="Lima.")
    await says(core, "Quelle est la capitale du Pérou ?", 1)
    assert "3. PDF" in await says(core, "exporte la conversation", 2)
    await says(core, text, 3)
    file = core.platform.shown[-1].states[-1].file
    assert file is not None
    assert file.name.endswith(f".{kind}")
    assert b"Dans quel format" not in file.data


@pytest.mark.parametrize("word", ["non rien", "laisse tomber", "non merci"])
async def test_who_declines_what_is_offered_by_number_gets_a_word(core: Core, word: str) -> None:
    """And no model."""
    await says(core, "quel modèle ?", 1)
    await core.settled()
    assert "je n’en fais rien" in await says(core, word, 2)
    assert not core.gateway.received


@pytest.mark.parametrize("text", ["parle-moi en anglais", "désormais réponds en anglais"])
async def test_who_chooses_a_language_after_an_answer_learns_how_to_have_it_in_that(
    core: Core, text: str
) -> None:
    """No model is asked for anything."""
    await says(core, "Quelle est la capitale du Pérou ?", 1)
    assert "write “again”" in await says(core, text, 2)
    assert len(core.gateway.received) == 1


@pytest.mark.parametrize(
    "text",
    [
        "et en anglais ?",
        "la même chose en anglais",
        "in English please",
        "Can I have this in English please?",
    ],
)
async def test_an_answer_is_wanted_in_another_language_once(core: Core, text: str) -> None:
    """A model translates it; what is asked next is answered in the language of before."""
    await says(core, "Quelle est la capitale du Pérou ?", 1)
    assert "“speak English”" in await says(core, text, 2)
    first, wish = core.gateway.received[-1].body["messages"][-2:]
    assert (first["role"], wish["content"].rpartition("\n")[2]) == ("assistant", text)
    await says(core, "Quelle est la capitale du Chili ?", 3)
    assert "Réponds en français" in str(core.gateway.received[-1].body)


@pytest.mark.parametrize("text", ["qui t'a dit ça ?", "t'es sûr ?", "where did you get that?"])
async def test_doubts_about_an_answer_are_put_to_the_model(core: Core, text: str) -> None:
    """They ask nothing about the service."""
    await says(core, "Quelle est la capitale du Pérou ?", 1)
    await says(core, text, 2)
    assert len(core.gateway.received) == 2


@pytest.mark.parametrize("text", ["t'es qui ?", "mon chef peut lire ce que je t’écris ?"])
async def test_questions_about_the_service_are_answered_after_an_answer_too(core: Core, text: str) -> None:
    """From facts."""
    await says(core, "Quelle est la capitale du Pérou ?", 1)
    await says(core, text, 2)
    assert len(core.gateway.received) == 1


async def test_a_language_is_chosen_where_there_is_nothing_to_translate(core: Core) -> None:
    """« in English please » as first words."""
    assert "I will answer in English" in await says(core, "in English please", 1)
    assert not core.gateway.received


async def test_where_nothing_was_said_there_is_nothing_to_summarise(core: Core) -> None:
    """« résume » alone; no model invents a text."""
    assert "Je n’ai pas de texte à résumer ici" in await says(core, "résume", 1)
    assert not core.gateway.received


@pytest.mark.parametrize("words", ["@Assistant tu peux partir, merci", "@Assistant ne lis plus ce salon"])
@pytest.mark.parametrize(
    ("moderators", "said"), [(True, "Vous pouvez me retirer"), (False, "Un modérateur du salon")]
)
async def test_who_wants_the_bot_to_leave_a_room_is_told_how(
    core: Core, words: str, moderators: bool, said: str
) -> None:
    """A moderator removes it as any member; others learn who may. No model is asked."""
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    core.platform.moderators = frozenset({"@a:x"}) if moderators else frozenset()
    await core.tell(message(words, room="!salon:x", direct=False))
    assert said in (await core.platform.answered())[-1].text
    assert not core.gateway.received


async def test_in_a_room_where_nothing_was_answered_to_them_the_reply_is_asked_for(core: Core) -> None:
    """« export word » of somebody else says how a message is named."""
    await core.tell(message("Cite un fleuve", room="!salon:x", direct=False, sender="@b:x"))
    await core.platform.answered(1)
    await settled(core)
    await core.tell(message("export word", room="!salon:x", direct=False))
    assert "répondez au message" in (await core.platform.answered(2))[-1].text


@pytest.mark.parametrize(
    ("text", "answer"),
    [("help", "“delete my data”"), ("delete my data", "Answer **yes** or **no**"), ("thanks!", "welcome")],
)
async def test_an_order_is_answered_in_its_own_language(core: Core, text: str, answer: str) -> None:
    """A few English words after French talk have no grammar, and are told by what orders are made of."""
    await says(core, "Quelle est la capitale de la France ?", 1)
    said = await says(core, text, 2)
    assert answer in said
    assert "I answer in English, as you write to me." in said


async def test_a_word_that_may_be_of_either_language_changes_none(core: Core) -> None:
    """« export word », « stop », « yes » are written by everybody."""
    await says(core, "Quelle est la capitale de la France ?", 1)
    for n, text in enumerate(("N2", "recap", "yes", "docx"), 2):
        assert "English" not in await says(core, text, n)


async def test_a_question_is_answered_in_either_language(core: Core) -> None:
    """« oui, c’est ce que je veux » answers what was asked in English."""
    await says(core, "Bonjour", 1)
    assert "Answer **yes**" in await says(core, "delete all my data please", 2)
    assert "sont effacés" in await says(core, "oui, c’est ce que je veux", 3)


@pytest.mark.parametrize(
    "words",
    ["efface ma question", "efface ton message stp", "supprime mon dernier message"],
)
async def test_who_wants_one_message_away_is_told_how(core: Core, words: str) -> None:
    """Nothing is asked about an erasure of everything, and no model is asked."""
    await says(core, "Bonjour", 1)
    said = await says(core, words, 2)
    assert "supprimez votre message" in said
    assert len(core.gateway.received) == 1


@pytest.mark.parametrize(
    "words", ["efface tout ce que j’ai écrit", "supprime toutes mes données, y compris mon dernier message"]
)
async def test_who_wants_all_away_is_asked_about_all(core: Core, words: str) -> None:
    """Though one message is named too."""
    await says(core, "Bonjour", 1)
    assert "**oui** ou **non**" in await says(core, words, 2)


async def test_why_after_an_answer_is_a_question(core: Core) -> None:
    """Right after a refusal it explains; after an answer the model is asked."""
    await says(core, "Bonjour", 1)
    await says(core, "Pourquoi ?", 2)
    assert len(core.gateway.received) == 2


@pytest.mark.parametrize(
    "words", ["recommence", "refais ta réponse", "refais-la", "redis-le autrement", "réessaie"]
)
async def test_again_asks_the_same_question(core: Core, words: str) -> None:
    """The model answers anew in the same message, without its first answer."""
    await says(core, "Cite un fleuve", 1)
    (post,) = core.platform.shown
    await core.tell(message(words, room=ROOM, direct=True))
    await core.platform.until(lambda: len(post.states) == 2)
    first, second = (each.body["messages"] for each in core.gateway.received)
    assert first == second


@pytest.mark.parametrize(
    "wish", ["refais en plus court", "recommence en anglais", "tu as oublié la Loire, recommence"]
)
async def test_again_with_a_wish_is_about_the_first_answer(core: Core, wish: str) -> None:
    """What should be otherwise reaches the model, after its first answer."""
    await says(core, "Cite les fleuves de France", 1)
    await says(core, wish, 2)
    said = core.gateway.received[-1].body["messages"]
    assert [each["role"] for each in said[-3:]] == ["user", "assistant", "user"]
    assert said[-1]["content"].endswith(wish)


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("la première version", "zéro"),
        ("reviens à la version d'avant", "deux"),
        ("non la 1ere était mieux", "zéro"),
    ],
)
async def test_an_earlier_version_of_an_answer_is_given_back(core: Core, words: str, version: str) -> None:
    """The first, or the one before; no model is asked, and what is said next is about it."""
    core.gateway.next(Behaviour(answer="Version zéro."))
    await says(core, "Cite un fleuve", 1)
    for number in ("un", "deux", "trois"):
        core.gateway.next(Behaviour(answer=f"Version {number}."))
        await core.tell(message("recommence", room=ROOM, direct=True))
        (post,) = core.platform.shown
        await core.platform.until(lambda post=post, text=number: text in post.text)
        await core.settled()
    assert f"Version {version}." in await says(core, words, 2)
    assert len(core.gateway.received) == 4
    await says(core, "plus court", 3)
    assert f"Version {version}." in str(core.gateway.received[-1].body["messages"])


async def test_what_is_wanted_of_an_earlier_version_reaches_the_model_with_it(core: Core) -> None:
    """What is to be otherwise is said of that one, not of the last."""
    core.gateway.next(Behaviour(answer="La Loire."))
    await says(core, "Cite un fleuve", 1)
    core.gateway.next(Behaviour(answer="Le Rhône."))
    await core.tell(message("refais", room=ROOM, direct=True))
    await core.platform.until(lambda: "Rhône" in core.platform.shown[0].text)
    await core.settled()
    await says(core, "reviens à la première version et ajoute sa longueur en km", 2)
    said = str(core.gateway.received[-1].body["messages"])
    assert "La Loire." in said
    assert "Rhône" not in said


async def test_an_earlier_version_is_by_who_wrote_it(tmp_path: Path) -> None:
    """Not by the model that answered anew."""
    async with core_on(tmp_path, served=("small", "medium")) as core:
        chat = f"tchap:{ROOM}"
        await says(core, "Cite un fleuve", 1)
        first = (await core.sessions.load(chat, "@a:x"))[0].turns[-1].writers
        await core.tell(message("!recommence avec un autre modèle", room=ROOM, direct=True))
        await core.platform.until(lambda: len(core.gateway.received) == 2)
        await core.settled()
        assert (await core.sessions.load(chat, "@a:x"))[0].turns[-1].writers != first
        await says(core, "la première version", 2)
        assert (await core.sessions.load(chat, "@a:x"))[0].turns[-1].writers == first


async def test_earlier_versions_go_with_their_question(core: Core) -> None:
    """Who deletes what they asked leaves nothing of what was answered to it, however often."""
    asks = message("Cite un fleuve", room=ROOM, direct=True)
    await core.tell(asks)
    await core.platform.answered(1)
    await core.settled()
    for number in (2, 3):
        await core.tell(message("recommence", room=ROOM, direct=True))
        await core.platform.until(lambda number=number: len(core.gateway.received) == number)
        await core.settled()
    shelf, _ = await core.sessions.load(f"tchap:{ROOM}#versions", "@a:x")
    assert len(shelf.turns) == 1
    gone = deletion(asks)
    await core.tell(gone)
    await core.platform.until(lambda: all(post.deleted for post in core.platform.shown))
    await core.settled()
    shelf, _ = await core.sessions.load(f"tchap:{ROOM}#versions", "@a:x")
    assert not shelf.turns


@pytest.mark.parametrize(
    "words",
    ["donne une autre version", "refais une version plus courte", "refais la première phrase"],
)
async def test_another_version_is_none_of_before(core: Core, words: str) -> None:
    """Who asked again and wants one more, or some of it otherwise, gets a new answer."""
    await says(core, "Cite un fleuve", 1)
    for number, text in ((2, "recommence"), (3, words)):
        await core.tell(message(text, room=ROOM, direct=True))
        await core.platform.until(lambda number=number: len(core.gateway.received) == number)
        await core.settled()


async def test_where_an_answer_was_given_once_there_is_no_version_before(core: Core) -> None:
    """It is answered again, as « refais » is."""
    await says(core, "Cite un fleuve", 1)
    await core.tell(message("la première version", room=ROOM, direct=True))
    await core.platform.until(lambda: len(core.gateway.received) == 2)


async def test_what_a_refusal_did_not_offer_is_said_to_be_nowhere(core: Core) -> None:
    """Nothing of a refused message is kept where nothing could be chosen; no model gets the bare order."""
    await says(core, "DIFFUSION RESTREINTE\n\nLe plan bleu sera prêt mardi.", 1)
    assert "Je n’ai rien gardé" in await says(core, "ok enlève le passage et envoie", 2)
    assert not core.gateway.received


@pytest.mark.parametrize("words", ["recommence", "plus court", "refais en plus simple"])
async def test_there_is_nothing_to_ask_again_before_an_answer(core: Core, words: str) -> None:
    """It is said, and how an answer is referred to; no model is asked what they may be about."""
    said = await says(core, words, 1)
    assert "pas encore de réponse" in said
    assert "répondez à celle-là" in said
    assert not core.gateway.received


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("J’ai envie d’en finir", "3114"),
        ("mon collègue parle de se suicider, que faire ?", "3114"),
        ("mon mari me frappe", "3919"),
        ("un élève arrive tous les jours avec des bleus et dit que c’est son père", "119"),
        ("ma cheffe me harcèle depuis des mois", "signalement"),
        ("I want to die", "3114"),
        ("je n’en peux plus, je pleure tous les matins avant de venir", "médecin du travail"),
    ],
)
async def test_a_person_in_danger_reads_whom_to_call_first(core: Core, text: str, number: str) -> None:
    """A fixed word comes before whatever the model says."""
    answer = await says(core, text, 1)
    assert number in answer.partition("---")[0]
    assert "**17**" in answer


async def test_a_refusal_does_not_hide_whom_to_call(tmp_path: Path) -> None:
    """Where the message may not be handled, its author reads whom to call before why."""
    async with core_on(tmp_path, platform=Platform(kind="tchap_public")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        danger = "Mon mari me frappe. Mon numéro de sécu : 1 85 05 78 006 084 91"
        lead, _, rest = (await says(core, danger, 1)).partition("---")
        assert "3919" in lead
        assert "Je ne peux pas traiter ce message ici" in rest


async def test_nobody_in_danger_is_asked_whether_it_is_protected(core: Core) -> None:
    """What may be too sensitive for a model reaches none; whom to call is said, and no more is asked."""
    said = await says(core, "mon chef me harcèle tous les jours, je n'en peux plus", 1)
    lead, _, rest = said.partition("---")
    assert "médecin du travail" in lead
    assert "aucun modèle" in rest
    assert "?" not in said
    assert not core.gateway.received


async def test_without_a_model_who_is_in_danger_reads_whom_to_call_and_no_more(tmp_path: Path) -> None:
    """That no passage has the words of the question is nothing to say to it."""
    async with core_on(tmp_path, platform=Platform(), policy=embedded) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        said = await says(core, "j'ai envie de mourir", 1)
        assert "3114" in said
        assert "---" not in said


async def test_others_do_not_read_that_a_person_is_in_danger(tmp_path: Path) -> None:
    """In a room the word is said to the person alone, and no model is asked."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("@Assistant je veux mourir", room="!salon:x", direct=False))
        posts = await core.platform.answered(2)
        read = {post.address.conversation: post.text for post in posts}
        assert "3114" in read["!@a:x"]
        assert "vous pouvez me reposer votre question ici" in read["!@a:x"]
        assert read["!salon:x"] == "Je vous réponds en conversation directe."
        assert not core.gateway.received


@pytest.mark.parametrize(
    ("private", "here", "said"),
    [
        (True, True, "Je vous réponds en conversation directe."),
        (False, True, "Je n’ai pas pu vous écrire en privé."),
        (True, False, "qu’aux membres de la conversation."),
    ],
)
async def test_an_answer_of_a_room_is_sent_in_private_to_who_is_there(
    tmp_path: Path, private: bool, here: bool, said: str
) -> None:
    """Who cannot have it so is told that, and not that something was refused; others get nothing."""
    platform = Platform()
    platform.private = platform if private else None
    async with core_on(tmp_path, platform=platform) as core:
        who = "@a:x" if here else "@left:x"
        for person in ("@a:x", who):
            await core.sessions.greet_once(person, "earlier")
        core.gateway.next(Behaviour(answer="La Loire."))
        await core.tell(message("@Assistant cite un fleuve", room="!salon:x", direct=False))
        (post,) = await core.platform.answered(1)
        await core.settled()
        wish = message("envoie-moi ça en privé", room="!salon:x", direct=False, reply_to=post.id, sender=who)
        await core.tell(wish)
        posts = (await core.platform.answered(3 if private and here else 2))[1:]
        await core.settled()
        told = {each.address.conversation: each.text for each in posts}
        assert said in told["!salon:x"]
        assert ("La Loire." in told.get(f"!{who}", "")) is (private and here)


async def test_who_collapses_is_told_where_others_may_help(tmp_path: Path) -> None:
    """Whom to call stands in the room itself, before the answer; who cannot speak reads how."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("@Assistant une collègue ne respire plus", room="!salon:x", direct=False))
        (post,) = await core.platform.answered(1)
        first = post.text.partition("---")[0]
        assert post.address.conversation == "!salon:x"
        assert all(number in first for number in ("15", "112", "114"))


async def test_a_subject_is_no_distress(core: Core) -> None:
    """Work on these subjects is answered as any other."""
    for count, text in enumerate(
        ("Plan de prévention du suicide : trois mesures", "Rédige une charte contre le harcèlement"), 1
    ):
        assert "**17**" not in await says(core, text, count)


async def test_a_footprint_is_told_on_request(core: Core) -> None:
    """`!empreinte`: the last answer's and those of the month, in words; a short answer bears none."""
    assert "aucune" in (await says(core, "!empreinte", 1)).lower()
    assert "CO₂" not in await says(core, "Cite un fleuve", 2)
    told = await says(core, "!empreinte", 3)
    assert "ampoule" in told
    assert "1 réponse" in told


async def test_a_longer_answer_bears_a_footer(core: Core) -> None:
    """Who wrote it, and its level."""
    core.gateway.next(Behaviour(answer="Le fleuve est long. " * 40))
    assert "*IA · small · N1 interne*" in await says(core, "Raconte un fleuve", 1)


def two_models(gateway: FakeGateway) -> PolicyFile:
    first, *_ = policy_for(gateway).models
    models = (replace(first, active_parameters=2.0), replace(first, id="grand", active_parameters=90.0))
    return replace(shipped_policy(), models=models)


async def test_without_a_choice_the_most_frugal_model_answers(tmp_path: Path) -> None:
    """`!modèle` lists from the most frugal, whichever is chosen; `!modèle auto` says who answers now."""
    async with core_on(tmp_path, policy=two_models) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "!modèle grand", 1)
        listed = await says(core, "!modèle", 2)
        assert listed.index("`small`") < listed.index("`grand` (choisi)")
        assert "`small` (répond ici)" in await says(core, "!modèle auto", 3)


async def test_plain_words_choose_a_model(tmp_path: Path) -> None:
    """By its size, or by its name; one that is not there is named, with those that are."""
    async with core_on(tmp_path, policy=two_models) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        assert "**grand**" in await says(core, "prends un gros modèle", 1)
        assert "**small**" in await says(core, "passe sur small", 2)
        unknown = await says(core, "utilise gpt-4", 3)
        assert "Je ne connais pas le modèle «\u00a0gpt-4\u00a0»" in unknown
        assert "`grand`" in unknown


async def test_an_unknown_level_gets_those_of_this_place(core: Core) -> None:
    """Nothing above its ceiling is proposed."""
    said = await says(core, "!niveau bleu", 1)
    assert "N2" in said
    assert "N3" not in said


async def test_who_writes_in_english_is_answered_in_english(core: Core) -> None:
    """From the first plain words on, which is said once; until another language is chosen."""
    first = await says(core, "how long do you keep this?", 1)
    assert "30 days after the last" in first
    assert "parle français" in first
    second = await says(core, "thanks", 2)
    assert "You are welcome" in second
    assert "parle français" not in second
    await says(core, "parle français", 3)
    assert "jours après le dernier" in await says(core, "how long do you keep this?", 4)


async def test_who_turns_back_to_french_is_answered_in_french(core: Core) -> None:
    """One English line chooses no language for good."""
    await says(core, "how long do you keep this?", 1)
    back = await says(core, "combien de temps gardes-tu cela ?", 2)
    assert "jours après le dernier" in back
    assert "speak English" in back


async def test_whoever_asks_for_limits_is_told_what_remains_today(tmp_path: Path) -> None:
    """Of the day's tokens, from what they used."""
    async with core_on(tmp_path, quotas=Quotas(tokens_per_day=1000)) as core:
        assert "il vous reste 1 000 aujourd’hui" in await says(core, "combien de demandes me reste-t-il ?", 1)
        await says(core, "Quelle est la capitale du Pérou ?", 2)
        left = re.search(
            r"il vous reste (\d+) aujourd’hui", await says(core, "combien de demandes me reste-t-il ?", 3)
        )
        assert left
        assert 0 < int(left[1]) < 1000


async def test_in_a_room_nobody_is_told_what_another_has_used(tmp_path: Path) -> None:
    """The limit is told, and not what remains of it to who asks."""
    async with core_on(tmp_path, quotas=Quotas(tokens_per_day=1000)) as core:
        asked = message("@Assistant combien de demandes me reste-t-il ?", room="!salon:x", direct=False)
        await core.tell(asked)
        (told,) = await core.platform.answered(1)
        assert "1 000 jetons par jour" in told.text
        assert "reste" not in told.text


@pytest.mark.parametrize(
    "text", ["@Assistant arrête de lire ce qu'on écrit ici", "arrête de lire nos messages"]
)
async def test_who_wants_nothing_read_is_told_what_is_read(core: Core, text: str) -> None:
    """And how the bot is had to leave: nobody chooses between two orders."""
    await core.tell(message(text, room="!salon:x", direct=False))
    (told,) = await core.platform.answered(1)
    assert "Me faire partir" in told.text
    assert "1." not in told.text
    assert not core.gateway.received


@pytest.mark.parametrize("said", ["?", "???", "? ?"])
async def test_a_question_mark_alone_is_met_with_a_short_word(core: Core, said: str) -> None:
    """Not with the whole help, and no model is asked: after an answer, what is not clear in it is."""
    first = await says(core, said, 1)
    assert "posez votre question" in first
    assert len(first) < 120
    await says(core, "quelle est la capitale du Pérou ?", 2)
    again = await says(core, said, 3)
    assert "pas clair dans ma réponse" in again
    assert len(core.gateway.received) == 1


async def test_another_shape_is_no_file(core: Core) -> None:
    """« Mets ça en tableau » is written by the model, in the chat."""
    await says(core, "quelles sont les étapes d'un marché public ?", 1)
    assert "Réponse" in await says(core, "mets-moi ça en tableau", 2)
    assert len(core.gateway.received) == 2


async def test_where_nothing_was_answered_no_file_of_it_is_offered(core: Core) -> None:
    """« Attends, je t’envoie le doc » is met by the model, with no choice of orders."""
    assert "rien à mettre dans un fichier" in await says(core, "tu me mets ça en word ?", 1)
    assert "Voulez-vous" not in await says(core, "attends je t'envoie le doc", 2)


@pytest.mark.parametrize(
    "words", ["je peux t'envoyer un doc confidentiel ?", "j'ai le droit au niveau N2 ici ?"]
)
async def test_what_may_be_written_here_is_told_and_nothing_raised(core: Core, words: str) -> None:
    """What the level means and the highest that is allowed."""
    said = await says(core, words, 1)
    assert "Niveau le plus haut permis ici" in said.replace("\u00a0", " ")
    assert "N1" in said


@pytest.mark.parametrize(
    "words", ["c'est quand le prochain point du coup ?", "le prochain point c'est quand"]
)
async def test_when_a_summary_comes_is_told_after_an_answer_too(core: Core, words: str) -> None:
    """In a room, from what is scheduled there: no model is asked what it cannot know."""
    await core.tell(message("@Assistant Cite un fleuve", room="!salon:x", direct=False))
    await core.platform.answered(1)
    await core.settled()
    await core.tell(message(f"@Assistant {words}", room="!salon:x", direct=False))
    assert "programmé" in (await core.platform.answered(2))[-1].text
    assert len(core.gateway.received) == 1
