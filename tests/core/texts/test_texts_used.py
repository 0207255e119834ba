"""Texts that no code says any more are not kept, and what code says is there in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from core.language.phrasebook import read_sentences
from core.texts.typography import typeset

ROOT = Path(__file__).parents[3]
FILES = [path for folder in ("core", "connectors", "bots") for path in (ROOT / folder).rglob("*.py")]
SENTENCES = sorted(
    path
    for source in FILES
    if (path := source.with_suffix(".toml")).exists() and "PatternFile" not in source.read_text("utf-8")
)


def texts() -> Iterator[tuple[str, str]]:
    """Each text of a language: the file of its class, and its name."""
    for path in FILES:
        if path.parent.name != "texts" and not path.stem.endswith(("words", "texts")):
            continue
        for made in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(made, ast.ClassDef):
                names = [each.name for each in made.body if isinstance(each, ast.FunctionDef)]
                names += [each.targets[0].id for each in made.body if isinstance(each, ast.Assign)]  # type: ignore[attr-defined, union-attr]
                yield from (
                    (str(path.relative_to(ROOT)), name) for name in names if not name.startswith("__")
                )


def together(path: Path) -> list[Path]:
    """The files that are read as one: the texts of a folder, or this one alone."""
    return [
        each for each in SENTENCES if each == path or (each.parent == path.parent and is_text(each, path))
    ]


def is_text(*paths: Path) -> bool:
    return all(path.stem.endswith("_texts") or path.stem == "speaker" for path in paths)


def said(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Each key that the code of these sentences says, as a pattern, with the names of the words given."""
    sources = path.parent.glob("*.py") if is_text(path) else [path.with_suffix(".py")]
    for source in sources:
        if source.with_suffix(".toml") != path and not is_text(source, path):
            continue
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.Assign(
                    targets=[ast.Name(name)], value=ast.Call(func=ast.Name("Fixed" | "FixedWord"))
                ):
                    yield re.escape(name), set()
                case ast.Call(func=ast.Attribute(attr="say" | "word"), args=[key, *_], keywords=words):
                    given = {each.arg or "*" for each in words}
                    yield from ((pattern, given) for pattern in patterns(key))
                case _:
                    pass


def patterns(key: ast.expr) -> Iterator[str]:
    match key:
        case ast.Constant(str(value)):
            yield re.escape(value)
        case ast.JoinedStr(values):
            yield "".join(
                re.escape(str(each.value)) if isinstance(each, ast.Constant) else r"[\w.-]*"
                for each in values
            )
        case ast.IfExp(body=one, orelse=other):
            yield from patterns(one)
            yield from patterns(other)
        case _:
            raise AssertionError(ast.unparse(key))


def words_in(sentence: str) -> set[str]:
    """The names in braces."""
    return {field.partition(".")[0] for _, field, *_ in Formatter().parse(sentence) if field}


def test_every_text_is_said_somewhere() -> None:
    """The name of each text is that of an attribute that some code of the three packages reads."""
    trees = (ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES)
    said = {node.attr for tree in trees for node in tree if isinstance(node, ast.Attribute)}
    found = set(texts())
    assert len(found) > 200
    assert not {text for text in found if text[1] not in said}


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_code_and_sentences_agree(path: Path) -> None:
    """Each sentence is said by code, each that code says is there, and code gives the words in its braces."""
    kept = read_sentences(*together(path))
    calls = list(said(path))
    always = {"whom", "security", "notice"}
    for key, languages in kept.items():
        needed = words_in(languages["fr"])
        saying = [given for pattern, given in calls if re.fullmatch(pattern, key)]
        assert saying, key
        assert any("*" in given or needed - always <= given for given in saying), (key, needed, saying)
    assert not [pattern for pattern, _ in calls if not any(re.fullmatch(pattern, key) for key in kept)]


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_languages_hold_the_same_words(path: Path) -> None:
    """What stands in braces in French stands in English too, apart from the `s` of an agreement."""
    for key, languages in read_sentences(path).items():
        assert words_in(languages["fr"]) - {"s"} == words_in(languages["en"]) - {"s"}, key


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_sentences_are_printed_as_they_should_be(path: Path) -> None:
    """Spaces that do not break, « », apostrophes: what models write is held to it, and so are we."""
    for key, languages in read_sentences(path).items():
        for language, sentence in languages.items():
            assert typeset(sentence, language=language) == sentence, key
