"""What the help tells people to write is understood as what it says."""

from __future__ import annotations

import re

import pytest

from core.sensitivity.level import Level
from core.texts import Contacts, texts
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
    "en Word": "export",
    "en PDF": "export",
    "as Word": "export",
    "as PDF": "export",
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_example_is_understood(language: str) -> None:
    """Each phrase in quotation marks, on the line of documents with one at hand, of rooms in a room."""
    shown = texts(language, Contacts()).help(ceiling=Level.N2, embedded=False, archives=True)
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
        texts(language, Contacts()).help(ceiling=Level.N2, embedded=False, archives=there)
        for there in (True, False)
    ]
    assert [command in text for text in told] == [True, False]
