"""`relais policy check [FICHIER]`: is a policy valid, and what does it mean in the end?

What is shown is what holds, the shipped tables included where the file leaves them out, and remarks on what a
valid policy may still have forgotten. Only French: this is read by the people of the ministry.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from core.config.settings import Settings, load_settings
from core.gateway.catalogue import EXTRACTS, Model
from core.language.phrasebook import Phrasebook
from core.policy.channels import channels
from core.policy.file import PolicyFile, load_policy, read_policy
from core.sensitivity.exploding import explodes
from core.sensitivity.level import Level


def check(path: Path | None, *, settings: Settings | None = None, out: TextIO | None = None) -> int:
    """Show the policy of a file, or the one in force. Raises ConfigurationError for all that is wrong."""
    settings = settings or load_settings()
    policy = read_policy(path) if path else load_policy(settings)
    stream = out or sys.stdout
    stream.write(f"Politique valide : {path or settings.policy or 'celle livrée avec relais'}\n")
    for line in _shown(policy):
        stream.write(line + "\n")
    amiss = list(dangers(policy, settings))
    if amiss:
        stream.write("\nÀ corriger\n" + "".join(f"  • {each.what}\n    → {each.remedy}\n" for each in amiss))
    notes = list(remarks(policy, settings))
    if notes:
        stream.write("\nRemarques\n" + "".join(f"  • {note}\n" for note in notes))
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """What a valid policy should not be like, and what to do."""

    what: str
    remedy: str


def dangers(policy: PolicyFile, settings: Settings) -> Iterator[Danger]:
    """What can hardly be meant: content in clear, retentions without measure, models that nobody reaches."""
    for model in policy.models:
        if _in_clear(model.url) and model.clearance > Level.N1:
            yield Danger(
                what=f"Le modèle {model.id} lit jusqu’à {model.clearance} par {model.url}, en clair.",
                remedy="Donnez une adresse https, ou abaissez son habilitation à N1.",
            )
        if not any(_reaches(policy, model, kind) for kind in channels()):
            yield Danger(
                what=f"Personne ne peut atteindre le modèle {model.id} ({model.clearance}).",
                remedy="Relevez son habilitation ou ses tâches, les plafonds, ou les droits [[rights]].",
            )
        key = model.api_key_env
        if key and not settings.environment.secret(key) and not _optional(model, settings):
            yield Danger(
                what=f"Le modèle {model.id} attend sa clé dans {key}, qui n’est pas donnée.",
                remedy=f"Donnez {key}, dans .env ou en fichier ({key}_FILE).",
            )
    for kind, ceiling in policy.ceilings.items():
        if policy.unmarked_level(kind) > ceiling:
            yield Danger(
                what=f"{channels()[kind].label} porte {ceiling}, et tout texte y vaut déjà davantage.",
                remedy="Relevez ce plafond, ou abaissez [unmarked] pour ce canal.",
            )
    yield from _retentions(policy)
    yield from _people(policy)
    yield from _floors(policy)
    yield from _marks(policy)
    yield from _useless(policy, settings)


def _useless(policy: PolicyFile, settings: Settings) -> Iterator[Danger]:
    """What is asked for and cannot come about."""
    if policy.archive.channels and settings.archive is None:
        yield Danger(
            what="[archive] channels nomme des conversations à verser, et aucune archive n’est branchée.",
            remedy="Donnez RELAIS_ARCHIVE__FOLDER ou RELAIS_ARCHIVE__URL, ou ôtez cette ligne.",
        )
    if (most := policy.quotas.answer_characters) and most < SHORTEST:
        yield Danger(
            what=f"[quotas] answer_characters = {most} coupe chaque réponse.",
            remedy=f"Prenez {SHORTEST} au moins, ou ôtez cette ligne.",
        )


SHORTEST = 1_000
"""Characters below which a limit of answers cuts ordinary ones."""
_ID = re.compile(r".*[@*].*|[UW][A-Z0-9]{5,}")
"""What may name a person: an id of Matrix, an address, a pattern, an id of Slack."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _people(policy: PolicyFile) -> Iterator[Danger]:
    """Rights that name nobody, and people who are all denied everything."""
    for right in policy.rights:
        for name in right.people:
            if not _ID.fullmatch(name):
                yield Danger(
                    what=f"[[rights]] nomme « {name} », qui n’est l’identifiant de personne.",
                    remedy="Écrivez @nom:serveur, nom@domaine, U… (Slack), ou un motif avec *.",
                )
        if right.deny == Level.N0 and "*" in right.people:
            yield Danger(
                what="[[rights]] bloque tout le monde (people = « * », deny = N0).",
                remedy="Nommez les personnes à bloquer, ou ôtez cette table.",
            )


def _floors(policy: PolicyFile) -> Iterator[Danger]:
    """Floors above all that their connector carries: everything there would be refused."""
    for pattern, least in policy.floors.items():
        connector = pattern.partition(":")[0]
        carried = [
            ceiling for kind, ceiling in policy.ceilings.items() if kind.partition("_")[0] == connector
        ]
        if carried and least > max(carried):
            yield Danger(
                what=f"[floors] donne {least} à {pattern}, qui ne porte au plus que {max(carried)}.",
                remedy="Abaissez ce plancher, ou relevez le plafond du canal dans [ceilings].",
            )


_ORDINARY = ("", "Bonjour, pouvez-vous me dire à quelle heure commence la réunion de demain ?")


def _marks(policy: PolicyFile) -> Iterator[Danger]:
    """Markings that stand in any text, and labels that tools cannot tell apart."""
    for marking in policy.markings:
        if explodes(marking.pattern):
            yield Danger(
                what=f"La marque {marking.name} peut prendre un temps sans mesure ({marking.pattern}).",
                remedy="N’y répétez rien qui se lise de deux façons (pattern)\u00a0: « a+ », non « (a+)+ ».",
            )
        elif any(re.search(marking.pattern, text) for text in _ORDINARY):
            yield Danger(
                what=f"La marque {marking.name} ({marking.level}) se trouve dans tout texte.",
                remedy="Précisez son expression (pattern) : elle doit nommer la mention entière.",
            )
    for name, id in policy.labels.items():
        if not _GUID.fullmatch(id):
            yield Danger(
                what=f"[labels] {name} = « {id} » n’est pas un identifiant d’étiquette.",
                remedy="Recopiez celui de l’étiquette, de la forme 00000000-0000-0000-0000-000000000000.",
            )
    for id, times in Counter(policy.labels.values()).items():
        if times > 1:
            names = ", ".join(name for name, each in policy.labels.items() if each == id)
            yield Danger(
                what=f"[labels] donne le même identifiant à {names}.",
                remedy="Donnez à chaque niveau l’identifiant de sa propre étiquette.",
            )


def _retentions(policy: PolicyFile) -> Iterator[Danger]:
    for name, days, least, most in (
        ("session_days", policy.session_days, 1, 366),
        ("audit_days", policy.retention.audit_days, 183, 366),
        ("register_days", policy.retention.register_days, 0, 366),
    ):
        if not least <= days <= most:
            yield Danger(
                what=f"[retention] {name} = {days} jours.",
                remedy=f"Prenez de {least} à {most} jours (CNIL 2021-122 pour le journal, RGPD art. 5).",
            )


def _in_clear(url: str) -> bool:
    """Would others on the way read what is sent there?"""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        near = ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    return parts.scheme == "http" and not near


def _reaches(policy: PolicyFile, model: Model, kind: str) -> bool:
    """Is there a text in this kind of channel that the model may be asked about, by somebody?"""
    ceiling, least = policy.ceiling(kind), policy.unmarked_level(kind)
    granted = max((each.level for each in policy.rights if each.level is not None), default=Level.N4)
    served = ceiling is not None and least <= min(ceiling, granted)
    return bool(model.tasks) and served and model.may_read(least)


def remarks(policy: PolicyFile, settings: Settings) -> Iterator[str]:
    """What a valid policy may have forgotten, one sentence each."""
    for kind in channels():
        if kind not in policy.ceilings and channels()[kind].within not in policy.ceilings:
            yield f"{channels()[kind].label} : absent de [ceilings], donc rien n’y est répondu."
    if not policy.retention.register_days:
        yield "[retention] register_days = 0 : `relais verify` ne reconnaît que ce qui est resté entier."
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
        f"{Phrasebook('fr').number(per_day)} jetons par jour" if per_day else "",
    ]
    return ", ".join(part for part in parts if part) or "sans limite"
