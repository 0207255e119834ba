"""`relais policy check [FICHIER]`: is a policy valid, and what does it mean in the end?

What is shown is what holds, the shipped tables included where the file leaves them out, and remarks on what a
valid policy may still have forgotten.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from core.config.checks import CheckResult, amiss
from core.config.settings import Settings, load_settings
from core.gateway.catalogue import EXTRACTS, Model
from core.language.operators import language, operators_book, tell
from core.policy.channels import channels
from core.policy.file import PolicyFile, load_policy, read_policy
from core.sensitivity.exploding import explodes
from core.sensitivity.level import Level


def check(path: Path | None, *, settings: Settings | None = None) -> int:
    """Show the policy of a file, or the one in force. Raises ConfigurationError for all that is wrong."""
    settings = settings or load_settings()
    policy = read_policy(path) if path else load_policy(settings)
    sys.stdout.write(tell("policy_check.valid", path=path or settings.policy or tell("machine.shipped")))
    for line in _shown(policy):
        sys.stdout.write(line + "\n")
    wrong = list(dangers(policy, settings))
    if wrong:
        sys.stdout.write(
            tell("policy_check.to_mend")
            + "".join(f"  • {each.said}\n    → {each.remedy}\n" for each in wrong)
        )
    notes = list(remarks(policy))
    if notes:
        sys.stdout.write(tell("policy_check.remarks") + "".join(f"  • {note}\n" for note in notes))
    return 0


def dangers(policy: PolicyFile, settings: Settings) -> Iterator[CheckResult]:
    """What can hardly be meant: content in clear, retentions without measure, models that nobody reaches."""
    for model in policy.models:
        if _in_clear(model.url) and model.clearance > Level.N1:
            yield amiss("policy_check.clear_text", id=model.id, clearance=model.clearance, url=model.url)
        if not any(_reaches(policy, model, kind) for kind in channels()):
            yield amiss("policy_check.unreachable", id=model.id, clearance=model.clearance)
        key, gateway = model.api_key_env, settings.gateway  # of `RELAIS_GATEWAY__…`, some need none
        optional = gateway is not None and model.served == gateway.model
        if key and not settings.environment.secret(key) and not optional:
            yield amiss("policy_check.no_key", id=model.id, key=key)
    for kind, ceiling in policy.ceilings.items():
        if policy.usual[kind] > ceiling:
            yield amiss("policy_check.low_ceiling", label=channels()[kind].label, ceiling=ceiling)
    yield from _retentions(policy)
    yield from _people(policy)
    yield from _floors(policy)
    yield from _marks(policy)
    yield from _useless(policy, settings)


def _useless(policy: PolicyFile, settings: Settings) -> Iterator[CheckResult]:
    """What is asked for and cannot come about."""
    if policy.archive.channels and settings.archive is None:
        yield amiss("policy_check.no_archives")
    if (most := policy.quotas.answer_characters) and most < SHORTEST:
        yield amiss("policy_check.short_answers", most=most, shortest=SHORTEST)


SHORTEST = 1_000
"""Characters below which a limit of answers cuts ordinary ones."""
_ID = re.compile(r".*[@*].*|[UW][A-Z0-9]{5,}")
"""What may name a person: an id of Matrix, an address, a pattern, an id of Slack."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _people(policy: PolicyFile) -> Iterator[CheckResult]:
    """Rights that name nobody, and people who are all denied everything."""
    for right in policy.rights:
        for name in right.people:
            if not _ID.fullmatch(name):
                yield amiss("policy_check.nobody", name=name)
        if right.deny == Level.N0 and "*" in right.people:
            yield amiss("policy_check.everybody_blocked")


def _floors(policy: PolicyFile) -> Iterator[CheckResult]:
    """Floors above all that their connector carries: everything there would be refused."""
    for pattern, least in policy.floors.items():
        connector = pattern.partition(":")[0]
        carried = [
            ceiling for kind, ceiling in policy.ceilings.items() if kind.partition("_")[0] == connector
        ]
        if carried and least > max(carried):
            yield amiss("policy_check.high_floor", least=least, pattern=pattern, carried=max(carried))


_ORDINARY = ("", "Bonjour, pouvez-vous me dire à quelle heure commence la réunion de demain ?")


def _marks(policy: PolicyFile) -> Iterator[CheckResult]:
    """Markings that stand in any text, and labels that tools cannot tell apart."""
    for marking in policy.markings:
        if explodes(marking.pattern):
            yield amiss("policy_check.endless_marking", name=marking.name, pattern=marking.pattern)
        elif any(re.search(marking.pattern, text) for text in _ORDINARY):
            yield amiss("policy_check.marking_anywhere", name=marking.name, level=marking.level)
    for name, id in policy.labels.items():
        if not _GUID.fullmatch(id):
            yield amiss("policy_check.no_label", name=name, id=id)
    for id, times in Counter(policy.labels.values()).items():
        if times > 1:
            names = ", ".join(name for name, each in policy.labels.items() if each == id)
            yield amiss("policy_check.label_twice", names=names)


def _retentions(policy: PolicyFile) -> Iterator[CheckResult]:
    for name, days, least, most in (
        ("session_days", policy.retention.session_days, 1, 366),
        ("audit_days", policy.retention.audit_days, 183, 366),
        ("register_days", policy.retention.register_days, 0, 366),
    ):
        if not least <= days <= most:
            yield amiss("policy_check.days", name=name, days=days, least=least, most=most)


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
    ceiling, least = policy.carries.get(kind), policy.usual[kind]
    granted = max((each.level for each in policy.rights if each.level is not None), default=Level.N4)
    served = ceiling is not None and least <= min(ceiling, granted)
    return bool(model.tasks) and served and least <= model.highest


def remarks(policy: PolicyFile) -> Iterator[str]:
    """What a valid policy may have forgotten, one sentence each."""
    for kind in channels():
        if kind not in policy.ceilings and channels()[kind].within not in policy.ceilings:
            yield tell("policy_check.no_ceiling", label=channels()[kind].label)
    if not policy.retention.register_days:
        yield tell("policy_check.no_register")
    for task in ("chat", "summary"):
        yield from _uncovered(policy, task)


def _uncovered(policy: PolicyFile, task: str) -> Iterator[str]:
    able = [model.clearance for model in policy.models if task in model.tasks]
    if not policy.models:
        return
    what = tell("policy_check.questions") if task == "chat" else tell("policy_check.syntheses")
    for kind, ceiling in policy.ceilings.items():
        best = max(able, default=None)
        if best is None or best < ceiling:
            reach = (
                tell("policy_check.cleared", best=best) if best is not None else tell("policy_check.absent")
            )
            place = channels()[kind].label
            yield tell("policy_check.above_models", place=place, ceiling=ceiling, what=what, reach=reach)


def _shown(policy: PolicyFile) -> Iterator[str]:
    yield tell("policy_check.version", version=policy.version)
    yield ""
    yield tell("policy_check.models")
    for model in policy.models or (EXTRACTS,):
        url = model.url or tell("policy_check.extracts")
        yield f"  {model.id:<24} {model.clearance}  {model.dialect:<12} {url}"
        if model.homologation:
            yield tell("policy_check.homologated", what=f"{'':<24}", homologation=model.homologation)
    yield ""
    head = (tell(f"policy_check.{each}") for each in ("channel", "ceiling", "unmarked"))
    yield "{:<30} {:<21} {}".format(*head)
    for kind in channels():
        ceiling = policy.ceilings.get(kind)
        shown = (
            f"{ceiling} {ceiling.called(language())}" if ceiling is not None else tell("policy_check.nothing")
        )
        unmarked = policy.unmarked.get(kind, policy.unmarked["default"])
        yield f"  {channels()[kind].label:<28} {shown:<21} {unmarked} {unmarked.called(language())}"
        if kind in policy.homologations:
            yield tell("policy_check.homologated", what=f"{'':<28}", homologation=policy.homologations[kind])
    yield ""
    for marking in policy.markings:
        yield tell(f"policy_check.{marking.strength}", name=marking.name, level=marking.level)
    yield tell("policy_check.quotas", quota=_quota(policy))
    yield tell("policy_check.sessions", session_days=policy.retention.session_days)
    yield tell("policy_check.trail", audit_days=policy.retention.audit_days)
    if policy.masking is not None:
        yield tell("policy_check.masked", masking=policy.masking)


def _quota(policy: PolicyFile) -> str:
    per_minute, per_day = policy.quotas.messages_per_minute, policy.quotas.tokens_per_day
    parts = [
        tell("policy_check.per_minute", per_minute=per_minute) if per_minute else "",
        tell("policy_check.per_day", number=operators_book().number(per_day)) if per_day else "",
    ]
    return ", ".join(part for part in parts if part) or tell("policy_check.no_limit")
