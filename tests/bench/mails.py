"""How fast mails are read, beside the standard library and mail-parser, and how many of them each reads.

`python -m tests.bench mails`; the messages are those of `tests/data/mail`, or those of the folder MAILS.
mail-parser is no dependency: it is measured where it is installed.
"""

from __future__ import annotations

import email
import importlib
import os
import time
from collections.abc import Callable
from email.policy import default
from pathlib import Path

from core.documents.mail.incoming import read
from tests.bench.table import Row, show

OURS = Path(__file__).parents[1] / "data" / "mail"
SLOW = 500_000
"""Bytes from which a message is left out: nasty ones would measure the caps."""


def by_policy_default(data: bytes) -> str:
    body = email.message_from_bytes(data, policy=default).get_body(("plain", "html"))
    return "" if body is None else str(body.get_content())


def by_mail_parser(data: bytes) -> str:
    return str(importlib.import_module("mailparser").parse_from_bytes(data).body)


def by_relais(data: bytes) -> str:
    found = read(data)
    return found.own + found.history


def main(*, quick: bool) -> None:
    folder = Path(os.environ.get("MAILS", OURS))
    mails = [data for path in sorted(folder.glob("*")) if len(data := path.read_bytes()) < SLOW]
    rows = [
        *_rows("relais", by_relais, mails, quick=quick),
        *_rows("policy.default", by_policy_default, mails, quick=quick),
    ]
    try:
        importlib.import_module("mailparser")
        rows += _rows("mail-parser", by_mail_parser, mails, quick=quick)
    except ImportError:
        rows.append(Row(what="mail-parser", measured=0, note="not installed"))
    show(f"Reading {len(mails)} mails", rows)


def _rows(name: str, parse: Callable[[bytes], str], mails: list[bytes], *, quick: bool) -> list[Row]:
    raised = empty = 0
    began = time.perf_counter()
    rounds = 1 if quick else 5
    for _ in range(rounds):
        raised = empty = 0
        for data in mails:
            try:
                empty += not parse(data).strip()
            except Exception:  # noqa: BLE001 - that they raise is what is measured
                raised += 1
    rate = len(mails) * rounds / (time.perf_counter() - began)
    goal = 0 if name == "relais" else None
    return [
        Row(what=f"{name}: mails a second", measured=rate),
        Row(what=f"{name}: raised", measured=raised, goal=goal),
        Row(what=f"{name}: no text found", measured=empty),
    ]
