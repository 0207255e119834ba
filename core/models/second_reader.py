"""A second reader: a cleared model reads what nobody stamped, as `[second_reader]` of the policy says.

It is asked about long documents and doubtful messages, after the rules and the learned reader, and may only
raise a level or have it asked about: what the model is sure of is strong, the rest weak evidence. A finding
counts when its quotation stands in the text. Whatever a text says to the model can only raise its level, too.

Readings are kept for a week under a keyed hash of the text: kinds, levels and places, no words. The tokens
of a day are counted in the store for all replicas; once they are used up, or while the model is away, nothing
more is found.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources

import orjson
from pydantic import TypeAdapter

from core.connector.untrusted_json import objects_in, text_in
from core.errors import GatewayError, OverQuota
from core.gateway.ask import Ask, Material, whole
from core.language.folding import plain_letters
from core.models.access import ModelAccess, Models
from core.policy.decision import Denied
from core.policy.file import SecondReading
from core.sensitivity.assess import with_evidence
from core.sensitivity.level import TOLD, Assessment, Evidence, Kind, Level, Part, Strength
from core.sensitivity.unmarked.weights import LEVELS
from core.store.valkey import Store
from core.telemetry import log
from core.vault import Vault

PIECE = 12_000
"""Characters that are read in one request."""
PIECES = 4
"""Requests for one text: of a longer one, pieces spread evenly are read."""
WAIT = 20.0
"""Seconds for one text; what was found until then counts."""
_WEEK = 7 * 86_400
_DAY = 86_400
_BETWEEN = "\n\n"
_ANSWER = re.compile(r"\{.*\}", re.DOTALL)
_LONGEST = 400
"""Characters of a quotation that are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFinding:
    """What the model found at `start` to `end` of the text that it was given."""

    kind: Kind
    level: Level
    start: int
    end: int
    strength: Strength


_FINDINGS = TypeAdapter(tuple[SecondFinding, ...])


class SecondReader:
    """Reads texts again as the policy says. One for all turns."""

    def __init__(
        self,
        models: Models,
        store: Store,
        vault: Vault,
        *,
        wanted: SecondReading,
        clock: Callable[[], float],
    ) -> None:
        self._wanted = wanted
        self._store = store
        self._vault = vault
        self._clock = clock
        chosen = tuple(m for m in models.policy.models if m.id == wanted.model)
        self._models = replace(models, policy=replace(models.policy, models=chosen))
        self._prompt = resources.files("core.models").joinpath("prompts/second_reader.md").read_text("utf-8")

    async def read(
        self, parts: Sequence[Part], assessment: Assessment, access: ModelAccess, *, document: bool
    ) -> Assessment:
        """The assessment with what the second reader found. `access` says who asks, and where; the model's
        answers are added to its answers, so that the footprint counts them. Raises StoreUnavailable."""
        numbers = [n for n, part in enumerate(parts) if part.place in TOLD and part.text.strip()]
        text = _BETWEEN.join(parts[n].text for n in numbers)
        if not self._wants(text, assessment, access, document=document):
            return assessment
        found = await self._known_or_read(text, assessment, access)
        return with_evidence(assessment, tuple(_placed(found, parts, numbers)))

    def _wants(self, text: str, assessment: Assessment, access: ModelAccess, *, document: bool) -> bool:
        """Is the text to be read again, and may the model read it? What is surely N3 need not be raised."""
        wanted = self._wanted
        if not text or assessment.denied >= Level.N3:
            return False
        if wanted.channels and access.audience not in wanted.channels:
            return False
        if not assessment.ask and not (document and len(text) >= wanted.from_characters):
            return False
        return bool(replace(access, shared=self._models).models(language="fr", level=assessment.gated()))

    async def _known_or_read(
        self, text: str, assessment: Assessment, access: ModelAccess
    ) -> Sequence[SecondFinding]:
        tag = self._vault.tag("second reading", self._wanted.model, self._prompt, text)
        place = self._store.key(tag, "second", tag)
        sealed = await self._store.run(("GET", place))
        known = None if sealed is None else self._vault.try_open(sealed, context=place)
        if known is not None:
            return _FINDINGS.validate_json(known)
        found: list[SecondFinding] = []
        own = replace(access, shared=self._models, level=assessment.gated, note=_unnoted, writers=[])
        try:
            async with asyncio.timeout(WAIT):
                for start, piece in _pieces(text):
                    if await self._spend(0) >= self._wanted.tokens_per_day:
                        return found
                    read = Material(name="texte", text=piece)
                    ask = Ask(
                        instructions=self._prompt, question="JSON", materials=(read,), answer_tokens=600
                    )
                    answer, done = await whole(own.stream(ask))
                    await self._spend(done.usage.prompt_tokens + done.usage.completion_tokens)
                    found += _found(answer, piece, start)
        except (GatewayError, OverQuota, Denied, TimeoutError) as error:
            log.warning("second_reading_failed", error=error)
            return found
        note = self._vault.seal(_FINDINGS.dump_json(tuple(found)), context=place)
        await self._store.run(("SET", place, note, "EX", _WEEK))
        return found

    async def _spend(self, tokens: int) -> int:
        """Count tokens of today (UTC), and return how many they are."""
        day = str(int(self._clock() // _DAY))
        tag = self._vault.tag("second reading", day)
        place = self._store.key(tag, "second-tokens", tag)
        used, _ = await self._store.batch((("INCRBY", place, tokens), ("EXPIRE", place, 2 * _DAY)))
        return int(used)


def _unnoted(model: str) -> None:
    """The trail notes which model answered: this one did not."""


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The pieces of a text that are read, each with its place in it: all of a short one, else the first, the
    last and others at equal distances."""
    many = min(PIECES, -(-len(text) // PIECE))
    last = max(0, len(text) - PIECE)
    for n in range(many):
        start = last * n // max(1, many - 1)
        yield start, text[start : start + PIECE]


def _found(answer: str, piece: str, start: int) -> Iterator[SecondFinding]:
    """The findings of an answer whose quotation stands in the piece."""
    match = _ANSWER.search(answer)
    try:
        plain: object = orjson.loads(match[0]) if match else None
    except orjson.JSONDecodeError:
        return
    folded = plain_letters(piece)
    for each in objects_in(plain, "findings"):
        quotation = plain_letters(text_in(each, "quotation")).text[:_LONGEST].split()
        named = text_in(each, "kind")
        kind: Kind | None = next((known for known in LEVELS if known == named), None)
        level = {"N2": Level.N2, "N3": Level.N3}.get(text_in(each, "level"))
        if kind is None or level is None or not quotation:
            continue
        stands = re.search(r"\s+".join(map(re.escape, quotation)), folded.text, re.IGNORECASE)
        if stands:
            first, end = folded.span(stands.start(), stands.end())
            strength: Strength = "strong" if each.get("sure") is True else "weak"
            yield SecondFinding(
                kind=kind, level=level, start=start + first, end=start + end, strength=strength
            )


def _placed(
    found: Sequence[SecondFinding], parts: Sequence[Part], numbers: Sequence[int]
) -> Iterator[Evidence]:
    """The findings as evidence, each in the part where it begins."""
    begins = 0
    for n in numbers:
        length = len(parts[n].text)
        for each in found:
            at = each.start - begins
            if 0 <= at < length:
                yield Evidence(
                    kind=each.kind,
                    level=each.level,
                    start=at,
                    end=min(each.end - begins, length),
                    strength=each.strength,
                    why="second_reader",
                    part=n,
                    place=parts[n].place,
                )
        begins += length + len(_BETWEEN)
