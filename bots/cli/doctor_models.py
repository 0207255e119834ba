"""The checks of `relais doctor` that concern models: does each answer, with its key, under its name?"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import orjson

from bots.cli.doctor_checks import Check, amiss, fine, wrong
from core.config.settings import Settings
from core.errors import ConfigurationError, GatewayError
from core.gateway.catalogue import Model
from core.gateway.engines import local
from core.language.operators import tell
from core.models.access import Models, open_models
from core.one_shot import NoReply, ask
from core.policy.file import load_policy
from core.tls import certificate_words, trusting

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
        detail = tell("models.annonce_lui_fait", url=model.url, served=model.served, why=why)
        return amiss(tell("models.modele", id=model.id), detail, tell("models.regardez_journal_passerelle"))
    return None


async def _model(context: ssl.SSLContext, settings: Settings, model: Model) -> Check:
    name = tell("models.modele", id=model.id)
    if model.address == "none":
        return fine(name, tell("models.extraits_documents_sans"), tell("models.modele_gateway_url"))
    if model.address == "file":
        try:
            await asyncio.to_thread(local.check, model)
        except ConfigurationError as error:
            return wrong(name, error)[0]
        return fine(name, tell("models.cette_machine", url=model.url))
    return await _served(context, settings, model, name)


async def _served(context: ssl.SSLContext, settings: Settings, model: Model, name: str) -> Check:
    def bad(detail: str, remedy: str) -> Check:
        return amiss(name, detail, remedy)

    key = settings.environment.secret(model.api_key_env) if model.api_key_env else None
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    try:
        reply = await ask(f"{model.url}/models", context=context, headers=headers, within=_ANSWER)
    except NoReply as none:
        if none.certificate:
            what, remedy = certificate_words(none.certificate)
            return bad(f"{model.url} : {what}", remedy)
        if none.unnamed:
            return bad(tell("models.nom_pas_adresse", url=model.url), tell("models.corrigez_nom_dns"))
        detail = tell("models.repond_pas", url=model.url, reason=none.reason)
        return bad(detail, tell("models.verifiez_adresse_reseau"))
    return _listed(model, reply.status, reply.body, name)


def _listed(model: Model, status: int, body: bytes, name: str) -> Check:
    """Is the model in what the gateway answers when it is asked for its models?"""

    def bad(detail: str, remedy: str) -> Check:
        return amiss(name, detail, remedy)

    if status in (401, 403):
        remedy = tell("models.donnez_cle_valable", api_key_env=model.api_key_env or "api_key_env")
        return bad(tell("models.refuse_cle", url=model.url, status=status), remedy)
    if status >= 500:
        return bad(tell("models.repond_quand_on", url=model.url, status=status), tell("models.elle_en_panne"))
    if status != 200:
        detail = tell("models.repond_quand_on", url=model.url, status=status)
        return bad(detail, tell("models.verifiez_adresse_finit"))
    if (known := _ids(body)) is None:
        return bad(tell("models.repond_autre_chose", url=model.url), tell("models.page_connexion_proxy"))
    if model.served not in known:
        remedy = tell(
            "models.ecrivez_ces_noms", known=", ".join(sorted(known)[:10]) or tell("models.none_listed")
        )
        return bad(tell("models.connait_pas", url=model.url, served=model.served), remedy)
    if (room := known[model.served]) and room < model.context:
        detail = tell(
            "models.donne_jetons_politique",
            url=model.url,
            served=model.served,
            room=room,
            context=model.context,
        )
        return bad(detail, tell("models.ecrivez_context_sous", room=room))
    return fine(name, tell("models.repond_connait", url=model.url, served=model.served))


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
