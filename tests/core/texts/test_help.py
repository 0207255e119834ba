"""What the help tells people to write is understood as what it says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bots.summariser.summariser_texts import SummariserTexts
from core.policy.rules import Quotas
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from core.texts.about_texts import ServiceFacts
from core.understanding import understand

KINDS = {
    "résume": "summarise",
    "fais une note": "summarise",
    "compare": "ask_document",
    "@Assistant résume": "summarise",
    "qui fait quoi ?": "actions",
    "j’ai raté la matinée": "summarise",
    "chaque vendredi à 17 h fais le point": "schedule",
    "nouvelle conversation": "new",
    "stop": "stop",
    "recommence": "again",
    "parle anglais": "language",
    "c’est quel niveau ici ?": "level",
    "quel modèle ?": "model",
    "pourquoi ?": "why",
    "masque les noms": "mask",
    "où partent mes données ?": "about",
    "donne-moi mes données": "data",
    "efface mes données": "forget",
    "je veux parler à quelqu’un": "human",
    "archive cette conversation": "archive",
    "summarise": "summarise",
    "make a note": "summarise",
    "@Assistant summarise": "summarise",
    "who does what?": "actions",
    "what did I miss?": "summarise",
    "every Friday at 5 pm summarise": "schedule",
    "new conversation": "new",
    "try again": "again",
    "speak French": "language",
    "what level is this?": "level",
    "which model?": "model",
    "why?": "why",
    "mask the names": "mask",
    "where does my data go?": "about",
    "give me my data": "data",
    "delete my data": "forget",
    "I want to talk to someone": "human",
    "archive this conversation": "archive",
    "quelle est ton empreinte ?": "about",
    "what is your footprint?": "about",
    "en Word": "export",
    "en PDF": "export",
    "as Word": "export",
    "as PDF": "export",
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_example_is_understood(language: str) -> None:
    """Each phrase in quotation marks, on the line of documents with one at hand, of rooms in a room."""
    shown = texts(language, Contacts()).help(
        place="tchap_encrypted", ceiling=Level.N2, embedded=False, archives=True
    )
    count = 0
    for line in shown.replace("\u00a0", " ").replace("\u202f", " ").split("\n"):
        place = "room" if "salon" in line or "room" in line else "direct"
        document = line.startswith(("- **Un document", "- **A document"))
        for phrase in re.findall(r"« ([^»]+) »|“([^”]+)”", line):
            said = phrase[0] or phrase[1]
            found = understand(said, place=place, document=document)
            assert (found.kind, found.sure) == (KINDS[said], True), (said, found)
            count += 1
    assert count >= 18


@pytest.mark.parametrize(("language", "command"), [("fr", "`!archiver`"), ("en", "`!archive`")])
def test_archives_are_named_where_there_are_any(language: str, command: str) -> None:
    """A command that could only answer that there are none is not offered."""
    told = [
        texts(language, Contacts()).help(place="slack", ceiling=Level.N0, embedded=False, archives=there)
        for there in (True, False)
    ]
    assert [command in text for text in told] == [True, False]


@pytest.mark.parametrize(
    ("language", "there", "not_there"), [("fr", "canal", "salon"), ("en", "channel", "room")]
)
def test_the_help_speaks_in_the_words_of_the_place(language: str, there: str, not_there: str) -> None:
    """Where people talk of channels, nothing is called a room."""
    shown = texts(language, Contacts()).help(place="slack", ceiling=Level.N0, embedded=False, archives=False)
    assert there in shown
    assert not_there not in shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_read_in_every_place_names_none(language: str) -> None:
    """The summariser's own words are read in rooms of Tchap and in channels of Slack."""
    words = SummariserTexts(language)
    said = [each for name in dir(words) if isinstance(each := getattr(words, name), str) and name[0] != "_"]
    assert said
    assert not [each for each in said if re.search(r"\b(?:salon|canal|room|channel)\b", each)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_help_and_facts_are_those_of_the_place(language: str) -> None:
    """By mail nothing is said of rooms; where no model answers, none is said to read anything."""
    said = texts(language, Contacts())
    helped = said.help(place="mail", ceiling=Level.N2, embedded=False, archives=False)
    assert "@Assistant" not in helped
    facts = ServiceFacts(models=[], embedded=False, ceiling=Level.N2, days=30, limit=10**7, quotas=Quotas())
    without_model = said.about(("data", "model"), facts)
    assert "–" not in without_model
    assert {"fr": "Ils ne vont pas plus loin", "en": "They go no further"}[language] in without_model
    quoting = said.about(("data", "model"), replace(facts, models=["extracts"], embedded=True))
    assert "extracts" not in quoting
