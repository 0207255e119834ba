"""`relais footprint --month 2026-11`: what the service took in a month, with its method and its limits.

The declaration holds what AFNOR SPEC 2314 asks to be published of a frugal AI: scope, totals by model and
use, what was spared, measures, method. No figure is of fewer than ten people.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime
from functools import partial
from importlib import resources
from importlib.metadata import version
from typing import Any

import jinja2

from bots.base import Base, figures_of, opened
from bots.cli.inputs import DONE, indented
from core.config.settings import load_settings
from core.errors import ConfigurationError
from core.gateway.ask import PUE, ZONE
from core.language.phrasebook import Phrasebook
from core.sessions.figures import LEAST, SPARED, USES, By, Period


async def footprint(month: str, as_json: bool) -> int:
    """Print the declaration of a month (`2026-11`; empty: the present one). Raises ConfigurationError,
    StoreError."""
    settings = load_settings()
    first = _first(month)
    async with opened(settings, beside=True) as base:
        (period,) = await figures_of(base).periods("month", 1, first)
        told = declaration(period, base)
    if as_json:
        sys.stdout.write(indented(told))
    else:
        sys.stdout.write(_text(told, settings.language) + "\n")
    return DONE


def _first(month: str) -> date:
    try:
        now = datetime.fromtimestamp(time.time(), UTC).date()
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date() if month else now.replace(day=1)
    except ValueError:
        raise ConfigurationError("--month", "footprint.no_month", written=month) from None


def declaration(period: Period, base: Base) -> dict[str, Any]:
    """The declaration as plain values; energy in Wh and gases in g CO2e, each from low to high."""
    policy = base.policy
    models = {model.id: model for model in policy.models}
    return {
        "month": period.name,
        "service": base.settings.http.organisation,
        "relais": version("relais"),
        "scope": "inference",
        "method": {
            "name": "EcoLogits",
            "version": version("ecologits"),
            "electricity": ZONE,
            "pue": PUE,
            "counted": "tokens written; what the gateway declares comes first",
        },
        "people": period.told(),
        "answers": period.count("answers"),
        "tokens": period.count("tokens"),
        "wh": period.span("wh"),
        "gco2e": period.span("gco2e"),
        "models": [
            {**_of(period, "model", name), "active_parameters": models[name].active_parameters or None}
            if name in models
            else _of(period, "model", name)
            for name in period.groups("model")
        ],
        "uses": [_of(period, "use", name) for name in period.groups("use")],
        "spared": {
            kind: {"count": period.count("spared", kind), "wh": period.span("spared", kind)}
            for kind in SPARED
        },
        "measures": {
            "smallest_adequate_model_first": True,
            "tokens_per_day_in_all": policy.quotas.tokens_per_day_in_all,
            "tokens_per_day": policy.quotas.tokens_per_day,
            "answer_characters": policy.quotas.answer_characters,
            "session_days": policy.retention.session_days,
        },
    }


def _of(period: Period, by: By, name: str) -> dict[str, Any]:
    """What one model or use took; nothing where it is a few people's."""
    if period.told(f"{by}|{name}") is None:
        return {"name": name, "people": f"<{LEAST}"}
    return {
        "name": name,
        "answers": period.count("answers", by, name),
        "tokens": period.count("tokens", by, name),
        "wh": period.span("wh", by, name),
        "gco2e": period.span("gco2e", by, name),
    }


def _text(told: dict[str, Any], language: str) -> str:
    """The declaration as CommonMark."""
    made = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701 - no page
    made.filters |= {
        "number": Phrasebook(language).number,
        "range": partial(_range, language=language),
    }
    measures, answers = told["measures"], told["answers"]

    def say(french: str, english: str) -> str:
        return english if language == "en" else french

    facts = {
        "say": say,
        "least": LEAST,
        "by_use": told["uses"],
        "use_names": {name: say(*words) for name, words in USES.items()},
        "wh_each": [bound / answers if answers else 0.0 for bound in told["wh"]],
        "ceilings": {
            say("Plafond de jetons par jour", "Tokens a day"): measures["tokens_per_day_in_all"],
            say("Plafond par jour et par personne", "Tokens a day and person"): measures["tokens_per_day"],
            say("Caractères par réponse", "Characters an answer"): measures["answer_characters"],
        },
    }
    source = resources.files("bots.cli").joinpath("footprint.md.j2").read_text("utf-8")
    return made.from_string(source).render(told | facts)


def _range(span: tuple[float, float], digits: int = 1, *, language: str) -> str:
    low, high = (Phrasebook(language).number(bound, digits) for bound in span)
    return f"{low} {'to' if language == 'en' else 'à'} {high}" if span[1] else "–"
