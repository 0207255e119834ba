"""Personal data hidden from a model, and put back in its answer, piece by piece.

All texts of a request share one set of placeholders, so the model can speak of a person that the question and
a document both name. Nothing is kept: a session holds what people wrote, and each request is masked anew.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, BinaryIO

import orjson

from core.errors import Interrupted
from core.gateway.ask import Again, Ask, Done, Piece
from core.sensitivity.assess import INLINE, TaskRunner
from core.sensitivity.masker import Masker
from core.sensitivity.personal.facts import read_lexicons

TASK = "core.models.masked_ask:mask_task"


async def masked(ask: Ask, jail: TaskRunner | None) -> tuple[Ask, Masker]:
    """The request without personal data, and what puts them back. Long ones are masked in the jail.

    Raises what the jail raises: the caller fails closed."""
    texts = [text for exchange in ask.history for text in exchange]
    texts += [text for each in ask.materials for text in (each.name, each.text)]
    texts.append(ask.question)
    if jail is None or sum(map(len, texts)) <= INLINE:
        masker = Masker()
        hidden = masker.mask_all(texts)
    else:
        answer: dict[str, Any] = await jail.call(TASK, orjson.dumps(texts), {})
        masker, hidden = Masker(answer["values"]), answer["texts"]
    pieces = iter(hidden)
    history = tuple((next(pieces), next(pieces)) for _ in ask.history)
    materials = tuple(replace(each, name=next(pieces), text=next(pieces)) for each in ask.materials)
    return replace(ask, question=next(pieces), history=history, materials=materials), masker


def prepare() -> None:
    """Read what the rules read when first used: the jail opens no file."""
    read_lexicons()
    Masker().mask("Anne Petit, née le 3 mai 1980, a pour mot de passe « exemple ».")


def mask_task(file: BinaryIO, arguments: dict[str, Any], limits: object) -> dict[str, Any]:
    """The masking of a list of texts as a task of the sandbox: JSON → masked texts and placeholders."""
    masker = Masker()
    return {"texts": masker.mask_all(orjson.loads(file.read())), "values": masker.to_json()}


async def unmasked(pieces: AsyncGenerator[Piece], masker: Masker) -> AsyncGenerator[Piece]:
    """The pieces of an answer with the data back, wherever the model's stream cut a placeholder."""
    open_ = masker.unmask_stream()
    try:
        async for piece in pieces:
            match piece:
                case str():
                    if shown := open_.feed(piece):
                        yield shown
                case Again():
                    open_ = masker.unmask_stream()
                    yield piece
                case Done():
                    if rest := open_.finish():
                        yield rest
                    yield piece
    except Interrupted as error:
        raise Interrupted(str(error), text=masker.unmask(error.text)) from error
