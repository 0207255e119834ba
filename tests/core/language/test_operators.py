"""What operators read: whole in both languages, and said even where nothing else works."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import core.errors
from core.errors import ConfigurationError
from core.language.operators import Phrase, language
from core.language.phrasebook import read_sentences

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "core/language/operators").glob("*.toml"))
SENTENCES = read_sentences(*FILES)
SAYS = {"ConfigurationError": 1, "Phrase": 0, "tell": 0, "Wrong": 0, "wrong": 0}
"""Which argument of what says a phrase is its key; `wrong` is that of `core.policy`, for its own keys."""


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@dataclass(frozen=True)
class Call:
    """A call that says a phrase: its possible keys, and its words; None: they are not seen in the source."""

    where: str
    function: str
    keys: list[str]
    words: set[str] | None


def _named_calls() -> Iterator[tuple[str, str, ast.Call]]:
    """All calls of the source: the file, the name of what is called, the call."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, getattr(node.func, "id", getattr(node.func, "attr", "")), node


def _calls() -> Iterator[Call]:
    for path, name, node in NAMED_CALLS:
        if name not in SAYS or len(node.args) <= SAYS[name] or (name == "wrong" and "policy" not in path):
            continue
        before = "policy." if name == "wrong" else ""
        keys = [before + key for key in _texts(node.args[SAYS[name]])]
        if name == "tell" and not all("." in key for key in keys):
            continue  # another function of this name
        words = {each.arg for each in node.keywords if each.arg}
        whole = all(each.arg for each in node.keywords)
        yield Call(f"{path}:{node.lineno}", name, keys, words if whole else None)


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)
        case _:
            return


TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for room in ("core", "connectors", "bots")
    for path in sorted((ROOT / room).rglob("*.py"))
}
NAMED_CALLS = list(_named_calls())
CALLS = list(_calls())


def test_a_sentence_holds_the_same_words_in_both_languages() -> None:
    """What is filled in is filled in for readers of either language."""
    both = {key: [_placeholders(said) for said in each.values()] for key, each in SENTENCES.items()}
    assert not {key for key, (french, english) in both.items() if french != english}


def test_each_phrase_that_is_said_is_in_the_book_with_its_words() -> None:
    """No error of ours ends in a KeyError where it should be told."""
    for call in CALLS:
        for key in call.keys:
            assert key in SENTENCES, call
            assert call.words is None or _wanted(key) <= call.words | {"key"}, call


def _wanted(key: str) -> set[str]:
    return {
        word
        for each in (key, f"{key}.remedy")
        if each in SENTENCES
        for word in _placeholders(SENTENCES[each]["fr"])
    }


def test_what_operators_are_to_correct_has_a_remedy() -> None:
    """A wrong setting is told with what to do."""
    errors = [call for call in CALLS if call.function not in ("Phrase", "tell")]
    assert not {key for call in errors for key in call.keys if f"{key}.remedy" not in SENTENCES}


def test_what_failed_is_said_by_the_book() -> None:
    """No error and no line of the log tells operators in English alone what failed; names, codes and what
    servers say stay as they are."""
    errors = set(re.findall(r"── (\w+)", core.errors.__doc__ or "")) - {"ConfigurationError"}
    said: list[str] = []
    for path, name, node in NAMED_CALLS:
        told = node.args[:1] if name in errors else []
        told += [each.value for each in node.keywords if name in LOGGED and each.arg == "reason"]
        said += [f"{path}:{node.lineno}" for each in told if PROSE.search(_literal(each))]
    assert not said


LOGGED = ("info", "warning", "error")
PROSE = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+\b|\b(is|no|not|cannot|gone|limited)\b")


def _literal(node: ast.expr) -> str:
    """What a text says itself, without what is filled in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(
        each.value if isinstance(each.value, str) else "…" for each in parts if isinstance(each, ast.Constant)
    )


def test_no_sentence_is_left_that_nobody_says() -> None:
    """The book holds what is said, and nothing beside it."""
    constants = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = constants | {key for call in CALLS for key in call.keys}
    families = tuple(each for each in constants if re.fullmatch(r"[a-z_]+\.", each) and each != "policy.")
    silent = {key for key in SENTENCES if not key.endswith(".remedy")} - said
    assert not {key for key in silent if not key.startswith(families)}


@pytest.mark.parametrize(
    ("given", "wanted"), [("", "est nul"), ("fr", "est nul"), ("en", "is zero"), ("xx", "est nul")]
)
def test_french_is_said_unless_english_is_set(
    given: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One language for operators: French, or English by RELAIS_LANGUAGE."""
    monkeypatch.setenv("RELAIS_LANGUAGE", given)
    assert wanted in str(ConfigurationError("RELAIS_MAX_AGE", "settings.zero"))


def test_the_language_of_a_broken_dotenv_is_still_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with `.env` is told in the language that it asks for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELAIS_LANGUAGE", raising=False)
    Path(".env").write_text("what is this\nRELAIS_LANGUAGE=en\n")
    assert str(Phrase("settings.zero")) == "is zero"


def test_the_language_is_looked_up_once_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sentence asks for it; `.env` is read anew only where it is another."""
    monkeypatch.delenv("RELAIS_LANGUAGE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert language() == "fr"
    (tmp_path / ".env").write_text("RELAIS_LANGUAGE=en\n")
    reads: list[Path] = []
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, **how: reads.append(path) or read(path, **how))  # pyright: ignore[reportUnknownLambdaType]
    assert [language() for _ in range(3)] == ["en"] * 3
    assert reads == [Path(".env")]
    (tmp_path / ".env").write_text("# autre\nRELAIS_LANGUAGE=fr\n")
    assert language() == "fr"
