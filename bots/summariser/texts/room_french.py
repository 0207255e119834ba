"""What the summariser says of itself, in French. See `room.Service`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bots.summariser.room.schedules import Schedule, day_name
from bots.summariser.texts.summary_words import FrenchSummary
from core.language.clock import PARIS
from core.sensitivity.level import Level
from core.texts.echo import echo


class FrenchRoom(FrenchSummary):
    """Typography of the Imprimerie nationale."""

    def settings(self, *, moderators_only: bool, floor: datetime | None, paused: bool, count: int) -> str:
        who = "les modérateurs seulement" if moderators_only else "tous les membres"
        history = (
            f"rien d’avant le {self._moment(floor)}"
            if floor
            else "tout ce que je peux lire depuis mon arrivée"
        )
        lines = [
            f"- Qui peut demander un résumé\u00a0: **{who}**",
            f"- Ce que je peux relire\u00a0: **{history}**",
            f"- En pause\u00a0: **{'oui' if paused else 'non'}**",
            f"- Résumés programmés\u00a0: **{count}** (`!résumé programmés`)",
        ]
        how = (
            "Les modérateurs changent ces réglages\u00a0: `!réglages tous`, `!réglages modérateurs`, "
            "`!réglages historique oui`, `!réglages historique non` (rien d’avant ce moment n’est lu), "
            "`!pause`, `!reprise`."
        )
        mark = "Chacun garde un message hors des résumés avec la réaction 🚫, ou en y répondant `!off`."
        return "\n\n".join(["**Réglages**", "\n".join(lines), how, mark])

    settings_unknown = (
        "Je ne connais pas ce réglage. Écrivez `!réglages tous`, `!réglages modérateurs`, "
        "`!réglages historique oui`, `!réglages historique non` ou `!réglages niveau N2`."
    )

    def floor_set(self, level: Level) -> str:
        return f"Tout ce qui s’écrit ici est désormais au moins au niveau **{level} – {level.french}**."

    def floor_too_high(self, ceiling: Level) -> str:
        most = f"{ceiling} – {ceiling.french}"
        return f"Rien ici ne peut dépasser le niveau {most}\u00a0: je ne change rien."

    moderators_decide = "Ici, seuls les modérateurs peuvent changer cela. Demandez à l’un d’eux."
    moderators_ask = "Ici, seuls les modérateurs peuvent demander un résumé. Demandez à l’un d’eux."
    is_paused = "Je suis en pause ici\u00a0: je ne lis rien. Un modérateur peut écrire `!reprise`."
    paused = "En pause\u00a0: je ne lis ni ne résume plus rien ici, jusqu’à `!reprise`."
    resumed = "Fin de la pause\u00a0: on peut de nouveau me demander un résumé."
    kept_out = "Noté\u00a0: ce message restera hors des résumés. Supprimez votre `!off` pour revenir dessus."
    only_in_rooms = "Cette commande sert là où l’on est plusieurs, pas dans notre conversation directe."

    def scheduled(self, schedule: Schedule) -> str:
        return (
            f"Programmé\u00a0: {self._every(schedule)}. Prochain\u00a0: {self._due(schedule.due)}. "
            "Si rien n’a été dit, je n’écris rien. `!résumé programmés` donne la liste."
        )

    def schedules(self, every: Sequence[Schedule]) -> str:
        if not every:
            return "Aucun résumé n’est programmé ici. Exemple\u00a0: `!résumé chaque lundi 9h`."
        lines = [
            f"{n}. {self._every(each)}\u202f; prochain\u00a0: {self._due(each.due)}"
            for n, each in enumerate(every, 1)
        ]
        return "\n\n".join(
            ["**Résumés programmés**", "\n".join(lines), "Pour arrêter\u00a0: `!résumé arrêter 1`."]
        )

    schedule_stopped = "Ce résumé n’est plus programmé."

    def too_many_schedules(self, most: int) -> str:
        return (
            f"Il y a déjà {most} résumés programmés ici, le maximum. Arrêtez-en un\u00a0: "
            "`!résumé arrêter 1`."
        )

    no_private_schedule = (
        "Un résumé programmé est pour tout le monde ici\u00a0: "
        "« qu’ai-je manqué\u202f? » ne se programme pas."
    )
    show_to_all = "Montrer à tous"
    not_sent_privately = (
        "Je n’ai pas pu vous écrire en privé. Ouvrez une conversation avec moi, puis demandez de nouveau."
    )
    not_here = "Je ne résume une conversation qu’à ses membres."

    def from_room(self, name: str) -> str:
        return f"Dans « {echo(name)} » :"

    def open_actions(self, count: int) -> str:
        if not count:
            return "**Aucune action ouverte** dans cette liste"
        s = "s" if count > 1 else ""
        return f"**Actions ouvertes**, {count} relevée{s} par les résumés faits ici"

    no_open_actions = "Les résumés faits ici n’ont laissé aucune action ouverte."
    no_list = "Demandez d’abord la liste avec `!actions`."

    def no_such_number(self, number: int) -> str:
        return f"Il n’y a pas d’action n°\u00a0{number} dans la dernière liste."

    how_to_tick = (
        "*Pour cocher\u00a0: la réaction 1️⃣, 2️⃣… ou `!actions fait 1`. Pour "
        "rouvrir\u00a0: `!actions rouvrir 1`.*"
    )
    late = "en retard"
    ticked = "(fait)"
    nothing_to_export = (
        "Répondez à un de mes résumés pour l’exporter\u00a0: `!export docx`, `!export "
        "markdown` ou `!export ics`."
    )
    no_dated_actions = "Aucune action de ce résumé n’a de date\u00a0: il n’y a rien à mettre dans un agenda."
    here_is_the_file = "Voici le fichier."

    def new_file(self, kind: str) -> str:
        return (
            f"*Le fichier d’avant n’est plus à jour. Pour le nouveau, répondez {self.quote(f'en {kind}')}.*"
        )

    def corrected(self, who: str, words: str, where: str) -> str:
        return f"*corrigé par {who}\u00a0: {self.quote(words)} ({where})*"

    which_line = (
        "Je ne sais pas quelle ligne corriger. Reprenez-en un mot, par exemple\u00a0: "
        "«\u00a0Non, la convocation, c’est Paul qui s’en occupe\u00a0»."
    )
    not_in_summary = (
        "Le résumé ne le dit pas. Demandez un résumé d’une plage plus longue, ou posez la question à tous."
    )
    in_summary = "Dans le résumé\u00a0:"

    def _every(self, schedule: Schedule) -> str:
        title = self._TITLES[schedule.form].lower()
        return f"{title} {_days(schedule.days)} à {_clock(schedule.hour, schedule.minute)}"

    def _due(self, at: float) -> str:
        return self._moment(datetime.fromtimestamp(at, PARIS))

    def _moment(self, at: datetime) -> str:
        return f"{day_name(at.weekday(), 'fr')} {self._day(at.date())} à {_clock(at.hour, at.minute)}"


def _days(days: Sequence[int]) -> str:
    match len(days):
        case 7:
            return "chaque jour"
        case 5 if tuple(days) == (0, 1, 2, 3, 4):
            return "chaque jour ouvré"
        case _:
            return "chaque " + " et ".join(day_name(day, "fr") for day in days)


def _clock(hour: int, minute: int) -> str:
    return f"{hour}\u00a0h" + (f"\u00a0{minute:02}" if minute else "")
