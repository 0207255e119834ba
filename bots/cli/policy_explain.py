"""`relais policy explain FILE --channel …`: which model would read a file there, and why, or why none.

What is said is what a conversation would do: the same reading, the same rules with the policy's own markings,
the same decision. Only French: this is read by the people of the ministry.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from bots.base import contacts_of, opened, sessions_of
from bots.cli.inputs import DONE, FAILED, REFUSED
from core.config.settings import Settings, load_settings
from core.connector import AudienceKind
from core.documents.ocr.recognition import Ocr
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Sandbox
from core.documents.texts import missing
from core.gateway.catalogue import Model, Task
from core.language.operators import language, os_reason, tell
from core.policy.channels import channels
from core.policy.decision import Denied, Refusal, Route, decide
from core.policy.file import PolicyFile, load_policy
from core.sensitivity.level import Level
from core.texts import texts
from core.turn.findings import Assessor, TurnFindings

_SHORT = {"tchap": "tchap_encrypted", "terminal": "console", "courriel": "mail"}


def channel_of(word: str | None) -> str | None:
    """The kind of audience that a word names; `tchap` alone is an encrypted room without guests."""
    kind = _SHORT.get(word or "", word)
    return kind if kind in channels() else None


def explain(
    path: Path,
    channel: str,
    *,
    person: str | None = None,
    task: Task = "chat",
    settings: Settings | None = None,
) -> int:
    """Print the level, the ceiling, each model and the decision. 3 when it would be refused.

    The model that `person` chose is looked up in the store."""
    settings = settings or load_settings()

    async def run() -> int:
        choice = None
        if person:
            async with opened(settings, beside=True) as base:
                choice = (await sessions_of(base).profile(person)).model
        return await _explain(path, channel, person, choice, task, settings)

    try:
        return asyncio.run(run())
    except OSError as error:
        sys.stderr.write(tell("policy_explain.unopened", path=path, why=os_reason(error)))
        return FAILED


async def _explain(
    path: Path,
    channel: AudienceKind,
    person: str | None,
    choice: str | None,
    task: Task,
    settings: Settings,
) -> int:
    policy = load_policy(settings)
    words = texts(language(), contacts_of(settings))
    async with Sandbox(minimum=policy.sandbox) as sandbox:
        document = await Ocr(sandbox).read(path, name=path.name)
        if left := missing(document):
            sys.stdout.write(tell("policy_explain.unknown", path=path, why=left[0].said(language())))
            sys.stdout.write(tell("policy_explain.unread"))
            return REFUSED
        brought = TurnFindings(assessor=Assessor(policy=policy, jail=sandbox, audience=channel))
        try:
            await brought.take(parts_of(document), path.name)
        except Denied as denied:
            sys.stdout.write(words.refusal(denied.refusal) + "\n")
            return REFUSED
    level = brought.level if brought.rules else policy.usual[channel]
    sys.stdout.write(
        tell(
            "policy_explain.level", path=path, level=brought.sublevel or level, words=level.called(language())
        )
    )
    if brought.found:
        sys.stdout.write(tell("policy_explain.found", found=words.found(brought.found)))
    if doubts := brought.question(Level.N0):
        sys.stdout.write(tell("policy_explain.to_confirm", found=words.found(doubts), floor=brought.floor))
    decision: Route | Refusal
    try:
        decision = decide(policy, level=level, audience=channel, task=task, person=person, choice=choice)
    except Denied as denied:
        decision = denied.refusal
    for line in _decided(policy, channel, decision, level, choice, task):
        sys.stdout.write(line + "\n")
    return REFUSED if isinstance(decision, Refusal) else DONE


def _decided(
    policy: PolicyFile,
    channel: AudienceKind,
    decision: Route | Refusal,
    level: Level,
    choice: str | None,
    task: Task,
) -> Iterator[str]:
    ceiling = policy.carries.get(channel)
    if ceiling is None:
        yield tell("policy_explain.no_ceiling", channel=channel)
    else:
        yield tell(
            "policy_explain.ceiling", channel=channel, ceiling=ceiling, words=ceiling.called(language())
        )
    yield tell("policy_check.models")
    able = decision.models if isinstance(decision, Route) else ()
    for model in sorted(policy.models, key=lambda m: able.index(m) if m in able else len(able)):
        mark = "→" if able[:1] == (model,) else " "
        yield f"  {mark} {model.id:<24} {model.clearance}  {_why(model, able, level, choice, task)}"
    yield tell("policy_explain.decision", decision=_decision(decision, level))


def _decision(decision: Route | Refusal, level: Level) -> str:
    match decision:
        case Route(models=models):
            return tell("policy_explain.reads", id=models[0].id)
        case Refusal(why="out_of_scope") if level is Level.N4:
            return tell("policy_explain.not_homologated")
        case Refusal(why="out_of_scope"):
            return tell("policy_explain.handled_nowhere")
        case Refusal(why="channel"):
            there = ", ".join(decision.elsewhere) or tell("policy_explain.no_channel")
            return tell("policy_explain.above_ceiling", there=there)
        case Refusal(why="person", ceiling=right):
            own = (
                f"{right} {right.called(language())}"
                if right is not None
                else tell("policy_explain.no_level")
            )
            return tell("policy_explain.above_rights", own=own)
        case Refusal():
            return tell("policy_explain.no_model")


def _why(model: Model, able: tuple[Model, ...], level: Level, choice: str | None, task: Task) -> str:
    if task not in model.tasks:
        return tell("policy_explain.other_task")
    if level > model.highest:
        return tell("policy_explain.not_cleared")
    if model not in able:
        return tell("policy_explain.only_model_cleared")
    if model.id == choice:
        return tell("policy_explain.chosen")
    return tell("policy_explain.most_frugal") if able[:1] == (model,) else tell("policy_explain.in_reserve")
