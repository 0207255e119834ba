"""The pages that a ministry reads in a browser: `/chiffres`, for those who steer the service, with the same
as CSV; and `/notice`, for everyone: who answers, what may be written where, what is kept, and whom to ask.

They are whole without a script, and styled by the State's design system (`dsfr/`, taken by `tools/dsfr.py`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from core.errors import StoreError
from core.http.page_access import PageAccess
from core.language.months import in_paris
from core.language.phrasebook import Phrasebook
from core.policy.channels import channels
from core.policy.file import PolicyFile
from core.sensitivity.level import Level
from core.sessions.controls import Announcement
from core.sessions.figures import LEAST, SPARED, USES, By, Period, ServiceFigures, Span
from core.telemetry import log
from core.texts import Contacts
from core.texts.typography import typeset

if TYPE_CHECKING:
    import jinja2

SPANS: dict[str, tuple[Span, int]] = {"jour": ("day", 31), "semaine": ("week", 12), "mois": ("month", 12)}
"""By the value of `par`: the length of a period, and how many are shown."""
_BY: tuple[By, ...] = ("connector", "model", "use", "level")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the pages say of the service itself. `organisation` is the State's or the ministry's name;
    `archives`: conversations can be handed to some."""

    policy: PolicyFile
    contacts: Contacts
    organisation: str
    language: str
    archives: bool = False


class Pages:
    """Their routes, for the HTTP server."""

    def __init__(
        self,
        figures: ServiceFigures,
        access: PageAccess,
        service: Service,
        announced: Callable[[], Announcement | None] = lambda: None,
    ) -> None:
        """`announced`: what operators tell everybody now."""
        self._announced = announced
        self._figures = figures
        self._access = access
        self._service = service
        styles = Path(str(resources.files("core.http") / "dsfr"))
        self.routes: list[web.AbstractRouteDef] = [
            web.get("/chiffres", self._guarded),
            web.get("/chiffres.csv", self._guarded),
            web.get("/notice", self._notice),
            web.static("/dsfr", styles),
        ]

    @cached_property
    def _templates(self) -> jinja2.Environment:
        return templates(self._service)

    async def _notice(self, _request: web.Request) -> web.Response:
        return self._page("notice.html", **_notice_facts(self._service))

    async def _guarded(self, request: web.Request) -> web.Response:
        if not self._access.admits(request):
            status = 401 if self._access.challenge else 403
            headers = self._access.challenge | HEADERS
            return self._page("closed.html", status=status, headers=headers)
        par = request.query.get("par", "semaine")
        span, count = SPANS.get(par, SPANS["semaine"])
        try:
            periods = await self._figures.periods(span, count)
            (month,) = await self._figures.periods("month", 1)
        except StoreError as error:
            log.warning("figures_not_read", error=error)
            return self._page("away.html", status=503, headers=HEADERS | {"Retry-After": "30"})
        if request.path.endswith(".csv"):
            return _download(f"chiffres-{par if par in SPANS else 'semaine'}.csv", table(periods))
        return self._page(
            "chiffres.html",
            par=par,
            spans=SPANS,
            span=span,
            periods=periods,
            month=month,
            by=_BY,
            least=LEAST,
            spared=SPARED,
            announced=self._announced(),
        )

    def _page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] = HEADERS, **facts: Any
    ) -> web.Response:
        return page(self._templates, template, status=status, headers=headers, **facts)


def page(
    templates: jinja2.Environment,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] = HEADERS,
    **facts: Any,
) -> web.Response:
    """A page of a template. It runs no script and loads nothing from elsewhere, whatever its facts hold."""
    text = templates.get_template(template).render(**facts)
    return web.Response(text=text, status=status, headers=headers, content_type="text/html")


def table(periods: Iterable[Period]) -> list[list[str]]:
    """The figures of periods, a line each, under one line of names."""
    head = ["periode", "debut", "personnes", "reponses", "documents", "resumes", "refus", "satisfaits"]
    head += ["insatisfaits", "wh_min", "wh_max", "gco2e_min", "gco2e_max", "disponibilite"]
    lines = [head]
    for each in periods:
        people = each.told()
        spent = [f"{each.count(of, end) / 1000:.3f}" for of in ("wh", "gco2e") for end in ("low", "high")]
        counts = [each.count(what) for what in ("answers", "documents", "summaries")]
        counts += [sum(each.refusals().values()), each.satisfied, each.unsatisfied]
        lines.append(
            [
                each.name,
                each.first.isoformat(),
                f"<{LEAST}" if people is None else str(people),
                *map(str, counts),
                *spent,
                "" if each.up is None else f"{each.up:.4f}",
            ]
        )
    return lines


def _download(name: str, lines: list[list[str]]) -> web.Response:
    """As CSV (RFC 4180), which spreadsheets of the country read: semicolons, and a mark of UTF-8."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(lines)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(
        body=b"\xef\xbb\xbf" + text.getvalue().encode(), headers=headers, content_type="text/csv"
    )


def templates(service: Service) -> jinja2.Environment:
    """The templates of the pages; Jinja is imported with the first page."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("core.http"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    language = service.language
    shown: dict[str, Any] = {
        "language": language,
        "say": partial(_said, language=language),
        "organisation": service.organisation,
        "group": partial(_group, language=language),
        "until": partial(_until, language=language),
    }
    made.globals.update(shown)
    made.filters |= {
        "number": Phrasebook(language).number,
        "share": partial(_share, language=language),
        "period": partial(_period, language=language),
    }
    return made


def _said(french: str, english: str, *, language: str) -> str:
    return english if language == "en" else typeset(french)


def _until(seconds: float, *, language: str) -> str:
    """« 25 novembre 2026 à 14 h 05 », “25 November 2026 at 14:05”; in Paris."""
    return Phrasebook(language).moment(in_paris(seconds))


def _share(value: float | None, digits: int = 0, *, language: str) -> str:
    if value is None:
        return "–"
    return Phrasebook(language).number(100 * value, digits) + ("%" if language == "en" else "\u202f%")


def _period(period: Period, span: Span, *, language: str) -> str:
    """« semaine du 23 novembre 2026 », “November 2026”."""
    first, book = period.first, Phrasebook(language)
    if span == "month":
        return f"{book.month(first.month)} {first.year}"
    day = book.date(first)
    if span == "day":
        return day
    return f"week of {day}" if language == "en" else f"semaine du {day}"


def _group(by: By, name: str, *, language: str) -> str:
    """How people read a connector, a level or a model."""
    if by == "level" and name in Level.__members__:
        return Level[name].called(language)
    if by == "connector":
        mail = "Mail" if language == "en" else "Courriel"
        return {"tchap": "Tchap", "slack": "Slack", "mail": mail}.get(name, name)
    if by == "use":
        french, english = USES.get(name, (name, name))
        return english if language == "en" else french
    return name


def _notice_facts(service: Service) -> dict[str, Any]:
    policy = service.policy
    labels = {kind: channel.label for kind, channel in channels().items() if kind in policy.ceilings}
    references = {labels[kind]: text for kind, text in policy.homologations.items() if kind in labels}
    references |= {model.id: model.homologation for model in policy.models if model.homologation}
    return {
        "models": [model for model in policy.models if model.generates],
        "places": [(label, policy.carries[kind]) for kind, label in labels.items()],
        "session_days": policy.retention.session_days,
        "audit_days": policy.retention.audit_days,
        "help": service.contacts.help,
        "security": service.contacts.security,
        "notice": service.contacts.notice,
        "homologations": references,
        "archives": service.archives,
        "archived": [labels.get(kind, kind) for kind in policy.archive.channels],
    }
