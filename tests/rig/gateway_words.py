"""The JSON of the three dialects, as the fake gateway writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import orjson

_COMMON = {
    "model",
    "messages",
    "max_tokens",
    "stream",
    "temperature",
    "top_p",
    "stop",
    "tools",
    "response_format",
}
FIELDS = {
    "mistral": _COMMON | {"random_seed", "stream_options", "tool_choice", "safe_prompt", "prompt_mode"},
    "opengatellm": _COMMON | {"seed", "user", "max_completion_tokens", "stream_options", "logprobs"},
    "openai": _COMMON | {"seed", "user", "max_completion_tokens", "stream_options", "logprobs"},
}
"""Fields that each takes. The other two ignore unknown ones; here they are refused, to find slips."""

UNKNOWN_MODEL = {"mistral": 400, "opengatellm": 404, "openai": 404}
OVERFLOW = {
    "mistral": "Prompt contains 40000 tokens, too large for model with {} maximum context length",
    "opengatellm": "This model's maximum context length is {} tokens. Please reduce the length.",
    "openai": "This model's maximum context length is {} tokens. However, you requested more.",
}


def said(content: str | list[dict[str, Any]]) -> str:
    """The text of a message, which may have a picture."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def misordered(dialect: str, roles: Sequence[str]) -> str | None:
    """What is wrong with the order of roles: Mistral's validator, and the templates of other models."""
    if not roles or roles[-1] != "user":
        return "Expected last role User or Tool (or Assistant with prefix True)"
    talk = [role for role in roles if role != "system"]
    if dialect == "openai" and any(a == b for a, b in pairwise(talk)):
        return "Conversation roles must alternate user/assistant/user/assistant/..."
    if any((a, b) == ("assistant", "assistant") for a, b in pairwise(talk)):
        return "Unexpected role 'assistant' after role 'assistant'"
    return None


def error(dialect: str, status: int, message: str = "Something failed") -> Any:
    """The body of an error, as each gateway shapes it."""
    if dialect == "mistral" and status == 422:
        return {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", message], "msg": "Extra inputs are not permitted"}
            ]
        }
    if dialect == "mistral":
        return {
            "object": "error",
            "message": message,
            "type": "invalid_request_error",
            "param": None,
            "code": str(status),
        }
    if dialect == "opengatellm":
        return {"detail": message}
    return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": status}}


def models(dialect: str, names: Sequence[str], context: int) -> Any:
    extra = (
        {"type": "text-generation", "aliases": [], "max_context_length": context}
        if dialect == "opengatellm"
        else {}
    )
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "owned_by": "rig", **extra} for name in names],
    }


def answer(question: str, fixed: str | None, tokens: int | None) -> list[str]:
    """The tokens of an answer: a fixed text, or an echo of the question, of a given length if asked."""
    found = re.findall(r"\s*\S+", fixed if fixed is not None else f"Réponse à : {question}")
    if tokens is None:
        return found
    return [*found, *(f" mot{number}" for number in range(len(found), tokens))][:tokens]


def usage(dialect: str, prompt: int, completion: int, *, older: bool = False) -> dict[str, Any]:
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    if dialect != "opengatellm":
        return counted
    if older:
        spread = {"kWh": {"min": 1e-5, "max": 3e-5}, "kgCO2eq": {"min": 1e-6, "max": 2e-6}}
        return {**counted, "carbon": spread}
    return {**counted, "cost": 0.0, "impacts": {"kWh": 2e-5, "kgCO2eq": 1.5e-6}}


def whole(served: str, text: str, finish: str | None, counted: dict[str, Any]) -> dict[str, Any]:
    """An answer that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return {
        "id": "cmpl-rig",
        "object": "chat.completion",
        "model": served,
        "choices": [choice],
        "usage": counted,
    }


class Chunks:
    """Writes the events of one stream."""

    def __init__(self, served: str) -> None:
        self._served = served

    def event(
        self, delta: dict[str, Any] | None, *, finish: str | None = None, usage: dict[str, Any] | None = None
    ) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        body = {
            "id": "cmpl-rig",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": self._served,
            "choices": choices,
        }
        if usage:
            body["usage"] = usage
        return b"data: " + orjson.dumps(body) + b"\n\n"
