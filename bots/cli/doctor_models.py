"""The checks of `relais doctor` that concern models: does each answer, with its key, under its name?"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import orjson

from bots.cli.doctor_checks import Check, amiss, fine, named, wrong
from core.config.checks import wrong_certificate
from core.config.settings import Settings
from core.errors import ConfigurationError, GatewayError
from core.gateway.catalogue import Model
from core.gateway.engines import local
from core.gateway.one_shot import NoReply, ask
from core.language.operators import tell
from core.models.access import Models, open_models
from core.policy.file import load_policy
from core.tls import trusting

MODELS = "Modèles"
_ANSWER, _TOKEN = 10.0, 20.0
"""Seconds for a list of models, and for a token."""


async def models(settings: Settings) -> Sequence[Check]:
    """Does each gateway answer, take the key, and know the model?"""
    try:
        found = load_policy(settings).models
    except ConfigurationError:
        return []  # said by `policy`
    context = trusting(settings.ca_file)
    checks = [await _model(context, settings, model) for model in found]
    served = [
        model for model, check in zip(found, checks, strict=True) if check.ok and model.address == "url"
    ]
    if not served:
        return checks
    async with open_models(settings, replace(load_policy(settings), models=tuple(served)), None) as opened:
        return checks + [check for model in served if (check := await _token(opened, model)) is not None]


async def _token(opened: Models, model: Model) -> Check | None:
    """Ask for one token: a gateway may list a model that it cannot serve. None when it comes."""
    try:
        await asyncio.wait_for(opened.try_one(model), _TOKEN)
    except (GatewayError, TimeoutError) as error:
        why = str(error) or tell("models.slow")
        name = tell("models.called", id=model.id)
        return amiss(name, "models.says_nothing", url=model.url, served=model.served, why=why)
    return None


async def _model(context: ssl.SSLContext, settings: Settings, model: Model) -> Check:
    name = tell("models.called", id=model.id)
    if model.address == "none":
        return fine(name, "models.extracts")
    if model.address == "file":
        try:
            await asyncio.to_thread(local.check, model)
        except ConfigurationError as error:
            return wrong(name, error)[0]
        return fine(name, "models.local", url=model.url)
    return await _served(context, settings, model, name)


async def _served(context: ssl.SSLContext, settings: Settings, model: Model, name: str) -> Check:
    key = settings.environment.secret(model.api_key_env) if model.api_key_env else None
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    try:
        reply = await ask(f"{model.url}/models", context=context, headers=headers, within=_ANSWER)
    except NoReply as none:
        if none.certificate:
            return named(name, wrong_certificate(model.url, none.certificate))
        if none.unnamed:
            return amiss(name, "models.no_such_host", url=model.url)
        return amiss(name, "models.silent", url=model.url, reason=none.reason)
    return _listed(model, reply.status, reply.body, name)


def _listed(model: Model, status: int, body: bytes, name: str) -> Check:
    """Is the model in what the gateway answers when it is asked for its models?"""
    bad = partial(amiss, name)
    if status in (401, 403):
        env = model.api_key_env or "api_key_env"
        return bad("models.key_refused", url=model.url, status=status, api_key_env=env)
    if status != 200:
        key = "models.broken" if status >= 500 else "models.wrong_path"
        return bad(key, url=model.url, status=status)
    if (known := _ids(body)) is None:
        return bad("models.no_list", url=model.url)
    words = {"url": model.url, "served": model.served}
    if model.served not in known:
        return bad(
            "models.unknown", **words, known=", ".join(sorted(known)[:10]) or tell("models.none_listed")
        )
    if (room := known[model.served]) and room < model.context:
        return bad("models.short_context", **words, room=room, context=model.context)
    return fine(name, "models.knows", **words)


_ROOM = ("max_model_len", "max_context_length", "context_length")
"""How gateways name the context of a model: vLLM and SGLang, Mistral and OpenGateLLM, OpenRouter."""


def _ids(body: bytes) -> dict[str, int] | None:
    """The names in an answer of /v1/models, aliases included, each with its context in tokens (0: not told);
    None when it is not such an answer."""
    try:
        listed: object = orjson.loads(body)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    found: dict[str, int] = {}
    for entry in cast("list[object]", listed) if isinstance(listed, list) else []:
        if isinstance(entry, Mapping):
            fields = cast("Mapping[str, object]", entry)
            aliases = fields.get("aliases")
            names = [fields.get("id"), *(cast("list[object]", aliases) if isinstance(aliases, list) else [])]
            told = [room for key in _ROOM if isinstance(room := fields.get(key), int)]
            found |= {name: min(told, default=0) for name in names if isinstance(name, str)}
    return found
