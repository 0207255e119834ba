"""`relais policy check [FICHIER]`: is a policy valid, and what does it mean in the end?

What is shown is what holds, the shipped tables included where the file leaves them out, and remarks on what a
valid policy may still have forgotten. Only French: this is read by the people of the ministry.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from core.config.settings import Settings, load_settings
from core.gateway.catalogue import EXTRACTS, Model
from core.policy.channels import channels
from core.policy.file import PolicyFile, load_policy, read_policy


def check(path: Path | None, *, settings: Settings | None = None, out: TextIO | None = None) -> int:
    """Show the policy of a file, or the one in force. Raises ConfigurationError for all that is wrong."""
    settings = settings or load_settings()
    policy = read_policy(path) if path else load_policy(settings)
    stream = out or sys.stdout
    stream.write(f"Politique valide : {path or settings.policy or 'celle livrée avec relais'}\n")
    for line in _shown(policy):
        stream.write(line + "\n")
    notes = list(remarks(policy, settings))
    if notes:
        stream.write("\nRemarques\n" + "".join(f"  • {note}\n" for note in notes))
    return 0


def remarks(policy: PolicyFile, settings: Settings) -> Iterator[str]:
    """What a valid policy may have forgotten, one sentence each."""
    for kind in channels():
        if kind not in policy.ceilings and channels()[kind].within not in policy.ceilings:
            yield f"{channels()[kind].label} : absent de [ceilings], donc rien n’y est répondu."
    for model in policy.models:
        if model.api_key_env and not settings.secret(model.api_key_env) and not _optional(model, settings):
            yield f"Le modèle {model.id} attend sa clé dans {model.api_key_env}, qui n’est pas donnée."
    for task in ("chat", "summary"):
        yield from _uncovered(policy, task)


def _optional(model: Model, settings: Settings) -> bool:
    """The key of `RELAIS_GATEWAY__…` may be left out: some gateways need none."""
    return settings.gateway is not None and model.served == settings.gateway.model


def _uncovered(policy: PolicyFile, task: str) -> Iterator[str]:
    able = [model.clearance for model in policy.models if task in model.tasks]
    if not policy.models:
        return
    what = "les questions" if task == "chat" else "les synthèses"
    for kind, ceiling in policy.ceilings.items():
        best = max(able, default=None)
        if best is None or best < ceiling:
            reach = f"au plus habilité {best}" if best is not None else "absent"
            place = channels()[kind].label
            yield f"{place} porte {ceiling}, mais le modèle pour {what} est {reach} : refus au-delà."


def _shown(policy: PolicyFile) -> Iterator[str]:
    yield f"Version : {policy.version}"
    yield ""
    yield "Modèles"
    for model in policy.models or (EXTRACTS,):
        yield f"  {model.id:<24} {model.clearance}  {model.dialect:<12} {model.url or 'extraits, sans IA'}"
        if model.homologation:
            yield f"  {'':<24} homologué DR : {model.homologation}"
    yield ""
    yield f"{'Canal':<30} Plafond               Sans marque"
    for kind in channels():
        ceiling = policy.ceilings.get(kind)
        shown = f"{ceiling} {ceiling.french}" if ceiling is not None else "rien"
        unmarked = policy.unmarked.get(kind, policy.unmarked["default"])
        yield f"  {channels()[kind].label:<28} {shown:<21} {unmarked} {unmarked.french}"
        if kind in policy.homologations:
            yield f"  {'':<28} homologué DR : {policy.homologations[kind]}"
    yield ""
    for marking in policy.markings:
        strength = "forte" if marking.strength == "strong" else "faible"
        yield f"Marque {marking.name} : {marking.level}, {strength}"
    yield f"Quotas d’une personne : {_quota(policy)}"
    yield f"Conservation des échanges : {policy.session_days} jours"
    yield f"Conservation du journal des décisions : {policy.retention.audit_days} jours"
    if policy.masking is not None:
        yield f"Données personnelles masquées aux modèles à partir de {policy.masking}"


def _quota(policy: PolicyFile) -> str:
    per_minute, per_day = policy.quotas.messages_per_minute, policy.quotas.tokens_per_day
    parts = [
        f"{per_minute} messages par minute" if per_minute else "",
        f"{per_day:,} jetons par jour".replace(",", "\u202f") if per_day else "",
    ]
    return ", ".join(part for part in parts if part) or "sans limite"
