"""The command line's last word."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bots import main, serve
from core.documents.sandbox.sandbox import Sandbox


def test_a_bug_that_ends_a_replica_is_told_without_content(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its type and place are logged, its values are not: they may quote what people write."""

    async def fails(sandbox: Sandbox) -> int:
        async with asyncio.TaskGroup() as group:
            group.create_task(bug())
        return 0

    async def bug() -> None:
        raise ValueError("bleu-canard")

    monkeypatch.setattr(serve, "serve", fails)
    monkeypatch.setattr(sys, "argv", ["relais", "run"])
    assert main.main() == main.FAILED
    written = capfd.readouterr().err
    assert "stopped_by_a_bug" in written
    assert "ValueError" in written
    assert "bleu-canard" not in written


def test_the_sandbox_starts_before_all_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process, which imports for most of a second, runs when the settings are read."""
    seen: list[int | None] = []

    async def look(sandbox: Sandbox) -> int:
        seen.append(sandbox.pid)
        return 0

    monkeypatch.setattr(serve, "serve", look)
    monkeypatch.setattr(sys, "argv", ["relais", "run"])
    assert main.main() == main.DONE
    assert seen[0]


def test_what_a_start_does_not_need_is_imported_later() -> None:
    """What reads mails and pictures is the sandbox’s, what makes pages and archives theirs, redis-py
    that of a store at a URL: 25 MB, 0.2 s."""
    needless = {"PIL", "charset_normalizer", "jinja2", "lxml", "opentelemetry", "redis", "selectolax"}
    look = "import sys, bots.serve, connectors.tchap.connector; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout
    assert not needless & set(imported.split())


@pytest.mark.parametrize("name", ["note\udce9.txt", "a\x1b[2Jb.txt"])
def test_a_name_that_cannot_be_shown_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A name that is no UTF-8, or that a terminal would obey, is wrong usage: the file is to be renamed."""
    monkeypatch.setattr(sys, "argv", ["relais", "scan", "--json", name])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "renommez le fichier" in capfd.readouterr().err


def _ended(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """How `relais …` ends, and all that it writes."""
    monkeypatch.setattr(sys, "argv", ["relais", *argv])
    try:
        code = main.main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    written = capfd.readouterr()
    return code, written.out + written.err


@pytest.mark.parametrize("command", ["read", "scan"])
@pytest.mark.parametrize(("language", "english"), [("fr", False), ("", False), ("en", True)])
def test_what_is_said_of_files_is_in_the_language_of_the_shell(
    command: str,
    language: str,
    english: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """As is all that a command says; French unless it is asked for English."""
    monkeypatch.setenv("RELAIS_LANGUAGE", language)
    monkeypatch.chdir(tmp_path)
    _, text = _ended([command, "absent.pdf"], monkeypatch, capfd)
    assert ("cannot be" in text) == english


WRONGS: tuple[list[str], ...] = (
    [],
    ["unheard"],
    ["digest"],
    ["digest", "--form", "long", "a"],
    ["person", "export"],
    ["run", "x"],
    ["digest", "--form"],
    ["read", "--json=1", "a"],
    ["scan", "a\x1b.txt"],
)


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`relais --version` says which one it is, and has done."""
    code, text = _ended(["--version"], monkeypatch, capfd)
    assert code == main.DONE
    assert re.fullmatch(r"relais \d+\.\d+\.\d+\n", text)


@pytest.mark.parametrize(
    ("language", "foreign"),
    [
        ("fr", r"\b(usage|show|the|following|are|required|invalid|expected|error|unrecognized|positional)\b"),
        ("en", r"[éèàùâêôçœ’«»\u00a0]|\b(le|la|les|une?|des|dans|avec|pour|sur)\b"),
    ],
)
def test_the_help_speaks_one_language(
    language: str, foreign: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Help and errors of every command are whole in the language of RELAIS_LANGUAGE."""
    monkeypatch.setenv("RELAIS_LANGUAGE", language)
    _, top = _ended(["--help"], monkeypatch, capfd)
    commands = re.findall(r"^    ([a-z]+)", top, re.MULTILINE)
    assert len(commands) > 10
    texts = [top] + [_ended([name, "--help"], monkeypatch, capfd)[1] for name in commands]
    for wrong in WRONGS:
        code, text = _ended(wrong, monkeypatch, capfd)
        assert code == main.WRONG
        texts.append(text)
    spoken = [
        re.sub(r"(?i)ministry’s|person’s|[-\w/]*\{[^}]*\}|choose from .*|TALK.json", "", text)
        for text in texts
    ]
    assert [found for text in spoken for found in re.findall(foreign, text)] == []


@pytest.mark.parametrize("command", [["chat"], ["doctor"], ["digest", "note.txt"]])
@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_private_authority_without_a_certificate_is_named(
    command: list[str],
    content: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A file of RELAIS_CA_FILE that holds no certificate ends a command with the setting's name."""
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").write_text(content)
    Path("note.txt").write_text("Bonjour.")
    monkeypatch.setenv("RELAIS_CA_FILE", "ca.pem")
    monkeypatch.setenv("RELAIS_GATEWAY__URL", "https://127.0.0.1:9/v1")
    monkeypatch.setenv("RELAIS_GATEWAY__MODEL", "m")
    code, text = _ended(command, monkeypatch, capfd)
    assert "RELAIS_CA_FILE" in text
    assert "Traceback" not in text
    assert code == (main.FAILED if command == ["doctor"] else main.WRONG)
