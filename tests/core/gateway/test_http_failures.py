"""What the errors of gateways mean, in every shape that they take."""

from __future__ import annotations

import pytest

from core.errors import ContextOverflow, GatewayRejected, GatewayUnavailable
from core.gateway.dialects import decode, failure, retry_after

SECRET = "le dossier de Mme Durand"


REJECTED = [
    (400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500"}),
    (400, {"detail": "Budget exceeded."}),
    (400, {"error": {"message": "Your request exceeds your remaining budget", "type": "budget_exceeded"}}),
    (400, {"error": {"message": "Your request exceeds your budget of 10", "type": "budget_exceeded"}}),
    (400, {"error": {"message": "The request exceeds your daily quota of 200000 tokens"}}),
    (422, {"detail": [{"loc": ["body", "user"], "msg": "String should have at most 64 characters"}]}),
    (401, {"detail": "Invalid API key."}),
    (403, {"detail": "Insufficient permissions."}),
    (404, {"error": {"message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404}}),
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "user"], "input": SECRET}]}),
    (422, {"detail": [{"type": "string_type", "input": {"content": "Résume le contexte de ce projet."}}]}),
    (302, ""),
    (418, "<html>teapot</html>"),
]
UNAVAILABLE = [
    (408, {}),
    (424, {"detail": "Provider failed"}),
    (429, {"message": "Requests rate limit exceeded"}),
    (429, {"error": {"message": "This request would exceed your rate limit of 40,000 tokens per minute"}}),
    (429, {"error": {"message": "Your request rate exceeds the limit of 60 per minute"}}),
    (500, {"error": {"message": "Request timeout exceeded"}}),
    (500, None),
    (502, "<html>Bad gateway</html>"),
    (503, {"detail": "Model is too busy, please try again later"}),
    (529, []),
]
TOO_LONG = [
    "Prompt contains 9 tokens, too large for model with 8 maximum context length",
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
    "request (9 tokens) exceeds the available context size (8 tokens), try increasing it",
    "prompt is too long: 9 tokens > 8 maximum",
    "Requested token count exceeds the model's maximum context length of 8192 tokens",
    "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
    "max_tokens must be at least 1, got -808.",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens",
    "litellm.BadRequestError: ContextWindowExceededError: OpenAIException - x",
    "AnthropicException - input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
    "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576",
    "input is too large to process. increase the physical batch size",
    "input_ids length 9000 exceeds session_len 8192",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Le prompt dépasse la taille maximale du contexte",
]
PER_MINUTE = "Request too large for m on tokens per min (TPM): Limit 30000, Requested 40000."
OVERFLOW = [(413, ""), (429, {"error": {"message": PER_MINUTE, "type": "tokens"}})] + [
    (status, body)
    for text in TOO_LONG
    for status, body in (
        (400, {"error": {"message": text}}),
        (400, {"message": text}),
        (422, {"detail": text}),
    )
]
KINDS = [
    *((*case, GatewayRejected) for case in REJECTED),
    *((*case, GatewayUnavailable) for case in UNAVAILABLE),
    *((*case, ContextOverflow) for case in OVERFLOW),
]


@pytest.mark.parametrize(("status", "body", "kind"), KINDS)
def test_kinds(status, body, kind):
    """Each status and body becomes the error that says what can be done about it."""
    assert type(failure(status, {}, body, now=0)) is kind


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": SECRET, "type": SECRET, "param": None, "code": "3051"},
        {"error": {"message": SECRET, "code": SECRET}},
        {
            "detail": [
                {"type": "string_type", "loc": ["body", 0], "msg": SECRET, "input": {"content": SECRET}}
            ]
        },
        {"detail": SECRET},
        SECRET,
        [SECRET],
    ],
)
def test_content_is_not_repeated(body):
    """A gateway may quote the question in its error: ours never does."""
    assert SECRET not in str(failure(400, {}, body, now=0))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ": a field of the request is unknown here: check the dialect"),
        ("fr", "\u00a0: un champ de la demande est inconnu\u00a0: vérifiez dialect"),
    ],
)
def test_words_for_operators(monkeypatch, language, said):
    """The machine-readable words of the body are told, with what to check, in the operators' language."""
    monkeypatch.setenv("RELAIS_LANGUAGE", language)
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "user"], "msg": "…"}]}
    assert str(failure(422, {}, body, now=0)) == f"HTTP 422 (body extra_forbidden user){said}"


@pytest.mark.parametrize("status", [*range(300, 304), *range(400, 432), 451, *range(500, 512), 529])
def test_each_status_is_said(status):
    """Those of which nothing is known too."""
    assert str(failure(status, {}, {}, now=0)).startswith(f"HTTP {status}\u00a0: ")


def test_only_429_is_limited():
    """A gateway that asks to slow down is well; one that fails is not."""
    assert failure(429, {}, {}, now=0).limited
    assert not failure(503, {}, {}, now=0).limited


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "10"}, 10),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 59),
        ({"Retry-After": "Fri, 31 Dec 1999 20:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "inf"}, 0),
        ({"x-ratelimit-reset-requests": "1m5s"}, 65),
        ({"x-ratelimit-reset-request": "250ms"}, 0.25),
        ({"x-ratelimit-reset-tokens": "1h0m1.5s", "x-ratelimit-reset-requests": "2s"}, 3601.5),
        ({"X-RateLimit-Reset-Token": "12"}, 12),
        ({"Retry-After": "3", "x-ratelimit-reset-tokens": "1m"}, 3),
        ({"x-ratelimit-remaining-tokens": "12"}, 0),
    ],
)
def test_retry_after(headers, seconds):
    """Every spelling of how long to wait; nonsense is no wait."""
    assert retry_after(headers, now=946_684_740.0) == seconds


@pytest.mark.parametrize(("body", "value"), [(b'{"a":1}', {"a": 1}), (b"<p>\xe9", "<p>\ufffd"), (b"", "")])
def test_decode(body, value):
    """An error body is JSON, or whatever it is."""
    assert decode(body) == value
