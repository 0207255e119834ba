"""One assessment: how evidence makes a level, and what holds for every text."""

import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.sandbox.sandbox import Sandbox
from core.sensitivity.assess import INLINE, assess, assess_async, from_json, prepare, to_json, with_evidence
from core.sensitivity.data import read_text
from core.sensitivity.level import Level, Part, Place, Sublevel, because
from core.sensitivity.unmarked.reader import is_doubtful
from tests.rig.growth import calls

PIECES = st.sampled_from(
    ["DIFFUSION RESTREINTE", "Secret", "TLP:CLEAR", "DR", "C2", "« », ", "NIR 1 85 05 78 006 084 91",
     "M. Paul Durand", "souffre d'un cancer", "\n", "\f", ". ", "> ", "| ", "\u200b", "é",
     "FR76", "0612345678", "@a.fr", "[x]", ":"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=15).map("".join)


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    """What is read and compiled when it is first used, is; as in a replica."""
    prepare()


@settings(deadline=2_000)
@given(TEXTS)
def test_every_text_has_a_level_and_evidence_in_place(text: str) -> None:
    """Nothing raises or takes for ever; offsets lie in the text; the same text gives the same assessment."""
    assessment = assess(text)
    assert all(0 <= e.start <= e.end <= len(text) for e in assessment.evidence)
    assert assessment == assess(text)
    assert (assessment.sublevel is None) == (assessment.level < Level.N4) or assessment.sublevel is None
    assert all(because(e.why) != e.why for e in assessment.evidence)


@given(TEXTS, TEXTS)
def test_parts_are_at_least_as_high_as_each(one: str, other: str) -> None:
    """More text never has a lower level, whatever it says of itself."""
    parts = assess([Part(text=one), Part(text=other)])
    assert parts.level == max(assess(text).level for text in (one, other))


def work(text: str) -> int:
    """How many calls it takes to assess a text."""
    return calls(lambda: assess(text))


@settings(deadline=None, max_examples=25)
@given(st.lists(PIECES | st.text(max_size=3), min_size=1, max_size=6).map("".join).filter(bool))
def test_the_work_grows_with_the_length(piece: str) -> None:
    """Of any hostile repetition: four times the text takes at most some four times the calls."""
    count = 3_000 // len(piece) + 1
    assert work(piece * 4 * count) <= 5 * work(piece * count) + 2_000


@given(TEXTS, TEXTS, st.sampled_from([Level.N0, Level.N1, Level.N2]))
def test_more_evidence_only_raises(text: str, more: str, unmarked: Level) -> None:
    """Whatever else is found: the level, and what is left of it when doubts are denied, never fall, and are
    at least those of what was found."""
    before = assess(text, unmarked=unmarked)
    found = tuple(each for each in assess(more, unmarked=unmarked).evidence if each.strength != "mention")
    after = with_evidence(before, found)
    assert after.level >= before.level
    assert after.denied >= before.denied
    assert after.gated() >= before.gated()
    assert after.gated(denied=True) >= before.gated(denied=True)
    assert after.level >= max((each.level for each in found), default=Level.N0)


@given(TEXTS)
def test_an_assessment_survives_json(text: str) -> None:
    """As it comes back from the sandbox."""
    assert from_json(to_json(assess(text))) == assess(text)


@pytest.mark.parametrize("unmarked", [Level.N0, Level.N1, Level.N2])
def test_a_text_without_findings_has_the_level_of_its_channel(unmarked: Level) -> None:
    """N0 is found only by its own markings; elsewhere the channel decides."""
    assert assess("Bonjour", unmarked=unmarked).level is unmarked


def test_a_marking_stands_for_the_channels_level() -> None:
    """A text marked public is public, and one marked internal is internal, wherever it is read."""
    assert assess("TLP:CLEAR\n\nAvis", unmarked=Level.N2).level is Level.N0
    assert assess("NON PROTÉGÉ\n\nAvis", unmarked=Level.N2).level is Level.N1


def test_a_quoted_public_text_does_not_make_its_answer_public() -> None:
    """A reply to a public bulletin has the level of its channel."""
    assert assess("Voici mon avis interne.\n\n> TLP:CLEAR\n> Bulletin").level is Level.N1


@pytest.mark.parametrize("low", ["TLP:CLEAR\n\nAvis", "NON PROTÉGÉ\n\nAvis"])
@pytest.mark.parametrize("place", ["body", "quote"])
def test_a_low_marking_is_that_of_its_own_text(low: str, place: Place) -> None:
    """A message, a quotation or a file beside it is not made public by what another says of itself."""
    mine = Part(text="Mon avis.")
    for parts in ([mine, Part(text=low, place=place)], [Part(text=low, place=place), mine]):
        assert assess(parts, unmarked=Level.N2).level is Level.N2
    documents = [mine, Part(text="a.txt", place="filename"), Part(text="TLP:CLEAR", place="header")]
    assert assess(documents, unmarked=Level.N2).level is Level.N2
    own = [Part(text="TLP:CLEAR", place="header"), Part(text="Avis")]
    assert assess([*reversed(own), Part(text="a.txt", place="filename")]).level is Level.N0


@pytest.mark.parametrize("text", ["SECRET", " Secret !", "CONFIDENTIEL\n", "TLP:RED", "AKIAQWERTZUIOPASDFGH"])
def test_a_marking_or_a_key_may_be_all_that_is_said(text: str) -> None:
    """Of a text of one word, too."""
    assert assess(text).evidence


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1c", "\x1d", "\x1e", "\x85", "\u2028"])
@pytest.mark.parametrize("rest", ["The text of it", "Le texte de l'été"])
def test_a_stamp_has_a_line_of_its_own_however_lines_end(end: str, rest: str) -> None:
    """A vertical tab is what Word and PowerPoint break a line with; accents beside it are no matter."""
    assert assess(f"Note{end}CONFIDENTIEL DEFENSE{end}{rest}", learned=False).level is Level.N4


@pytest.mark.parametrize("rest", ["Plan of it", "Plan de l'été"])
@pytest.mark.parametrize("stamp", ["`SECRET`", "`X-Classification: SECRET`", "Classification : `SECRET`"])
def test_a_stamp_that_is_set_as_code_is_one_with_accents_beside_it_too(stamp: str, rest: str) -> None:
    """Backquotes round a line, or round a value, are markup, as stars are."""
    assert assess(f"{stamp}\n\n{rest}", learned=False).denied is Level.N4


@pytest.mark.parametrize("sign", ["_", "*", "**", "~~"])
def test_what_is_found_in_a_text_is_found_in_it_set_in_italics(sign: str) -> None:
    """Slack's sign, and Markdown's, is a letter of a word to most patterns."""
    said = "NIF : 18 564 321 092 80 (foyer Costaud)"
    assert assess(f"{sign}{said}{sign}", learned=False).level is assess(said, learned=False).level


@pytest.mark.parametrize("hidden", ["\x1b[1m{}\x1b[0m", "\ufffc{}", "\x08{}", "\x9f{}\x7f"])
def test_a_stamp_is_one_whatever_stands_there_that_shows_nothing(hidden: str) -> None:
    """A terminal's colours, a picture within the line, controls."""
    assert assess(hidden.format("DIFFUSION RESTREINTE") + "\n\nFiche", learned=False).level is Level.N4


def test_a_stamp_between_two_low_lines_stands_apart_from_what_follows() -> None:
    """As one between dashes does."""
    assert assess("__DIFFUSION RESTREINTE__ été", learned=False).level is Level.N4


def test_no_other_word_alone_says_anything_of_somebody() -> None:
    """Not even one that tells of an illness: to tell takes two, and so such a text is read no further."""
    words = set(re.findall(r"[^\W\d_]{4,15}", read_text("facts.txt")))
    assert len(words) > 500
    assert not [word for word in sorted(words) if is_doubtful([word])]


def test_a_doubt_counts_until_it_is_denied() -> None:
    """`denied` is the level without it; a strong finding as high makes the question needless."""
    doubtful = assess("Note.\n\nDiffusion restreinte")
    assert (doubtful.level, doubtful.denied, doubtful.ask) == (Level.N4, Level.N1, True)
    sure = assess("DIFFUSION RESTREINTE\n\nNote.\n\nDiffusion restreinte")
    assert (sure.level, sure.ask, sure.sublevel) == (Level.N4, False, Sublevel.N4A)


async def test_long_texts_are_assessed_elsewhere_with_the_same_result() -> None:
    """In the sandbox, in a thread, or at once."""
    text = "DIFFUSION RESTREINTE\n\n" + "Appeler le +32 2 555 12 12, compte BE68 5390 0754 7034.\n" * 200
    assert len(text) > INLINE
    async with Sandbox() as sandbox:
        assert await assess_async(text, jail=sandbox) == assess(text)
    assert await assess_async(text) == assess(text)
    assert await assess_async("court") == assess("court")


async def test_the_loop_turns_while_a_long_text_is_assessed() -> None:
    """Other work goes on: many turns of the loop happen before the answer."""
    turns = 0

    async def work() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with Sandbox() as sandbox, asyncio.TaskGroup() as group:
        working = group.create_task(work())
        await assess_async("Le directeur a présenté le bilan. " * 10_000, jail=sandbox)
        working.cancel()
    assert turns > 100


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("header", "Direction générale de l’aménagement — Niveau de sensibilité : N3"),
        ("header", "Rapport annuel sur l’état du logement – Niveau N3"),
        ("footer", "Niveau N3 – page 4"),
        ("subject", "[Niveau N3] Note"),
        ("header", "niveau n3"),
        ("header", "Niveau N3 1/4"),
        ("subject", "TR : Niveau N3 - bilan"),
        ("subject", "Niveau N3 : bilan"),
        ("body", "- Sensibilité : N3\n- Auteur : bureau des ports\n\nLe chantier commence lundi."),
        ("body", "Note\n\nNiveau de sensibilité : N3, à ne pas communiquer\n\nLe chantier commence lundi."),
        ("body", "Note\n\nNiveau de sensibilité : N3 Date : 3 mai\n\nLe chantier commence lundi."),
        ("body", "COMMUNIQUÉ DE PRESSE — NIVEAU N3\n\nLa ministre a signé l’accord."),
        ("body", "Note\n\nSensibilité : **N3**\n\nLe chantier commence lundi."),
        ("body", "Niv. N3\n\nNote sur le pont\n\nLe chantier commence lundi."),
        ("body", "Document classé N3\n\nNote sur le pont\n\nLe chantier commence lundi."),
        ("body", "NlVEAU N3\n\nNote sur le pont\n\nLe chantier commence lundi."),
        ("body", "Note\n\n| Niveau de confidentialité | N3 |\n| --- | --- |\n\nLe chantier commence lundi."),
    ],
)
def test_a_level_of_the_ladder_that_is_named_as_one_is_a_marking(place: Place, text: str) -> None:
    """As administrations write it at page edges and beside what it says: no text of that level is N1."""
    found = assess([Part(text=text, place=place)])
    assert (found.level, found.ask) == (Level.N3, False)


@pytest.mark.parametrize(
    "part",
    [
        Part(text="DGITM – N3", place="header"),
        Part(text="Délégation aux mobilités actives — N3", place="textbox"),
        Part(text="Délégation aux mobilités actives — N3\n\nLe plan.\n\fLe chantier."),
        Part(text="Note\n\nNiveau de sensibilité\nN3\n\nLe plan."),
        Part(text="Note\n\n| Date | Sensibilité |\n| --- | --- |\n| 3 mai | N3 |\n\nLe plan."),
    ],
)
def test_a_bare_level_at_a_page_edge_or_below_its_name_is_asked_about(part: Part) -> None:
    """`N3` may be a road, or of another text."""
    found = assess([part, Part(text="Le chantier commence lundi.")])
    assert (found.level, found.denied) == (Level.N3, Level.N1)


@pytest.mark.parametrize(
    "text",
    [
        "Niveau N3\n\nAssistance informatique\n\nAppelez le standard.",
        "Niveau N3\n\nTravaux sur la N2\n\nDéviation lundi.",
        "Ce document est classé N3.",
        "Bonjour,\n\nLe fichier joint est de niveau N3.\n\nMerci",
        "This note is marked N3, please shorten it.",
    ],
)
def test_a_level_that_is_told_or_may_be_one_of_support_is_asked_about(text: str) -> None:
    """What a person says of what they send, and a heading beside another level or support."""
    found = assess(text)
    assert (found.level, found.denied) == (Level.N3, Level.N1)


@pytest.mark.parametrize(
    "text",
    [
        "Travaux sur la N3 près de Meaux.\n\nDéviation par la N2",
        "On passe par Meaux — N3",
        "Note\n\nLe support de niveau N3 répond sous une heure.\n\nFin",
        "Les niveaux\n\nSensibilité : N2\n\nNote interne\n\nSensibilité : N3\n\nFin",
        "Plan\n\nSensibilité\nLes n3 et n2 partent\n\nFin",
        "Note\n\n| Date | Sensibilité |\n| --- | --- |\n| N3 | 3 mai |\n\nFin",
        "Réglages\n\nn3: 4\n\nFin",
        "Plan\n\nNiveau N+1\n\nNiveau N-1\n\nFin",
        "Note\n\nQuel est le niveau de sensibilité N3 ?\n\nFin",
        "Niveau N3",
        "Niveau N3\n\nAssistance informatique\n\nL’équipe N2 transmet à l’éditeur.\n\nDélai : 4 h",
        "Le document classé N3 est dans l’armoire ?",
    ],
)
def test_a_text_that_talks_of_levels_has_none_of_them(text: str) -> None:
    """Roads, storeys, support, what explains several, an order to set one."""
    assert assess(text).level is Level.N1
