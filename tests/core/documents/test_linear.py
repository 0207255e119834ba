"""No file costs more than its length: every reader of texts is linear on hostile ones."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest

from core.documents.file_reader import read
from core.documents.mail.incoming import read as read_mail

SMALL, LARGE = 50_000, 200_000
HEAD = "From: a@b.example\nTo: c@d.example\nSubject: x\n"

UNITS = {
    "backticks": "`", "marks": "# ", "hashes": "#", "bars": "|", "cells": "| a ", "semicolons": ";",
    "quoted": ">", "quoted lines": ">\n", "empty lines": "\n", "spaces": " ", "blank lines": " \n",
    "tabs": "\t", "stars": "**a ", "brackets": "[", "links": "[a](", "underlines": "=\n", "dashes": "-\n",
    "senders": "De : a@b.fr\n", "attributions": "Le 3 mars 2026, a@b.fr a écrit :\n", "dates": "Le 3 mars ",
    "forwards": "-----Message transféré-----\n", "signatures": "-- \n", "headers": "Subject: x\n",
    "open fields": '"a;', "quotes": '"', "form feeds": "\f", "returns": "\r", "nulls": "\0a",
    "capitals": "SECRET ", "openings": "<", "comments": "<!--", "paragraphs": "<p>a", "entities": "&",
    "fences": "```\n~~~\n", "setext": "a\n==\n", "soft hyphens": "\xad", "accents": "é́",
    "encoded words": "=?utf-8?q?a?=", "base64 words": "=?utf-8?b?", "folds": "a=\n", "rows": "<tr><td>a",
    "groups": "{", "controls": "\\a", "unicode": "\\u233?", "options": "<select><option>a",
    "styles": "<style>",
}  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    "text": lambda text: read(text.encode(), name="a.txt"),
    "markdown": lambda text: read(f"# T\n\n# U\n\n{text}".encode(), name="a.md"),
    "table": lambda text: read(f"a;b\n{text}".encode(), name="a.csv"),
    "html": lambda text: read(f"<html><body><p>x {text}".encode(), name="a.html"),
    "rtf": lambda text: read(f"{{\\rtf1 {text}".encode(), name="a.rtf"),
    "mail": lambda text: read(f"{HEAD}\n{text}".encode(), name="a.eml"),
    "question by mail": lambda text: read_mail(f"{HEAD}\n{text}".encode()),
    "header": lambda text: read(f"{HEAD}X-A: {' '.join(text.split())}\n\nx".encode(), name="a.eml"),
}


def cpu(reader: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    with contextlib.suppress(MemoryError, RecursionError):  # refused: the sandbox tells it as a reason
        reader(text)
    return time.process_time() - start


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", UNITS)
def test_four_times_the_text_is_four_times_the_work(kind: str, reader: str) -> None:
    """CPU of 200 kB beside that of 50 kB: what is quadratic would be sixteen times as long. The least of
    several tries counts, since a machine may be busy with something else."""
    unit = UNITS[kind]
    ratio = float("inf")
    for _ in range(4):
        small = cpu(READERS[reader], unit * (SMALL // len(unit)))
        large = cpu(READERS[reader], unit * (LARGE // len(unit)))
        ratio = min(ratio, large / max(small, 0.05))
        if ratio < 8:
            return
    pytest.fail(f"{kind}: {ratio:.1f} times the work for four times the text")
