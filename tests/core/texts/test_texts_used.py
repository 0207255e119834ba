"""Texts that no code says any more are not kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
FILES = [path for folder in ("core", "connectors", "bots") for path in (ROOT / folder).rglob("*.py")]


def texts() -> Iterator[tuple[str, str]]:
    """Each text of a language: the file of its class, and its name."""
    for path in FILES:
        if path.parent.name != "texts" and not path.stem.endswith("words"):
            continue
        for made in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(made, ast.ClassDef):
                names = [each.name for each in made.body if isinstance(each, ast.FunctionDef)]
                names += [each.targets[0].id for each in made.body if isinstance(each, ast.Assign)]  # type: ignore[attr-defined, union-attr]
                yield from (
                    (str(path.relative_to(ROOT)), name) for name in names if not name.startswith("__")
                )


def test_every_text_is_said_somewhere() -> None:
    """The name of each text is that of an attribute that some code of the three packages reads."""
    trees = (ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES)
    said = {node.attr for tree in trees for node in tree if isinstance(node, ast.Attribute)}
    found = set(texts())
    assert len(found) > 300
    assert not {text for text in found if text[1] not in said}
