"""The models of a policy: those that its file declares, and the one that settings give without a file."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from core.config.settings import GatewaySettings
from core.gateway.catalogue import DIALECTS, Dialect, Model
from core.policy.table import Table
from core.sensitivity.level import Level

TASKS = ("chat", "summary", "transcription")
DEFAULT = Model(id="", served="", url="", clearance=Level.N0)
GATEWAY_KEY = "RELAIS_GATEWAY__API_KEY"

PUBLIC_SERVICES = (
    "mistral.ai", "openai.com", "anthropic.com", "googleapis.com", "azure.com", "amazonaws.com", "x.ai",
    "groq.com", "together.ai", "together.xyz", "openrouter.ai", "deepseek.com",
    "cohere.com", "huggingface.co",
)  # fmt: skip
"""Offers to the general public, which only what is public may reach (DINUM's guide on generative AI)."""


def read_models(root: Table, folder: Path) -> tuple[Model, ...]:
    """The models of a policy. A relative path of a local model begins at `folder`."""
    found: list[Model] = []
    for table in root.tables("models"):
        model = _model(table, folder)
        if model.id in {other.id for other in found}:
            table.wrong("id", f"{model.id!r} is there twice", "Give each model a name of its own")
        found.append(model)
    return tuple(found)


def _model(table: Table, folder: Path) -> Model:
    table.only(*Model.__dataclass_fields__)
    known: dict[str, Dialect] = {name: name for name in DIALECTS}
    dialect = known.get(table.choice("dialect", tuple(known), "openai"), "openai")
    homologation = table.text("homologation") if "homologation" in table else None
    url = _model_url(table, dialect, folder)
    if homologation and _is_public(url):
        table.wrong("homologation", "is given to a service for the general public", "Remove it")
    return Model(
        id=_model_id(table),
        served=table.text("served"),
        url=url,
        clearance=table.level(
            "clearance", homologation=homologation, remedy='homologation = "…" in this table'
        ),
        dialect=dialect,
        api_key_env=_key_name(table),
        context=table.count("context", DEFAULT.context),
        active_parameters=table.number("active_parameters") or 0.0,
        total_parameters=table.number("total_parameters"),
        tasks=table.texts("tasks", DEFAULT.tasks, TASKS),  # pyright: ignore[reportArgumentType]
        languages=table.texts("languages", DEFAULT.languages),
        homologation=homologation,
    )


def _model_id(table: Table) -> str:
    name = table.text("id")
    if name and not re.fullmatch(r"\S{1,64}", name):
        table.wrong("id", f"{name!r} has a space or is too long", "People type it: write one short word")
    return name


def _key_name(table: Table) -> str | None:
    name = table.text("api_key_env", "")
    if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # It may be the key itself: do not repeat it.
        table.wrong("api_key_env", "is no name of a variable", "Write the name, and put the key in .env")
    return name or None


def _model_url(table: Table, dialect: Dialect, folder: Path) -> str:
    address = DIALECTS[dialect].address
    if address == "none":
        return ""
    url = table.text("url")
    if address == "file":
        return str(folder / url)
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        table.wrong("url", "is not an http or https URL", "Write it as https://gateway.example.fr/v1")
    elif parts.username or parts.password:
        table.wrong("url", "holds a password", "Put the key in .env and name it in api_key_env")
    return base_url(url)


def base_url(url: str) -> str:
    """The URL below which `/chat/completions` is: without a path, `/v1`."""
    url = url.strip().rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


def _is_public(url: str) -> bool:
    host = (urlsplit(url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in PUBLIC_SERVICES)


def gateway_model(gateway: GatewaySettings) -> Model:
    """The one model of `RELAIS_GATEWAY__…`.

    Its clearance is N2, that of the administration's own gateways (the ceiling of an encrypted Tchap chat);
    N0 at a service for the general public. More, such as N3 at a SecNumCloud host, is a decision for somebody
    to write into a policy. A model of Mistral's is asked in their dialect: it refuses unknown fields, while
    nobody refuses its own.
    """
    host = (urlsplit(gateway.url).hostname or "").lower()
    mistral = re.match(
        r"(?:mi(?:ni|x)?s?tral|codestral|magistral|devstral|small-|large-)", gateway.model.lower()
    )
    return Model(
        id=gateway.model,
        served=gateway.model,
        url=base_url(gateway.url),
        clearance=Level.N0 if _is_public(gateway.url) else Level.N2,
        dialect="opengatellm" if host.startswith("albert.") else "mistral" if mistral else "openai",
        api_key_env=GATEWAY_KEY,
    )
