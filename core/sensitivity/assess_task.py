"""The assessment as a task of the sandbox.

The fork server imports this module before it forks a jailed process, which may open no file. So all data
that the rules and the learned reader read when first used is read here and now, and shared with every child.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import orjson
from pydantic import TypeAdapter

from core.sensitivity.assess import assess, to_json
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.sensitivity.markings.mark import Mark
from core.sensitivity.personal.fact_words import fact_patterns
from core.sensitivity.personal.given_names import given_names, telling_names
from core.sensitivity.unmarked.encoder import encoder
from core.sensitivity.unmarked.reader import LAYERS, shipped_weights

_PARTS = TypeAdapter(tuple[Part, ...])
_MARKS = TypeAdapter(tuple[Mark, ...])

for read in (fact_patterns, given_names, telling_names, shipped_weights):
    read()
encoder(LAYERS)


def run(file: BinaryIO, arguments: dict[str, Any], limits: object) -> dict[str, Any]:
    """`assess` of parts and additions that come as JSON → `to_json` of the assessment."""
    given = orjson.loads(file.read())
    parts = _PARTS.validate_python(given["parts"])
    additions = _MARKS.validate_python(given["additions"])
    return to_json(assess(parts, unmarked=Level.parse(arguments["unmarked"]), additions=additions))
