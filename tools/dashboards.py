"""Makes the Grafana dashboards of deploy/grafana/dashboards, from what is written here.

`python tools/dashboards.py` writes them anew. `PANELS` is the whole of them: title, kind, unit, queries of
Prometheus with their legends, and what a reader should understand.
"""

# ruff: noqa: E501 - a table reads better with a row a line

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FOLDER = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`queries` by legend. `kind`: one number, or a curve."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "curve"
    help: str = ""


def quantile(q: float, metric: str, by: str = "") -> str:
    groups = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile({q}, sum by ({groups}) (rate(relais_{metric}_seconds_bucket[$__rate_interval])))"
    )


def rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate(relais_{metric}_total[$__rate_interval]))"


DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "relais-service": (
        "relais : le service",
        [
            Panel(title="Personnes, aujourd’hui", kind="number",
                  queries={"": 'max(relais_people{span="day", by="all"})'},
                  help="Estimation (HyperLogLog) ; 0 tant qu’elles sont moins de dix."),
            Panel(title="Personnes, cette semaine", kind="number",
                  queries={"": 'max(relais_people{span="week", by="all"})'}),
            Panel(title="Parties prêtes", kind="number", unit="percentunit", queries={"": "avg(relais_ready)"}),
            Panel(title="Énergie d’aujourd’hui, au plus", kind="number", unit="watth",
                  queries={"": 'max(relais_energy_wh{bound="high"})'}),
            Panel(title="Émissions d’aujourd’hui, au plus (gCO2e)", kind="number",
                  queries={"": 'max(relais_carbon_gco2e{bound="high"})'}),
            Panel(title="Avis favorables, cette semaine", kind="number", unit="percentunit",
                  queries={"": 'max(relais_judgements{span="week", judgement="satisfied"}) / '
                               'sum(max by (judgement) (relais_judgements{span="week"}))'}),
            Panel(title="Personnes par canal, aujourd’hui",
                  queries={"{{name}}": 'max by (name) (relais_people{span="day", by="connector"})'}),
            Panel(title="Personnes par modèle, aujourd’hui",
                  queries={"{{name}}": 'max by (name) (relais_people{span="day", by="model"})'}),
            Panel(title="Personnes par niveau, aujourd’hui",
                  queries={"{{name}}": 'max by (name) (relais_people{span="day", by="level"})'}),
            Panel(title="Réponses", unit="reqps",
                  queries={"{{connector}}": "sum by (connector) (rate(relais_answer_seconds_count[$__rate_interval]))"}),
            Panel(title="Refus, par raison", unit="reqps", queries={"{{why}}": rate("refusals", "why")}),
            Panel(title="Durée d’une réponse", unit="s",
                  queries={"médiane": quantile(0.5, "answer"), "95 %": quantile(0.95, "answer")}),
        ],
    ),
    "relais-exploitation": (
        "relais : exploitation",
        [
            Panel(title="Parties rouges", queries={"{{part}} {{instance}}": "relais_ready == 0"},
                  help="/readyz en donne la raison."),
            Panel(title="Ce qui attend", queries={"{{state}}": "max by (state) (relais_inbox)"}),
            Panel(title="Âge du plus ancien", unit="s", queries={"": "max(relais_inbox_oldest_seconds)"}),
            Panel(title="Attente du droit d’envoyer, 95 %", unit="s",
                  queries={"{{what}}": quantile(0.95, "budget_wait", "what")}),
            Panel(title="Premier signe de vie, 95 %", unit="s",
                  queries={"{{connector}}": quantile(0.95, "first_sign", "connector")}),
            Panel(title="Premier mot du modèle, 95 %", unit="s",
                  queries={"{{model}}": quantile(0.95, "gateway_first_token", "model")}),
            Panel(title="Demandes aux modèles", unit="reqps",
                  queries={"{{model}} {{outcome}}": rate("gateway_requests", "model, outcome")}),
            Panel(title="Jetons par seconde", queries={"{{model}} {{kind}}": rate("gateway_tokens", "model, kind")}),
            Panel(title="Modèles joignables", queries={"{{model}}": "min by (model) (relais_model_up)"}),
            Panel(title="Tâches sans simple réponse", unit="reqps", queries={"{{outcome}}": rate("jobs", "outcome")}),
            Panel(title="Envois", unit="reqps", queries={"{{what}} {{outcome}}": rate("sends", "what, outcome")}),
            Panel(title="Illisibles et identités changées", unit="reqps",
                  queries={"illisibles": "sum(rate(relais_undecryptable_total[$__rate_interval]))",
                           "identités": "sum(rate(relais_identity_changes_total[$__rate_interval]))"}),
            Panel(title="Mémoire du stockage", unit="bytes", queries={"{{what}}": "max by (what) (relais_store_bytes)"}),
            Panel(title="Paquets sans accusé des archives", queries={"": "max(relais_archive_packages)"}),
            Panel(title="Pannes de parties", unit="reqps", queries={"{{part}}": rate("part_failures", "part")}),
            Panel(title="Valeurs d’une version plus récente", unit="reqps", queries={"{{kind}}": rate("too_new", "kind")}),
        ],
    ),
}  # fmt: skip


def made(panel: Panel) -> timeseries.Panel | stat.Panel:
    builder: timeseries.Panel | stat.Panel
    if panel.kind == "number":
        builder = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    else:
        legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True)
        legend = legend.placement(LegendPlacement.BOTTOM).calcs([])
        tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        builder = timeseries.Panel().legend(legend).tooltip(tooltip).fill_opacity(8)
    builder = builder.title(panel.title).description(panel.help).unit(panel.unit).datasource(SOURCE)
    builder = builder.span(4 if panel.kind == "number" else 12).height(5 if panel.kind == "number" else 8)
    for number, (legend, query) in enumerate(panel.queries.items()):
        target = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(chr(ord("A") + number))
        builder = builder.with_target(target.datasource(SOURCE))
    return builder


def dashboards() -> dict[str, str]:
    """The JSON of each dashboard, by its file's name."""
    found: dict[str, str] = {}
    for uid, (title, panels) in DASHBOARDS.items():
        whole = dashboard.Dashboard(title).uid(uid).tags(["relais"]).refresh("1m").time("now-24h", "now")
        for panel in panels:
            whole = whole.with_panel(made(panel))
        text = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(whole.build())
        found[f"{uid}.json"] = (
            json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
        )
    return found


def queries() -> list[str]:
    """Every query, with Grafana's interval as a reader of Prometheus would write it."""
    every = (
        query for _, panels in DASHBOARDS.values() for panel in panels for query in panel.queries.values()
    )
    return [query.replace("$__rate_interval", "5m") for query in every]


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, text in dashboards().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
