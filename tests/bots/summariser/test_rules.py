"""The summary without a model: what words alone bear out."""

from __future__ import annotations

from datetime import date

import pytest

from bots.summariser.dates import days
from bots.summariser.rules.plain_summary import summarise
from bots.summariser.rules.sentences import sentences
from bots.summariser.rules.subjects import Subjects
from tests.bots.summariser.talks import talk


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("d’ici vendredi", "2026-03-13"),
        ("le 12 mars", "2026-03-12"),
        ("demain matin", "2026-03-11"),
        ("après-demain", "2026-03-12"),
        ("jeudi 12 à 14h", "2026-03-12"),
        ("mardi", "2026-03-17"),
        ("mardi en huit", "2026-03-24"),
        ("ce mardi", "2026-03-10"),
        ("avant le 15.", "2026-03-15"),
        ("le 3.", "2026-04-03"),
        ("12/03", "2026-03-12"),
        ("12/03/27", "2027-03-12"),
        ("fin de semaine", "2026-03-13"),
        ("fin du mois", "2026-03-31"),
        ("by Friday", "2026-03-13"),
        ("dans deux semaines", "2026-03-24"),
        ("le 10 janvier 2027", "2027-01-10"),
        ("2026-05-04", "2026-05-04"),
    ],
)
def test_days(text: str, day: str) -> None:
    """A day is seen from the day of the message, a Tuesday."""
    assert [found.day.isoformat() for found in days(text, date(2026, 3, 10))] == [day]


@pytest.mark.parametrize("text", ["le 31 février", "99/99 des agents", "on se voit bientôt", "c’est mai"])
def test_no_day(text: str) -> None:
    """What names no day that exists gives none."""
    assert not days(text, date(2026, 3, 10))


def test_decision() -> None:
    """Words that decide make a decision; a proposal, a question, a wish and a joke do not."""
    made = summarise(
        talk(
            ("paul", "Je propose qu’on parte sur le prestataire local."),
            ("ines", "On part sur le prestataire local ?"),
            ("paul", "Il faudrait décider avant ce soir."),
            ("ines", "On décide de tout annuler et d’aller à la plage 😂"),
            ("claire", "Rien n’est décidé pour le budget."),
            ("claire", "C’est décidé, on retient le prestataire local."),
        )
    )
    assert [point.messages for point in made.decisions] == [(6,)]


def test_reversal() -> None:
    """A later decision on the same subject takes the place of the earlier one."""
    made = summarise(
        talk(
            ("claire", "On valide la salle Garonne pour le séminaire."),
            ("paul", "Très bien."),
            {
                "from": "claire",
                "text": "Finalement on annule la salle Garonne, on prend Dordogne.",
                "reply_to": 1,
            },
        )
    )
    assert [point.messages for point in made.decisions] == [(3,)]


def test_promise() -> None:
    """« Je m’en occupe » is the author's, for the question it answers, on the day that it says."""
    made = summarise(
        talk(
            ("ines", "Qui relance la DDT pour les chiffres ?"),
            ("claire", "Le café est prêt."),
            {"from": "paul", "text": "Je m’en occupe d’ici vendredi.", "reply_to": 1},
        )
    )
    (action,) = made.actions
    assert (action.who, action.due, action.messages) == ("Paul MARTIN", "2026-03-13", (1, 3))
    assert not made.open_questions


def test_asked_of_somebody() -> None:
    """Who is asked owns the action once they accept; without an answer it stays a question."""
    made = summarise(talk(("claire", "Paul, tu peux réserver la salle ?"), ("paul", "Oui, demain.")))
    assert [(a.who, a.due, a.messages) for a in made.actions] == [("Paul MARTIN", "2026-03-11", (1, 2))]
    made = summarise(talk(("claire", "Paul, tu peux réserver la salle ?"), ("ines", "Belle journée.")))
    assert not made.actions
    assert [point.messages for point in made.open_questions] == [(1,)]


def test_handed_over() -> None:
    """When somebody else takes an action over, the first owner has it no more."""
    made = summarise(
        talk(
            ("claire", "Il faut envoyer le rapport au préfet."),
            {"from": "paul", "text": "Je m’en occupe.", "reply_to": 1},
            {"from": "ines", "text": "Je m’en occupe plutôt moi, Paul est absent.", "reply_to": 1},
        )
    )
    assert [action.who for action in made.actions] == ["Inès LE GALL"]


def test_taken_back() -> None:
    """What its owner gives up, without a reply to it, or says is done, is no action any more."""
    made = summarise(
        talk(
            ("paul", "Je prends la rédaction du plan."),
            ("ines", "Je fournis les chiffres demain."),
            ("paul", "Désolé, je suis malade, je ne pourrai pas faire ça."),
            ("ines", "Chiffres envoyés à Claire."),
            ("claire", "Je réserve Dijon."),
            ("claire", "Du coup j’annule et je réserve Tours."),
        )
    )
    assert [action.messages for action in made.actions] == [(6,)]


AGAIN = (
    ("On retient le prestataire Nexo pour la refonte.", "Nexo s’est désisté, ils sont en surcharge."),
    ("C’est acté : télétravail trois jours par semaine.", "La DRH dit deux jours de télétravail, pas trois."),
    ("On décide d’ouvrir le guichet le samedi.", "OK, on oublie le samedi."),
    ("We decided to ship on Friday.", "QA found two blockers, Friday is dead."),
    ("Le budget formation est fixé à 30 k€.", "Ah non, 18 k€ seulement maintenant pour la formation."),
)
"""Decisions, and words that go back on them as no list foresees."""


@pytest.mark.parametrize(("decided", "later"), AGAIN)
def test_taken_up_again(decided: str, later: str) -> None:
    """A decision whose subject is taken up again leads to where, unless it was replaced."""
    made = summarise(talk(("claire", decided), ("paul", "Bonjour à tous."), ("ines", later)))
    assert all(point.again == 3 or point.messages == (3,) for point in made.decisions)
    read = talk(("claire", decided), ("paul", "Je m’en occupe."), ("ines", "La cantine ferme à midi."))
    assert [point.again for point in summarise(read).decisions] == [None]


def test_each_sentence_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many decisions a talk holds, where their subjects are taken up is looked up."""
    read = talk(*(("claire", text) for pair in AGAIN for text in pair))
    subjects = Subjects(read, sentences(read))
    monkeypatch.delattr("bots.summariser.rules.subjects._words")
    first = [subjects.taken_up([said], ()) for said in read.messages[::2]]
    assert first == [2, 4, 6, 8, 10]
    assert subjects.taken_up(read.messages[:1], {2}) is None


def test_confirmed() -> None:
    """« Ok, on la garde » right after the decision adds no second one."""
    made = summarise(
        talk(
            ("claire", "La démo de lundi : on la garde ou on la décale ?"),
            {"from": "paul", "text": "On la garde, tout est prêt.", "reply_to": 1},
            ("claire", "👍 ok on la garde."),
        )
    )
    assert [point.messages for point in made.decisions] == [(1, 2)]


def test_open_question() -> None:
    """A question is open until somebody answers; « je ne sais pas » is no answer."""
    made = summarise(
        talk(
            ("ines", "Le préfet sera-t-il présent ?"),
            {"from": "paul", "text": "Je ne sais pas.", "reply_to": 1},
            ("ines", "Combien d’invités au total ?"),
            {"from": "paul", "text": "Quarante-deux.", "reply_to": 3},
        )
    )
    assert [point.messages for point in made.open_questions] == [(1,)]


def test_disagreement() -> None:
    """A disagreement names the message it is about; « personne n’est contre » is none."""
    made = summarise(
        talk(
            ("claire", "Un rapport de cinquante pages serait bien."),
            {"from": "ines", "text": "Je ne suis pas d’accord, c’est trop long.", "reply_to": 1},
            ("paul", "Personne n’est en désaccord sur le fond."),
        )
    )
    assert [point.messages for point in made.disagreements] == [(1, 2)]
    made = summarise(
        talk(
            ("claire", "Un rapport de cinquante pages serait bien."),
            {"from": "ines", "text": "Je ne suis pas d’accord, c’est trop long.", "reply_to": 1},
            ("claire", "On le réduit à dix pages."),
            ("ines", "Ça me va, je retire mon objection."),
        )
    )
    assert not made.disagreements


def test_left_out() -> None:
    """What was deleted or kept out of summaries never enters; their number is told."""
    read = talk(
        {"from": "claire", "text": "On décide de fermer.", "deleted": True},
        {"from": "paul", "text": "Je m’en occupe demain.", "optout": True},
        {"from": "ines", "text": "Bonjour", "edited_from": "On décide de rester."},
    )
    assert [said.n for said in read.messages] == [3]
    assert (read.deleted, read.withheld) == (1, 1)
    assert summarise(read).empty
