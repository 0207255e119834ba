"""`!données` says who is responsible, by what right, and what one may do, besides the file."""

from __future__ import annotations

import pytest

from core.sensitivity.level import Level
from core.texts import Contacts, DataNotice, texts


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Base légale\u00a0: mission"), ("en", "Legal basis: mission")]
)
def test_notice_says_what_the_operator_gave(language: str, words: str) -> None:
    """What was given is told, what was not is left out, and the rights are there always."""
    notice = DataNotice(controller="La ministre", legal_basis="mission", dpo="dpd@x.example")
    told = texts(language, Contacts(notice=notice)).data_notice(archives=False)
    assert words in told
    assert "dpd@x.example" in told
    assert "CNIL" in told
    assert "Destinataires" not in told
    assert notice.missing == ("purpose", "recipients", "homologation", "url")
    assert len(texts(language, Contacts()).data_notice(archives=False).splitlines()) == 1
    assert "!archi" in texts(language, Contacts()).data_notice(archives=True)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_welcomes_link_to_the_notice(language: str) -> None:
    """Where its address is known: for a person, for a room, and in short."""
    notice = DataNotice(url="https://relais.example/notice")
    for contacts, there in ((Contacts(notice=notice), True), (Contacts(), False)):
        say = texts(language, contacts)
        alone = say.welcome(ceiling=Level.N2, days=30, embedded=False)
        for told in (alone, say.welcome_room(), say.welcome_short(30)):
            assert ("(https://relais.example/notice)" in told) == there


@pytest.mark.parametrize("language", ["fr", "en"])
def test_who_first_meets_the_assistant_is_told_whom_else_to_ask(language: str) -> None:
    """Where somebody helps: alone, and in short, as by mail."""
    for contacts, there in ((Contacts(help="aide@x.example"), True), (Contacts(), False)):
        say = texts(language, contacts)
        for told in (say.welcome(ceiling=Level.N2, days=30, embedded=False), say.welcome_short(30)):
            assert ("aide@x.example" in told) == there
