"""The whole path on a real, small model in this process. What it writes is not judged: it is too small."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from core.condense import Brief, condense, finish, works
from core.gateway.ask import Ask, Piece
from core.gateway.client import Gateway
from core.gateway.engines.remote import session
from tests.core.gateway.asking import Route, model
from tests.core.gateway.test_local import weights

SENTENCE = (
    "The committee of the town hall agreed that the old library should be painted again in the spring. "
)
MOST = 12
"""Tokens of each answer: the path is proved, not the prose."""


async def test_a_real_model_reads_in_parts() -> None:
    """Longer than its window: notes of each part, then one synthesis, with tokens that were counted."""
    small = model(str(weights()), dialect="local", context=512)
    material = works([("report.txt", "\f".join(SENTENCE * 6 for _ in range(2)))], language="en")
    seen: list[tuple[int, int]] = []
    async with session() as http:
        gateway = Gateway(session=http)
        gateway.prepare([small])

        async def asking(ask: Ask) -> AsyncGenerator[Piece]:
            brief = replace(ask, answer_tokens=min(ask.answer_tokens, MOST))
            async with aclosing(gateway.stream(brief, lambda: Route((small,)))) as pieces:
                async for piece in pieces:
                    yield piece

        done = await condense(
            Brief(works=material, model=small, form="short", language="en"),
            asking,
            progress=lambda done, total: seen.append((done, total)),
        )
    assert done.requests == seen[-1][1] + 1 >= 3
    assert done.text
    assert done.done.usage.prompt_tokens > 300
    assert 0 < done.done.usage.completion_tokens <= MOST * done.requests
    assert finish(done.text, material).text
