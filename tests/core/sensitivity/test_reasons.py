"""Every rule that decides has words for people, and no words stand there for a rule that is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from core.language.phrasebook import read_sentences
from core.sensitivity.assess import assess
from core.sensitivity.level import because

CORE = Path(__file__).parents[3] / "core"


def nodes(*folders: str) -> Iterator[ast.AST]:
    """What stands in the code of these folders of `core`."""
    for folder in folders:
        for path in (CORE / folder).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def named() -> Iterator[str]:
    """Each rule that the code names where it makes a finding."""
    for node in nodes("sensitivity"):
        match node:
            case ast.keyword(arg="why", value=ast.Constant(value=str(name))):
                yield name
            case _:
                pass


def test_every_rule_has_words() -> None:
    """What a person reads is never the name of a rule."""
    found = set(named())
    assert len(found) > 10
    assert not {name for name in found if because(name) == name}


def test_every_reason_is_given() -> None:
    """Each reason that has words is one that code names."""
    kept = [key for key in read_sentences(CORE / "sensitivity" / "level.toml") if key.startswith("reasons.")]
    code = nodes("sensitivity", "models", "turn")
    said = {node.value for node in code if isinstance(node, ast.Constant)}
    assert not {key.removeprefix("reasons.") for key in kept} - said


def test_a_password_in_a_sentence_is_explained() -> None:
    """What only looks like a password says so, in both languages."""
    (found,) = (each for each in assess("Note « Tr0ub4dor&3! » pour demain.").evidence)
    assert because(found.why) == "la forme d’un mot de passe"
    assert because(found.why, "en") == "the form of a password"
