"""`!données` says who is responsible, by what right, and what one may do, besides the file."""

from __future__ import annotations

import pytest

from core.texts import Contacts, DataNotice, texts


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Base légale\u00a0: mission"), ("en", "Legal basis: mission")]
)
def test_notice_says_what_the_operator_gave(language: str, words: str) -> None:
    """What was given is told, what was not is left out, and the rights are there always."""
    notice = DataNotice(controller="La ministre", legal_basis="mission", dpo="dpd@x.example")
    told = texts(language, Contacts(notice=notice)).data_notice()
    assert words in told
    assert "dpd@x.example" in told
    assert "CNIL" in told
    assert "Destinataires" not in told
    assert notice.missing == ("purpose", "recipients", "homologation")
    assert len(texts(language, Contacts()).data_notice().splitlines()) == 1
