"""The one way to a model, for conversations, schedules and the commands of the shell alike.

Whoever wants a model asked holds a `ModelAccess`: it decides by the policy before each request, hides
personal data where the policy or the person wants that, refuses who has used up the tokens of the day,
streams the answer, disarmed, and counts and notes what was asked. `Gateway.stream` has no other caller.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import resources

from core import telemetry
from core.config.environment import Key
from core.config.settings import Settings
from core.connector import AudienceKind
from core.errors import NotMasked, OverQuota
from core.gateway.ask import (
    Again,
    Ask,
    Done,
    Piece,
    VisionPicture,
    estimate,
    length,
    taken,
    whole,
)
from core.gateway.catalogue import EXTRACTS, UNREAD, Model, Task
from core.gateway.client import Breaker, Gateway
from core.gateway.client import ModelRequest as ModelRequest
from core.gateway.engines.remote import session
from core.gateway.transcription import Speech, transcribed
from core.language.operators import Phrase
from core.models.masked_ask import masked, unmasked
from core.models.output_filter import OutputFilter, filtered
from core.policy.decision import Denied, Route, decide
from core.policy.file import PolicyFile
from core.sensitivity.assess import TaskRunner
from core.sensitivity.level import Kind, Level
from core.sensitivity.masker import Masker
from core.telemetry import log, metrics
from core.tls import trusting


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What every access of one process shares. `jail` masks long texts; None: they are masked here. `keys`
    gives an API key by its name; `tls` is for what is asked in one request."""

    policy: PolicyFile
    gateway: Gateway
    jail: TaskRunner | None
    keys: Callable[[str], Key | None] = lambda _: None
    tls: ssl.SSLContext | bool = True

    def breaker(self, model: Model) -> Breaker:
        """What knows how the gateway of a model does."""
        return self.gateway.breakers[model.url, model.served]

    @property
    def wait(self) -> float:
        """Seconds until a request may leave, as far as is known; 0.0: now."""
        return min((self.breaker(model).wait for model in self.policy.models), default=0.0)

    async def try_one(self, model: Model) -> Done:
        """Ask one model for one token on a text of our own, and on a picture where it is to see, whatever
        the policy would choose. Raises GatewayError."""
        blank = resources.files("core.models").joinpath("blank.jpg")  # a white picture
        picture = VisionPicture(data=blank.read_bytes(), tokens=0) if "vision" in model.tasks else None
        ask = Ask(instructions="", question="Bonjour", picture=picture, answer_tokens=1)
        route = Route(level=Level.N0, models=(model,))
        _, done = await whole(self.gateway.stream(ask, lambda: route))
        return done

    @property
    def well(self) -> bool:
        """Did any of the models answer last time, or was it not asked yet?"""
        return any(self.breaker(model).closed for model in self.policy.models)


def observe(asked: ModelRequest) -> None:
    """Tell metrics, traces and the log how a request to a model went."""
    if telemetry.traced:
        used = asked.usage.prompt_tokens + asked.usage.completion_tokens if asked.usage else 0
        telemetry.passed(
            "ask", seconds=asked.seconds, model=asked.model.id, outcome=asked.outcome, tokens=used
        )
    metrics.requested.labels(asked.model.id, asked.outcome).inc()
    if asked.first is not None:
        metrics.first_token.labels(asked.model.id).observe(asked.first)
    if asked.usage is not None:
        metrics.tokens.labels(asked.model.id, "prompt").inc(asked.usage.prompt_tokens)
        metrics.tokens.labels(asked.model.id, "completion").inc(asked.usage.completion_tokens)
    if asked.outcome.startswith("Gateway"):
        log.warning("gateway_failed", model=asked.model.id, outcome=asked.outcome, reason=asked.detail)


@asynccontextmanager
async def open_models(
    settings: Settings,
    policy: PolicyFile,
    jail: TaskRunner | None,
    observe: Callable[[ModelRequest], None] = lambda _: None,
) -> AsyncGenerator[Models]:
    """The models of a policy, with the keys of the settings; local ones are loaded now.

    Raises ConfigurationError."""
    keys = settings.environment.key
    async with session(settings.ca_file) as client:
        gateway = Gateway(session=client, keys=keys, observe=observe)
        gateway.prepare(policy.models)
        tls = trusting(settings.ca_file)
        yield Models(policy=policy, gateway=gateway, jail=jail, keys=keys, tls=tls)


@dataclass(slots=True, kw_only=True)
class ModelAccess:
    """The way to a model of one person in one place.

    `level` gives the level of what would be sent, afresh at each request; `choice` is the model that the
    person picked. `masking`: the person wants personal data hidden. `used`: tokens of today before this;
    `used_in_all`, those of all people.
    `note` is told which model answered, once an answer ended, whole or not; `note_left_out`, what kinds of
    data were left out of it (`core.models.output_filter`).
    """

    shared: Models
    audience: AudienceKind
    person: str
    level: Callable[[], Level]
    choice: str | None = None
    masking: bool = False
    used: int = 0
    used_in_all: int = 0
    note: Callable[[str], None] = lambda _: None
    note_left_out: Callable[[tuple[Kind, ...]], None] = lambda _: None
    spent: int = 0
    """Tokens that the answers of this access took, to be counted for the person."""
    answers: list[Done] = field(default_factory=list[Done])
    """How each answer of this access ended."""
    writers: list[str] = field(default_factory=list[str])
    """The models that wrote in the answers of this access, each once."""

    def models(self, task: Task = "chat", *, language: str, level: Level | None = None) -> tuple[Model, ...]:
        """The models cleared for the level here, the one that would answer first; none when refused."""
        try:
            return self.route(task, language, level=level, asks=False).models
        except Denied:
            return ()

    def embedded(self) -> ModelAccess:
        """The way of the same person, in the same place, to the embedded extracts in place of all models."""
        policy = replace(self.shared.policy, models=(EXTRACTS,))
        return replace(self, shared=replace(self.shared, policy=policy), choice=None)

    def route(self, task: Task, language: str, *, level: Level | None = None, asks: bool = True) -> Route:
        """The models for a question of this task. `level`: that of the request; of what nobody has read, the
        highest that may be here. Raises Denied when the policy refuses it; where one is then asked (`asks`),
        OverQuota."""
        policy = self.shared.policy
        if level is None:
            level = self.level()
            if task in UNREAD:
                level = max(level, policy.carries.get(self.audience, level))
        way = decide(
            policy,
            level=level,
            audience=self.audience,
            task=task,
            person=self.person,
            choice=self.choice,
            language=language,
        )
        for most, used, in_all in (
            (policy.quotas.tokens_per_day, self.used, False),
            (policy.quotas.tokens_per_day_in_all, self.used_in_all, True),
        ):
            if asks and most is not None and used >= most:
                raise OverQuota(most, in_all=in_all)
        return way

    async def stream(self, ask: Ask) -> AsyncGenerator[Piece]:
        """The answer of the best cleared model, piece by piece, `Done` last.

        The materials of a request with a picture are what was read in it. Raises Denied when the policy
        refuses, OverQuota, NotMasked, GatewayError."""
        way = self.route(ask.task, ask.language)  # before any work on the text
        first = way.models[0]
        model: str = first.id
        least = self.shared.policy.masking
        hides = self.masking or (least is not None and way.level >= least)
        asked, masker = await self._masked(ask) if hides else (ask, None)
        ended = False
        written: list[str] = []
        generating = {each.id for each in self.shared.policy.models if each.generates}
        gateway, policy = self.shared.gateway, lambda: self.route(ask.task, ask.language)
        output = OutputFilter(
            ask=ask,
            level=self.level(),
            longest=self.shared.policy.quotas.answer_characters,
        )
        try:
            async with aclosing(gateway.stream(asked, policy)) as pieces:
                said = unmasked(pieces, masker) if masker else pieces
                safe = filtered(said, output, first) if generating else said
                async with aclosing(safe):
                    async for piece in safe:
                        model = piece.model.id if isinstance(piece, Again | Done) else model
                        if isinstance(piece, str):
                            written.append(piece)
                        elif isinstance(piece, Done):
                            ended = True
                            self.answers.append(piece)
                            self.spent += taken((piece,))[0]
                        if model in generating and model not in self.writers:
                            self.writers.append(model)
                        yield piece
        finally:
            if written and not ended:  # before the model had counted them
                self.spent += length(asked) + sum(map(estimate, written))
            self.note(model)
            if output.found:
                self.note_left_out(tuple(dict.fromkeys(output.found)))

    async def _masked(self, ask: Ask) -> tuple[Ask, Masker]:
        """The request without personal data, and what puts them back into the answer. Raises NotMasked."""
        if ask.picture is not None and not any(each.text.strip() for each in ask.materials):
            raise NotMasked(Phrase("gateway.unseen"))
        asked, masker = await masked(ask, self.shared.jail)
        if ask.picture is not None and asked.materials != ask.materials:
            raise NotMasked(Phrase("gateway.shown"))
        return asked, masker

    async def transcribe(self, speech: Speech) -> str:
        """What is said in a voice message. Raises Denied, OverQuota, GatewayError; NotMasked where the person
        wants personal data hidden: what is said cannot be known before it is heard."""
        model = self.route("transcription", speech.language).models[0]
        if self.masking:
            raise NotMasked(Phrase("gateway.unheard"))
        try:
            key = self.shared.keys(model.api_key_env) if model.api_key_env else None
            return await transcribed(speech, model, key=key, context=self.shared.tls)
        finally:
            self.note(model.id)
