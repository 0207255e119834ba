"""Inside the jail no file can be opened: what a task reads, its module has read before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from core.documents.sandbox.sandbox import Sandbox
from tests.core.documents import make

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("cold")]

SAMPLES = {
    each.name: each.read_bytes()
    for each in sorted((Path(__file__).parents[3] / "data" / "documents").iterdir())
    if not each.name.endswith(".expected.md")
}
TEXT = (
    "Anne Petit, née le 3 mai 1980, suit un traitement pour un cancer : 06 12 34 56 78, « Tr0ub4dor&3! ».\n\n"
    "DIFFUSION RESTREINTE\n\nDIFFUSlON RESTRElNTE\n\nIl a été condamné. Code du portail : 4589B.\n\n"
    "Je ne serai plus là lundi, ne m’attendez pas."
)
TEXTS: Mapping[str, tuple[bytes, dict[str, Any]]] = {
    "core.sensitivity.assess:run": (
        orjson.dumps({"parts": [{"text": TEXT}], "additions": []}),
        {"unmarked": "N1"},
    ),
    "core.models.masked_ask:mask_task": (orjson.dumps([TEXT, TEXT]), {}),
    "core.understanding.understand:run": (TEXT.encode(), {}),
    "core.provenance.carried:carried_task": (
        b"<!-- relais-provenance: x -->\n# T\n\n| a |\n|--|\n| [b](http://c.fr) &eacute; |\n\n---\n\nN1\n",
        {"mail": False, "characters": 1000},
    ),
    "core.documents.ocr.pixels:jpeg_task": (make.photo(), {"longest": 1000, "most": 1_000_000}),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(cold: None) -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def reached(sandbox: Sandbox, task: str, data: bytes, arguments: dict[str, Any]) -> list[str]:
    return await sandbox.call(
        "tests.core.documents.watched_tasks:run", data, {"task": task, "arguments": arguments}
    )


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_document_is_read_of_memory(sandbox: Sandbox, name: str) -> None:
    """Whatever its format, and what it carries with it."""
    data, mail = SAMPLES[name], name.endswith(".eml")
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("core.documents.file_reader:read_task", {"name": name}),
        ("core.provenance.carried:carried_task", {"mail": mail, "characters": 1000}),
    ]
    if mail:
        tasks.append(("core.documents.mail.incoming:read_task", {"ours": [], "known": False}))
    for task, arguments in tasks:
        assert await reached(sandbox, task, data, arguments) == []


@pytest.mark.parametrize("task", TEXTS)
async def test_a_text_is_judged_of_memory(sandbox: Sandbox, task: str) -> None:
    """Its level, its names, whether somebody is in danger, and what proves it."""
    assert await reached(sandbox, task, *TEXTS[task]) == []
