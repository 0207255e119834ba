"""The embedded engine: what it quotes is in the document, what it says is clear, and it is never silent."""
# ruff: noqa: E501 - snapshots hold long lines

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from core.gateway.ask import Material
from core.gateway.catalogue import EXTRACTS
from core.gateway.engines.extracts import answer
from core.gateway.engines.extracts.cues import leans_back
from core.gateway.engines.extracts.units import blocks, joined, units
from tests.core.gateway.asking import ask
from tests.rig.growth import assert_linear

TEXT = (Path(__file__).parent / "note.md").read_text("utf-8")
NOTE = Material(name="note.pdf", text="\f## ".join(TEXT.split("## ")))
LABEL = "**Mode sans IA\u00a0: extraits du document**\n\n"


def quoted(text: str) -> list[str]:
    return re.findall(r"^- «\u00a0(.*)\u00a0»", text, re.MULTILINE)


def flat(text: str) -> str:
    """Words and signs only, to find a quotation whatever the line breaks and links were."""
    text = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text).replace("…", "")
    return re.sub(r"[\s\u00a0\u202f«»“”\[\]#–-]", "", text)


@pytest.mark.parametrize(
    ("question", "held", "page"),
    [
        ("Quelle est la date limite pour déposer une demande ?", "15 octobre 2026", 2),
        ("Combien de jours de télétravail par semaine ?", "trois jours par semaine", 2),
        ("Qui instruit les dossiers ?", "M. Bernard", 2),
        ("Que doit contenir le dossier ?", "formulaire signé par l’agent", 2),
        ("Puis-je utiliser mon ordinateur personnel ?", "interdit d’utiliser", 3),
        ("Que faire en cas de vol ?", "dans les deux heures", 3),
        ("Quel est le budget du programme ?", "4,2 millions", 3),
        ("Combien coûte l’équipement d’un agent ?", "1 350", 3),
        ("Quel est le montant de l’indemnité ?", "2,88", 4),
        ("Quel est le plafond annuel de l’indemnité ?", "253,44", 4),
        ("Quel préavis pour arrêter ?", "deux mois", 5),
        ("Quel recours si ma demande est refusée ?", "commission administrative", 5),
        ("Quand aura lieu le bilan ?", "juin 2027", 5),
    ],
)
def test_passage_first(question, held, page):
    """The passage that answers comes first, with its page."""
    first = next(
        line for line in answer(ask(question, materials=(NOTE,))).split("\n") if line.startswith("- ")
    )
    assert held in first.replace("\u00a0", " ").replace("\u202f", " ")
    assert first.endswith(f"(p. {page})")


def test_answer_in_full():
    """A question on a document: the label, what follows, the passages with their page."""
    assert answer(ask("Que faire en cas de vol ?", materials=(NOTE,))) == snapshot("""\
**Mode sans IA\xa0: extraits du document**

Passage qui répond le mieux, dans «\xa0note.pdf\xa0»\xa0:

- «\xa0En cas de perte ou de vol du matériel, l’agent prévient le centre de services dans les deux heures au 01 40 00 00 00.\xa0» (p. 3)\
""")


def test_summary_in_full():
    """A summary: important sentences of every section, in the order of the text."""
    assert answer(ask("Peux-tu me résumer ce document ?", materials=(NOTE,))) == snapshot("""\
**Mode sans IA\xa0: extraits du document**

Plan\xa0: Note de service relative au télétravail · 1. Conditions d’accès · 2. Matériel et sécurité · 3. Indemnisation · 4. Suivi et recours

Phrases importantes de «\xa0note.pdf\xa0»\xa0:

- «\xa0Peut demander à télétravailler tout agent qui justifie d’une ancienneté de six mois dans son poste.\xa0» (p. 2)
- «\xa0Les demandes sont déposées dans l’application Sirius au plus tard le 15 octobre 2026.\xa0» (p. 2)
- «\xa0Le budget total du programme atteint 4,2 millions d’euros pour l’année 2026, soit une hausse de 12 % par rapport à 2025.\xa0» (p. 3)
- «\xa0Une indemnité forfaitaire de 2,88 € est versée par jour de télétravail.\xa0» (p. 4)
- «\xa0Le télétravail prend fin à la demande de l’agent ou de son supérieur, avec un délai de prévenance de deux mois.\xa0» (p. 5)\
""")


def test_help_in_full():
    """Without a document: how to use it."""
    assert answer(ask("Bonjour")) == snapshot("""\
**Mode sans IA\xa0: extraits du document**

Aucun modèle d’IA n’est branché\xa0: je ne rédige pas, je cite vos documents mot pour mot.

1. Envoyez un document (PDF, bureautique, texte, courriel), ou collez un texte ici.
2. Écrivez «\xa0résume\xa0»\xa0: je donne ses phrases importantes.
3. Ou posez une question sur ce document\xa0: je cite les passages qui y répondent.

`!aide` donne toutes les commandes.\
""")


def test_help_in_english():
    """The same in the person's language."""
    assert answer(ask("Hello", language="en")) == snapshot("""\
**Mode without AI: extracts of the document**

No AI model is connected: I do not write, I quote your documents word for word.

1. Send a document (PDF, office, text, mail), or paste a text here.
2. Write “summarise”: I give its important sentences.
3. Or ask a question about the document: I quote the passages that answer it.

`!help` lists all commands.\
""")


@pytest.mark.parametrize(
    "question", ["Résume", "Fais une synthèse", "De quoi parle ce document ?", "Summarise", ""]
)
def test_asks_for_a_summary(question):
    """However a summary is asked for, or when nothing is asked."""
    assert "Phrases importantes" in answer(ask(question, materials=(NOTE,)))


@pytest.mark.parametrize("question", ["Bonjour !", "Merci beaucoup", "Salut, ça va ?", "OK merci."])
def test_greetings(question):
    """A greeting gets a hint, not a search for its words."""
    assert "posez une question" in answer(ask(question, materials=(NOTE,)))


def test_nothing_found():
    """Words that occur nowhere are said not to be found: no passage is made to fit."""
    text = answer(ask("Quelle est la recette du cassoulet ?", materials=(NOTE,)))
    assert "aucun passage de «\u00a0note.pdf\u00a0»" in text
    assert quoted(text) == []


def test_several_documents():
    """With several documents each quotation names its own; a question may name the one that it is about."""
    other = Material(name="budget.txt", text="Le budget des fournitures atteint 3 000 euros en 2027.")
    assert "(budget.txt)" in answer(ask("Quel budget pour les fournitures ?", materials=(NOTE, other)))
    named = answer(ask("Quel est le budget dans note.pdf ?", materials=(NOTE, other)))
    assert "4,2 millions" in named
    assert "3 000" not in named


def test_pasted_text():
    """A long text in the message itself is what the question is about."""
    pasted = f"Résume ce texte :\n{TEXT}"
    text = answer(ask(pasted))
    assert "Phrases importantes de «\u00a0votre message\u00a0»" in text
    assert len(quoted(text)) >= 4


def test_empty_document():
    """A document without sentences is said to have none."""
    assert "pas de phrase à citer" in answer(
        ask("Résume", materials=(Material(name="vide.txt", text="\f\n"),))
    )


_WORDS = st.sampled_from(
    [
        *TEXT.split(),
        "https://exemple.fr/a",
        "[lien](https://exemple.fr)",
        "\n\n",
        "\n- ",
        "| a | b |",
        "\f",
        "# ",
    ]
)


def test_a_sign_within_cells_parts_no_row() -> None:
    """« → » between the names of columns and a row is told from one that a cell has."""
    moved = Material(
        name="x", text="| Avant → après | Montant |\n|---|---|\n| Lot 1 | 100 € |\n| Lot 2 | 200 € |"
    )
    heads = [unit.text for unit in joined(units((moved,)))]
    assert heads == ["Avant → après · Montant → Lot 1 · 100 € – Lot 2 · 200 €"]
    alone = Material(name="x", text="| Étape 1 → fin | 100 € |\n\ntexte\n\n| Étape 1 → suite | 200 € |")
    rows = [unit for unit in units((alone,)) if unit.row]
    assert [unit.text for unit in joined(rows)] == ["Étape 1 → fin · 100 €", "Étape 1 → suite · 200 €"]


@given(
    text=st.lists(_WORDS, max_size=60).map(" ".join) | st.text(),
    question=st.sampled_from(["Résume", "budget agent ?", "quand ?"]),
)
def test_never_invents(text, question):
    """Whatever the document, the answer has its label, and each quotation stands in the document."""
    told = answer(ask(question, materials=(Material(name="x", text=text),)))
    assert told.startswith(LABEL)
    for quotation in quoted(told):
        for piece in re.split(r" – | → | · | / |\[…\]|…", quotation):
            assert flat(piece) in flat(text)


HOSTILE = ["." * 100_000 + "A", "a" * 100_000 + ". A", "\u00a0" * 50_000 + ".", "\f" * 20_000]
HOSTILE += [
    piece * 30_000 for piece in (". ", "[", "- a\n", "«", "A.-", "[a](b", "|", "1 000 ", "il est ", "# ")
]
_MAILED = "De : A B <a@b.fr>\nÀ : C D <c@d.fr>\nObjet : x\n\n"
HOSTILE += [
    _MAILED + piece * (120_000 // len(piece))
    for piece in ("nous ", "je vous ", f"{_MAILED}Sophie : ok.\n\n", "x\n", "<" + "@" * 1_990 + "\n")
]
HOSTILE += ["[" * 600_000, "[a](b" * 80_000]
HOSTILE += [f"De : a\nÀ : {' ' * 100_000}!", ("De : a\nÀ : " + "a" * 1_990 + "\n\nx\n\n") * 200]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text(hostile):
    """No text makes it slow."""
    assert_linear(
        lambda text: answer(ask("Résume le budget", materials=(Material(name="x", text=text),))), hostile
    )


async def test_same_interface_as_a_gateway(bench):
    """It is asked like any model."""
    pieces = await bench().pieces(ask("Résume", materials=(NOTE,)), EXTRACTS)
    assert isinstance(pieces[0], str)
    assert (pieces[-1].model, pieces[-1].finish, pieces[-1].served) == (EXTRACTS, "stop", "extraits")


def test_list_with_its_lead_in():
    """A short list is one unit with its lead-in; each item of a long one keeps it."""
    items = [f"une pièce {'très ' * 30}utile n° {number} ;" for number in range(4)]
    for listed, count in ((items[:1], 1), (items, 4)):
        text = "Le dossier comprend :\n\n" + "\n".join(f"- {item}" for item in listed)
        found = units((Material(name="a", text=text),))
        assert len(found) == count
        assert all(unit.text.startswith("Le dossier comprend :") for unit in found)


def test_blocks():
    """Headings, wrapped paragraphs, broken words, items, rows; rules go, addresses leave a mark."""
    page = (
        "# Titre\nUne ligne assez longue pour avoir été coupée par qui l’a écrite, l’adminis-\ntration\n\n---\n"
        "* un\n  suite\n| a | b |\n|---|---|\n| 1 | 2<br>3 |\n"
        "Voir https://exemple.fr et [ceci](https://exemple.fr/x)."
    )
    assert [(b.kind, b.text) for b in blocks(page)] == snapshot(
        [
            ("heading", "Titre"),
            (
                "paragraph",
                "Une ligne assez longue pour avoir été coupée par qui l’a écrite, l’administration",
            ),
            ("item", "un suite"),
            ("row", "a · b"),
            ("row", "1 · 2 / 3"),
            ("paragraph", "Voir […] et ceci."),
        ]
    )


@pytest.mark.parametrize(
    "sentence", ["Il part demain.", "Celle-ci est close.", "Ces derniers partent.", "Toutefois, non."]
)
def test_leans_back(sentence):
    """A sentence that begins with a pronoun or a link says little alone…"""
    assert leans_back(sentence)


@pytest.mark.parametrize(
    "sentence", ["Il est interdit de fumer.", "Il convient de signer.", "Ille-et-Vilaine.", "Le chef part."]
)
def test_stands_alone(sentence):
    """… but impersonal turns tell rules, and matter most."""
    assert not leans_back(sentence)


MAIL = """\
# Re: Budget

From: "Claire Martin" <claire.martin@interieur.example>
To: Paul Durand <paul.durand@interieur.example>, Sophie Le Goff <sophie@interieur.example>
Date: Tue, 03 Mar 2026 10:00:00 +0100

Bonjour Paul,

Le montant définitif est de 48 200 euros, arrêté par le contrôleur budgétaire le 27 février.
Peux-tu m’envoyer le tableau avant vendredi 6 mars ? Sophie, merci de relire l’annexe 2.
Je m’occupe de prévenir le cabinet.

Bien cordialement,

Claire Martin
Ce message est établi à l’attention exclusive de son destinataire.

Le 2 mars 2026 à 18:12, Paul Durand <paul.durand@interieur.example> a écrit :
> Le prestataire annonce un surcoût de 3 200 euros pour la salle de Lyon.
> Faut-il maintenir la session du 15 avril ?
"""


def test_a_mail_is_told_by_who_asks_what_of_whom():
    """Each request in its own words, by whom and to whom; then what else is said, without salutations,
    signatures and notices."""
    told = answer(ask("Résume", materials=(Material(name="a.eml", text=MAIL),)))
    lines = told.replace("\u00a0", " ").split("\n")
    requests = [line for line in lines if line.startswith("- ") and not line.startswith("- «")]
    assert requests == [
        "- Claire Martin demande à Paul Durand, Sophie Le Goff : « Peux-tu m’envoyer le tableau avant vendredi 6 mars ? »",
        "- Claire Martin demande à Sophie : « Sophie, merci de relire l’annexe 2. »",
        "- Claire Martin annonce : « Je m’occupe de prévenir le cabinet. »",
        "- Paul Durand demande à Claire Martin : « Faut-il maintenir la session du 15 avril ? »",
    ]
    assert "48 200 euros" in told
    assert "surcoût" in told
    for noise in ("cordialement", "destinataire", "Bonjour", "interieur.example"):
        assert noise not in told


@pytest.mark.parametrize(
    ("sentence", "promised"),
    [
        ("Je vous fais un point vendredi.", True),
        ("Je reviens vers vous d’ici mercredi.", True),
        ("Nous vous transmettrons le dossier complet.", True),
        ("J’appellerai le prestataire.", True),
        ("Je lui en parlerai.", True),
        ("Nous nous en chargeons.", True),
        ("Je vous ai envoyé le tableau lundi.", False),
        ("Je vous confirme la réunion de vendredi.", False),
        ("Je vous informe que le service ferme lundi.", False),
        ("Nous espérons que le budget suffit.", False),
        ("Je serai absent vendredi.", False),
    ],
)
def test_what_somebody_says_that_they_will_do_is_a_promise(sentence, promised):
    """By its verb, or by the time that it names and for whom it is; not what was done, is so, or is told."""
    told = "\n".join(digest(LETTER.replace("Notre", f"{sentence}\n\nNotre", 1)))
    assert (f"annonce : « {sentence}" in told) is promised


def test_rows_of_a_table_are_quoted_below_its_head_once():
    """Also where the head is said again on each page."""
    rows = "".join(f"| Lot {n} | {n}00 € |\n" for n in range(1, 4))
    head = "| Objet | Montant |\n| --- | --- |\n"
    material = Material(name="a", text=f"{head}{rows}| Objet | Montant |\n")
    told = answer(ask("Résume", materials=(material,)))
    assert "« Objet · Montant → Lot 1 · 100 € – Lot 2 · 200 € – Lot 3 · 300 € »" in told.replace(
        "\u00a0", " "
    )
    assert told.count("Objet") == 1


def test_who_gets_a_copy_may_be_asked_by_name():
    """And is not taken for the one to whom the mail is written."""
    mail = MAIL.replace(
        "To: Paul Durand <paul.durand@interieur.example>, Sophie Le Goff <sophie@interieur.example>",
        "To: Paul Durand <paul.durand@interieur.example>\nCc: Sophie Le Goff <sophie@interieur.example>",
    )
    told = answer(ask("Résume ce mail", materials=(Material(name="a.eml", text=mail),)))
    assert "- Claire Martin demande à Sophie : «" in told.replace("\u00a0", " ")


def test_a_text_that_is_no_mail_has_no_requests():
    """A question in a report is a sentence like another."""
    told = answer(
        ask(
            "Résume",
            materials=(
                Material(name="a", text="Faut-il un nouveau bâtiment pour le service ? Le rapport en doute."),
            ),
        )
    )
    assert "demande" not in told


def test_nothing_is_quoted_twice():
    """What stands on every page is quoted once, and headings of a document come first."""
    page = "# Partie {}\n\nLe budget {} est de {} euros.\n\nDocument de travail de la direction du numérique, ne pas diffuser."
    text = "\f".join(page.format(n, n, n * 1000) for n in range(1, 7))
    told = answer(ask("Résume", materials=(Material(name="a", text=text),)))
    assert told.count("Document de travail") <= 1
    assert "Plan\u00a0: Partie 1 · Partie 2" in told


LETTER = """# Demande de rendez-vous

From: Jean Bart <jean.bart@asso.example>
To: prefet@loire.example

Notre trésorerie sera épuisée le 15 décembre. Nous sollicitons un rendez-vous avant la fin du mois.
Vous voudrez bien nous dire si une avance est possible. Le rapport demande quelles mesures sont prévues.

Le 3 septembre, vous avez écrit :
> Pouvez-vous envoyer vos comptes ?
"""


def test_a_letter_asks_in_other_forms_than_questions():
    """« Nous sollicitons », « vous voudrez bien »; its subject asks nothing, and « vous avez écrit » names who
    was written to."""
    told = answer(ask("Résume", materials=(Material(name="a.eml", text=LETTER),))).replace("\u00a0", " ")
    assert [line for line in told.split("\n") if "demande à" in line] == [
        "- Jean Bart demande à prefet@loire.example : « Nous sollicitons un rendez-vous avant la fin du mois. »",
        "- Jean Bart demande à prefet@loire.example : « Vous voudrez bien nous dire si une avance est possible. »",
        "- prefet@loire.example demande à Jean Bart : « Pouvez-vous envoyer vos comptes ? »",
    ]


def test_what_stands_round_a_text_is_no_part_of_its_digest():
    """Its heading is none of the document, and its lines are no statements; a text of a few words is quoted."""
    text = "# Un\n\nA.\n\n# Deux\n\nB.\n\n# Trois\n\nLe budget monte.\n\n## Autour du texte\n\n- en-tête : Direction des achats et des marchés"
    told = answer(ask("Résume", materials=(Material(name="a", text=text),)))
    assert "Le budget monte." in told
    assert "Autour" not in told
    assert "Direction" not in told


NEWS = (
    """# La lettre

Si ce message ne s’affiche pas, consultez la version en ligne.

## Atelier « Tchap »

Mardi 24 novembre, 9 h 30

Inscription gratuite auprès de la direction du numérique.

## Agenda

- 2 décembre : séance du comité
- 9 décembre : bilan du projet

## Chiffres

| Service | Budget |
|---|---|
"""
    + "\n".join(f"| Bureau {n} | {n} 000 € |" for n in range(1, 9))
    + """
| Total | 36 000 € |

Le bureau 4 a dépassé son budget de la moitié. La hausse vient du loyer.
"""
)


def digest(text):
    """The lines of a summary, with usual spaces."""
    told = answer(ask("Résume", materials=(Material(name="a", text=text),))).replace("\u00a0", " ")
    return [line for line in told.split("\n") if line.startswith(("- ", "Plan"))]


def test_what_is_proposed_is_told():
    """A sentence that proposes or decides is quoted, however little its words say of the subject; so is the
    subject that a note names itself."""
    facts = " ".join(f"Le budget du bureau {n} est de {n} 000 euros en 2026." for n in range(1, 40))
    told = "\n".join(
        digest(f"Objet : le loyer des bureaux\n\n{facts} Il vous est proposé de résilier le bail. {facts}")
    )
    assert "Il vous est proposé de résilier le bail." in told
    assert "Objet : le loyer des bureaux" in told


def test_headings_are_the_plan_even_where_no_text_follows():
    """All that is written as a heading; of a text without such, short lines, also those that end in a
    quotation; no line that only says where and when."""
    assert digest(NEWS)[0] == "Plan : La lettre · Atelier « Tchap » · Agenda · Chiffres"
    plain = "Lyon, le 3 mai 2026\n\nChantier « rue »\n\nUn.\n\nDeux\n\nUn.\n\nTrois\n\nUn."
    told = answer(ask("Résume", materials=(Material(name="a", text=plain),))).replace("\u00a0", " ")
    assert "Plan : Chantier « rue » · Deux · Trois\n" in told


def test_a_date_is_told_with_what_it_is_the_date_of():
    """A date below a heading leads in what follows; a list below one is quoted whole, after it."""
    told = digest(NEWS)
    assert any(
        line.startswith("- Atelier « Tchap », Mardi 24 novembre, 9 h 30 : « Inscription") for line in told
    )
    assert "- Agenda : « 2 décembre : séance du comité – 9 décembre : bilan du projet »" in told


def test_rows_leave_room_for_sentences():
    """Of a table its total and a few rows are quoted, and what is written below it."""
    told = digest(NEWS)
    assert sum("→" in line for line in told) <= 3
    assert any("Total · 36 000 €" in line for line in told)
    assert any("Le bureau 4" in line for line in told)


def test_what_programs_put_round_a_text_is_not_quoted():
    """How a letter is shown is none of its sentences."""
    assert "affiche" not in "\n".join(digest(NEWS))


def test_a_sentence_that_leans_on_a_request_is_told_with_it():
    """« Il en faut 140 » says of what asked before how much; « Inès : … » turns to her in a list."""
    mail = LETTER.replace(
        "Notre trésorerie", "- Inès : tu fais les badges ? Il en faut 140.\n\nNotre trésorerie"
    ).replace("To: prefet@loire.example", "To: prefet@loire.example, Inès <i@x.fr>")
    assert "- Jean Bart demande à Inès : « Inès : tu fais les badges ? Il en faut 140. »" in digest(mail)


def test_a_list_of_demands_is_asked_and_the_last_courtesy_is_not_said():
    """« Nous vous demandons : 1) de … » is a request; « nous vous prions d’agréer » closes a letter."""
    mail = LETTER.replace(
        "Notre trésorerie",
        "Nous vous demandons :\n1) de suspendre la mesure ;\n2) de nous recevoir.\n\nNotre trésorerie",
    ).replace(
        "\nLe 3 septembre", "\nNous vous prions d’agréer, Madame, nos hommages.\nJean Bart\n\nLe 3 septembre"
    )
    told = "\n".join(digest(mail))
    assert "demande à prefet@loire.example : « Nous vous demandons : 1) de suspendre la mesure" in told
    assert "agréer" not in told


def test_the_one_amount_among_pages_of_one_pattern_is_told():
    """What a text repeats with other numbers is no more of it for being repeated; what it says once counts."""
    lines = ("Le fret progresse dans le bassin {} ; le calendrier proposé tient compte des contraintes.",)
    lines += ("Les gestionnaires du bassin {} demandent une doctrine commune et des outils simples à tenir.",)
    pages = [f"## Section {n}\n\n{lines[n % 2].format(n)}" for n in range(2, 300)]
    pages[150] += (
        "\n\nLa mission propose de porter l’aide de 47 à 92 millions d’euros à compter du 1er janvier 2027."
    )
    told = answer(ask("Résume", materials=(Material(name="rapport.pdf", text="\f".join(pages)),)))
    assert "92 millions" in told
