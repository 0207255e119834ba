"""How long a request is in tokens, and what is left out so that it fits a model's window.

French runs at 4.1 characters a token with Mistral's tokenizers, so characters / 4 is enough for a
budget; figures and tables run denser, hence the margin. Accounts use what the gateway counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.errors import ContextOverflow
from core.gateway.ask import Ask
from core.gateway.catalogue import Model
from core.gateway.dialects import messages

Counter = Callable[[str], int]

_PER_MESSAGE = 4
_MARGIN = 0.1


def estimate(text: str) -> int:
    """Tokens of a text: characters / 4, rounded up."""
    return -(-len(text) // 4)


def length(ask: Ask, count: Counter = estimate) -> int:
    """Tokens of the whole request, without the answer."""
    return sum(count(message["content"]) + _PER_MESSAGE for message in messages(ask))


def room(context: int, ask: Ask, count: Counter = estimate) -> int:
    """Tokens that a window of `context` has left beside the request and its answer; negative: too long."""
    return int(context * (1 - _MARGIN)) - ask.answer_tokens - length(ask, count)


def fit(ask: Ask, model: Model, count: Counter = estimate) -> Ask:
    """The ask with its oldest history left out, as far as the model's window demands.

    Raises ContextOverflow when the question and the materials alone do not fit.
    """
    left = room(model.context, replace(ask, history=()), count)
    if left < 0:
        raise ContextOverflow(f"{model.id}: {-left} tokens over a window of {model.context}")
    kept = 0
    for exchange in reversed(ask.history):
        left -= count(exchange.question) + count(exchange.answer) + 2 * _PER_MESSAGE
        if left < 0:
            break
        kept += 1
    return replace(ask, history=ask.history[len(ask.history) - kept :])


def without_older_half(ask: Ask) -> Ask:
    """The newer half of the history stays."""
    return replace(ask, history=ask.history[len(ask.history) // 2 + len(ask.history) % 2 :])
