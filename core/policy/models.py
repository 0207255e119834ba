"""The addresses of models, and the one model that settings give without a policy file."""

from __future__ import annotations

import re
from typing import get_args
from urllib.parse import urlsplit

from core.config.settings import GatewaySettings
from core.gateway.catalogue import Model, Task
from core.sensitivity.level import Level

TASKS = get_args(Task)
GATEWAY_KEY = "RELAIS_GATEWAY__API_KEY"

PUBLIC_SERVICES = (
    "mistral.ai", "openai.com", "anthropic.com", "googleapis.com", "azure.com", "amazonaws.com", "x.ai",
    "groq.com", "together.ai", "together.xyz", "openrouter.ai", "deepseek.com",
    "cohere.com", "huggingface.co",
)  # fmt: skip
"""Offers to the general public, which only what is public may reach (DINUM's guide on generative AI)."""


def url_problem(url: str) -> tuple[str, str] | None:
    """What is wrong with the address of a gateway, and what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an http or https URL", "Write it as https://gateway.example.fr/v1"
    if parts.username or parts.password:
        return "holds a password", "Put the key in .env and name it in api_key_env"
    return None


def base_url(url: str) -> str:
    """The URL below which `/chat/completions` is: without a path, `/v1`."""
    url = url.strip().rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


def is_public(url: str) -> bool:
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
        clearance=Level.N0 if is_public(gateway.url) else Level.N2,
        dialect="opengatellm" if host.startswith("albert.") else "mistral" if mistral else "openai",
        api_key_env=GATEWAY_KEY,
    )
