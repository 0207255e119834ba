"""What a synthesis says that its source does not: forms that are equal, errors that are planted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.grounding import Grounds
from core.grounding.numbers import Figure, figures
from tests.bench.grounding import score

SOURCE = """\
Article 6. Le comité s’est réuni le 12 mars 2026 à Lyon, présidé par Mme Claire Durand et M. Paul Martin
(DINUM). Le budget est de 1 234 567,50 €, soit 45 % de plus. La loi n° 2021-1109 du 24 août 2021 et
l’article L. 311-5 du code de la sécurité intérieure s’appliquent pendant trois ans. Règlement (UE) 2016/679.
Ticket INC-20417. Voir https://www.exemple.gouv.fr/page. Délai de 24 mois. Réunion à 14 h 30.
Cinquante-deux agents y étaient."""


def doubts(text: str, source: str = SOURCE) -> list[tuple[str, str]]:
    return [(doubt.kind, doubt.text) for doubt in Grounds([source]).doubts(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Le 12/03/2026, le 2026-03-12, le 12 mars, en mars 2026, en 2026, March 12, 2026.",
        "1 234 567,5 euros ; 1.234.567,50 € ; €1,234,567.50 ; environ 1,2 million d’euros ; 1,23 M€.",
        "45 pour cent, 45%, 45 percent.",
        "art. L311-5, articles L. 311-5 et 6, loi 2021-1109, règlement 2016/679.",
        "Pendant 36 mois, three years, deux ans.",
        "À 14:30, 2:30 pm. 52 agents.",
        "exemple.gouv.fr/page, https://exemple.gouv.fr/page/.",
        "Mme Durand, Claire Durand, DURAND, Martin Paul.",
        "# Trois Points\n\n1. Le point.\n2. Il y a deux décisions.\n\n**Échéances**\n\n- Rien.",
    ],
)
def test_other_forms_of_what_the_source_says(text: str) -> None:
    """French and English forms of one number, date, name or reference are the same."""
    assert doubts(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Le 13 mars 2026.", [("date", "13 mars 2026")]),
        ("Le 12 mars 2025.", [("date", "12 mars 2025")]),
        ("À 15 h 30.", [("date", "15 h 30")]),
        ("Soit 46 %.", [("figure", "46 %")]),
        ("Soit 45 €.", [("figure", "45 €")]),
        ("Environ 1,3 million d’euros.", [("figure", "1,3 million d’euros")]),
        ("Pendant cinq ans.", [("figure", "cinq ans")]),
        ("Il y avait quarante-deux agents.", [("figure", "quarante-deux")]),
        ("L’article L. 311-6.", [("law", "L. 311-6")]),
        ("Selon le décret n° 2021-1109.", [("law", "décret n° 2021-1109")]),
        ("Selon le code pénal.", [("law", "code pénal")]),
        ("Présidé par Mme Martin.", [("name", "Martin")]),
        ("Présidé par Claire Martin.", [("name", "Claire Martin")]),
        ("Réuni à Marseille.", [("name", "Marseille")]),
        ("Le ticket INC-20471.", [("name", "INC-20471")]),
        ("Voir https://autre.fr/page.", [("link", "https://autre.fr/page")]),
    ],
)
def test_what_the_source_does_not_say(text: str, found: list[tuple[str, str]]) -> None:
    """Each kind of slip is pointed out, as it is written."""
    assert doubts(text) == found


FOLDER = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*/*.md")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_text_is_grounded_in_itself(path: Path) -> None:
    """Nothing of a source is in doubt beside that source, however it is written."""
    source = path.read_text(encoding="utf-8").partition("\n=====\n")[0]
    assert doubts(source, source) == []


def test_planted_errors() -> None:
    """On our own sets: of twenty errors nineteen are pointed out, and three pages have at most one false
    alarm."""
    result = score()
    assert result.planted > 270
    assert result.recall >= 0.95, result.missed
    assert result.alarms <= 0.3, result.false


def test_which_passage_supports_a_statement() -> None:
    """The page that holds its figure does; one that only shares a word does not; its words alone may do."""
    pages = [
        "Le budget des ateliers est de 40 000 euros.",
        "Les ateliers ont lieu à Brest le 3 juin 2026.",
        "Les agents demandent des horaires souples et un accueil plus simple.",
    ]
    whole = Grounds(pages)
    one, two, three = (Grounds([page]) for page in pages)
    assert one.supports("Le budget est de 40 000 €", whole)
    assert not two.supports("Le budget est de 40 000 €", whole)
    assert three.supports("Un accueil plus simple et des horaires souples sont demandés", whole)
    assert not one.supports("Un accueil plus simple et des horaires souples sont demandés", whole)


def test_a_source_in_another_language_is_not_judged_by_words() -> None:
    """A French statement on an English page keeps its citation: their words cannot agree."""
    page = "The committee met in a quiet place and agreed on the next steps."
    assert Grounds([page]).supports("Les membres se sont entendus sur la suite", Grounds([page]))


def test_words_that_begin_a_sentence_are_no_names() -> None:
    """« Cependant Lyon » is Lyon; headings, labels and quotation marks give no name either."""
    text = "### Points Clés\n\n- **Lieu** : À Lyon. Cependant Lyon est loin. D’ici là : Rien.\n> « Bien »"
    assert doubts(text) == []


def test_telephone_numbers() -> None:
    """However they are grouped; one digit is another number."""
    known = Grounds(["Contact : 02 41 86 63 00, à Angers."])
    for same in ("02.41.86.63.00", "0241866300", "+33 2 41 86 63 00", "+33 (0)2 41 86 63 00"):
        assert not known.doubts(f"Appelez le {same}.")
    assert [doubt.text for doubt in known.doubts("Appelez le 02 41 86 63 01.")] == ["02 41 86 63 01"]


def test_a_month_alone_is_looked_up() -> None:
    """« en octobre » is an error where the source says September, and none where it says October anywhere."""
    source = ["Le solde est versé en septembre, l'acompte le 12/03/2026. Calendrier : juin."]
    held = "Le solde vient en septembre, l'acompte en mars, le bilan fin juin."
    assert [doubt.text for doubt in Grounds(source).doubts("Le solde vient en octobre.")] == ["en octobre"]
    assert Grounds(source).doubts(held) == []


def test_the_number_seven_is_no_month() -> None:
    """« sept » stands for September with a full stop only: neither in a claim nor in a source otherwise."""
    assert Grounds(["Un délai de 7 jours est prévu."]).doubts("Il prévoit un délai de sept jours.") == []
    source = ["Sept agents viennent, le solde vient en mai."]
    assert [each.text for each in Grounds(source).doubts("Il vient en septembre.")] == ["en septembre"]


def test_the_numbers_of_a_list_of_articles_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A range of articles is many facts in one place: a text full of ranges took minutes."""
    read: list[str] = []

    def noted(text: str) -> Iterator[Figure]:
        read.append(text)
        return figures(text)

    monkeypatch.setattr(sys.modules[Grounds.__module__], "figures", noted)
    Grounds(["Les articles 1 à 200 changent."])
    assert read.count("articles 1 a 200") == 1
