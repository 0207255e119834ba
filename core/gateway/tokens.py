"""How long a request is in tokens, and what is left out so that it fits a model's window.

French runs at four characters a token with Mistral's tokenizers, a figure at one, a table between:
characters count by their class. Weights are fitted to the two Tekken tokenizers of mistral-common on 33
kinds of text (prose, tables with and without words, amounts, dates, addresses, code, keys, ten scripts): what
they count is at most 1.2 × the estimate, but for formulas and languages that they hardly know (1.6), and as
much for prose. Accounts use what the gateway counted.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from core.errors import ContextOverflow
from core.gateway.ask import Ask
from core.gateway.catalogue import Model
from core.gateway.dialects import messages
from core.language.operators import Phrase

_PER_MESSAGE = 4
_MARGIN = 0.1
_FENCE, _PAGE = 300, 24
"""More tokens than a fence, with what is said round it, and the heading of a page take."""


_WEIGHTS: tuple[tuple[float, bytes], ...] = (
    (0.185, bytes(range(0x61, 0x7B))),
    (0.45, bytes(range(0x41, 0x5B))),
    (1.15, bytes(range(0x30, 0x3A))),
    (0.28, b" "),  # a word begins behind it
    (1.05, b"|"),
    (0.9, b"\n"),
    (
        0.95,
        bytes(set(range(0x80)) - set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 |\n")),
    ),
    (0.6, b"\xc3"),  # the first byte of accented letters of French
    (0.45, bytes({*range(0xC2, 0xE0)} - {0xC3})),  # of other alphabets
    (1.4, b"\xe2"),  # of signs, narrow spaces and quotation marks
    (0.9, bytes({*range(0xE0, 0xF0)} - {0xE2})),  # of Chinese, Japanese, Korean
    (4.0, bytes(range(0xF0, 0xF8))),  # of pictures
)
"""Tokens of a character, by the first byte of its UTF-8."""
_CLASSES = bytes(
    next((number for number, (_, members) in enumerate(_WEIGHTS) if byte in members), len(_WEIGHTS))
    for byte in range(256)
)
_DENSE = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
_DENSE_WEIGHT = 0.85
"""Tokens of a character in a key, a digest or base64: runs of letters and digits."""


def estimate(text: str) -> int:
    """Tokens of a text, rounded up."""
    keys = "".join(run for run in _DENSE.findall(text) if not run.isalpha())
    classes, dense = (each.encode("utf-8", "replace").translate(_CLASSES) for each in (text, keys))
    weighed = sum(
        weight * (classes.count(number) - (dense.count(number) if keys else 0))
        for number, (weight, _) in enumerate(_WEIGHTS)
    )
    return math.ceil(weighed + _DENSE_WEIGHT * len(keys))


def length(ask: Ask) -> int:
    """Tokens of the whole request, without the answer."""
    seen = ask.picture.tokens if ask.picture is not None else 0
    return seen + sum(estimate(message["content"]) + _PER_MESSAGE for message in messages(ask))


def room(context: int, ask: Ask) -> int:
    """Tokens that a window of `context` has left beside the request and its answer; negative: too long."""
    return int(context * (1 - _MARGIN)) - ask.answer_tokens - length(ask)


def fit(ask: Ask, model: Model) -> Ask:
    """The ask with its oldest history left out, as far as the model's window demands.

    Raises ContextOverflow when the question and the materials alone do not fit.
    """
    texts = [ask.instructions, *ask.given]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    most = size * 5 // 4 + (_PER_MESSAGE + 1) * len(texts)  # a byte weighs less than 5/4
    most += sum(_FENCE + _PAGE * material.text.count("\f") for material in ask.materials)
    most += ask.picture.tokens if ask.picture is not None else 0
    if most <= int(model.context * (1 - _MARGIN)) - ask.answer_tokens:
        return ask
    left = room(model.context, replace(ask, history=()))
    if left < 0:
        raise ContextOverflow(Phrase("gateway.over", model=model.id, over=-left, context=model.context))
    kept = 0
    for exchange in reversed(ask.history):
        left -= estimate(exchange.question) + estimate(exchange.answer) + 2 * _PER_MESSAGE
        if left < 0:
            break
        kept += 1
    return replace(ask, history=ask.history[len(ask.history) - kept :])


def without_older_half(ask: Ask) -> Ask:
    """The newer half of the history stays."""
    return replace(ask, history=ask.history[len(ask.history) // 2 + len(ask.history) % 2 :])
