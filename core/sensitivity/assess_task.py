"""The assessment as a task of the sandbox.

A jailed process may open no file: `prepare` reads before it is forked what the rules and the learned reader
would read when first used, and every child shares it.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import orjson
from pydantic import TypeAdapter

from core.sensitivity.assess import assess, to_json
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.sensitivity.markings.vocabulary import Mark
from core.sensitivity.personal.fact_words import read_lexicons
from core.sensitivity.unmarked.weights import shipped_encoder, shipped_weights

_PARTS = TypeAdapter(tuple[Part, ...])
_MARKS = TypeAdapter(tuple[Mark, ...])
_ANY = "Anne Petit, née le 3 mai 1980, a pour mot de passe « exemple »."
"""A text at which most rules look."""


def prepare() -> None:
    """Read all data of an assessment, and compile the patterns of its rules: for a child that takes as long
    as the assessment itself."""
    read_lexicons()
    shipped_weights()
    shipped_encoder()
    assess(_ANY, learned=False)


def run(file: BinaryIO, arguments: dict[str, Any], limits: object) -> dict[str, Any]:
    """`assess` of parts and additions that come as JSON → `to_json` of the assessment."""
    given = orjson.loads(file.read())
    parts = _PARTS.validate_python(given["parts"])
    additions = _MARKS.validate_python(given["additions"])
    return to_json(assess(parts, unmarked=Level.parse(arguments["unmarked"]), additions=additions))
