"""What a person says of the text that they send is asked about; what is said of others is not."""

import pytest

from core.sensitivity.assess import assess
from core.sensitivity.level import Level, Sublevel


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("ce document est confidentiel, peux-tu le résumer", Level.N3),
        ("Cette note est en diffusion restreinte, résume-la.", Level.N4),
        ("c'est secret défense, mais aide-moi à reformuler", Level.N4),
        ("à ne pas diffuser : voici le projet de note", Level.N2),
        ("je t'envoie une note classée secret défense, résume", Level.N4),
        ("le fichier joint est confidentiel, tu peux le lire ?", Level.N3),
        ("note strictement confidentielle : voici le plan", Level.N3),
        ("c confidentiel hein, garde le pour toi", Level.N3),
        ("Merci de ne pas diffuser hors du service. Compte rendu du 4.", Level.N2),
        ("sous embargo jusqu'à jeudi 18 h : le plan vélo", Level.N2),
        ("  sous embargo jusqu'à jeudi 18 h : le plan vélo", Level.N2),
        ("> **sous embargo jusqu'à jeudi 18 h** : le plan vélo", Level.N2),
        ("**Ne pas diffuser hors du bureau.** Premiers résultats", Level.N2),
        ("- note strictement confidentielle : voici le plan", Level.N3),
        ("please do not share it outside the team: minutes", Level.N2),
        ("please treat this as strictly confidential: the text is below", Level.N3),
    ],
)
def test_a_declaration_is_asked_about(text: str, level: Level) -> None:
    """By itself it counts until its author denies it."""
    assessment = assess(text, learned=False)
    assert (assessment.level, assessment.ask, assessment.denied) == (level, True, Level.N1)


def test_a_declaration_says_which_half() -> None:
    """Secret défense is classified; diffusion restreinte is not."""
    assert assess("c'est secret défense, mais lis-le").sublevel is Sublevel.N4B
    assert assess("ce fichier est en diffusion restreinte").sublevel is Sublevel.N4A


@pytest.mark.parametrize(
    "text",
    [
        "ce document n'est pas confidentiel, résume-le",
        "ce document est-il confidentiel ?",
        "c'est confidentiel ce que je t'écris ?",
        "c'est confidentiel ici ?",
        "le secret médical est confidentiel par nature",
        "Ce courriel est confidentiel et destiné à l'usage exclusif de son destinataire.",
        "Ce document est en diffusion restreinte à l'équipe projet.",
        "comment marquer un document confidentiel ?",
    ],
)
def test_talk_is_no_declaration(text: str) -> None:
    """Denials, questions, rules, what mail programs add, who may read a draft."""
    assert assess(text).level is Level.N1


@pytest.mark.parametrize(
    "clause",
    [
        "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de "
        "leurs destinataires. Si vous recevez ce message par erreur, merci de le détruire.",
        "Ce courriel est strictement confidentiel. Si vous n'en êtes pas le destinataire,\n"
        "merci d'en avertir l'expéditeur.",
        "This email is confidential. If you have received it in error, please delete it.",
        "This message and any attachments are confidential and intended solely for the addressees. "
        "Please do not forward.",
    ],
)
def test_the_clause_below_a_mail_is_no_declaration(clause: str) -> None:
    """It stands under whatever is sent, for whoever gets a mail that was not meant for them. What is declared
    above it, in a paragraph of its own, is asked about."""
    assert assess(f"Quel est le délai de paiement ?\n\n{clause}", learned=False).level is Level.N1
    assert assess(f"Ce document est confidentiel, résume-le.\n\n{clause}", learned=False).ask


def test_a_clause_that_says_secret_is_believed() -> None:
    """No usual clause says it."""
    clause = "Ce document est secret défense. Si vous l'avez reçu par erreur, détruisez-le."
    assert assess(clause, learned=False).level is Level.N4


@pytest.mark.parametrize(
    ("text", "level", "ask"),
    [
        ("TLP:AMBER — Quelles sont les mesures à prendre ?", Level.N2, False),
        ("TLP:RED - résume", Level.N3, False),
        ("[TLP:RED] incident en cours, merci de relire", Level.N3, False),
        ("CONFIDENTIEL — merci de relire ce projet", Level.N3, True),
        ("TLP:AMBER — que signifie cette mention ?", Level.N1, False),
        ("DIFFUSION&nbsp;RESTREINTE\n\nNote", Level.N4, False),
        ("TR&Egrave;S SECRET\n\nNote", Level.N4, False),
        ("RESTRICTED NATO\n\nNote", Level.N4, False),
        ("UE/EU-R\n\nNote", Level.N4, False),
    ],
)
def test_a_stamp_at_the_head_and_other_ways_of_writing_one(text: str, level: Level, ask: bool) -> None:
    """Before a dash, in entities of HTML, with the words of the alliances in another order."""
    assessment = assess(text)
    assert (assessment.level, assessment.ask) == (level, ask)
