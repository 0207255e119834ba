"""French: what relais says of itself, of what was not clear, and to be kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.sensitivity.level import Level
from core.texts.french_levels import LEVELS, FrenchLevels, among
from core.understanding.commands import Kind
from core.understanding.mentions import Distress, Topic

_MEANT: Mapping[Kind, str] = {
    "summarise": "résumer",
    "actions": "la liste des actions",
    "ask": "une réponse à votre question",
    "ask_document": "une réponse tirée du document",
    "help": "savoir ce que je sais faire",
    "about": "en savoir plus sur moi et sur vos données",
    "new": "commencer une nouvelle conversation",
    "stop": "arrêter la réponse en cours",
    "forget": "effacer ce qui est conservé sur vous",
    "data": "recevoir ce qui est conservé sur vous",
    "level": "voir ou relever le niveau de sensibilité",
    "model": "voir ou choisir le modèle",
    "language": "changer de langue",
    "mask": "masquer, ou non, les données personnelles",
    "archive": "verser cette conversation aux archives",
    "export": "ma dernière réponse en fichier",
    "human": "parler à une personne",
    "why": "savoir pourquoi ce refus ou ce niveau",
    "again": "une autre réponse à votre question",
    "settings": "voir les réglages",
    "schedule": "programmer un résumé",
    "thanks": "simplement me remercier",
    "yes": "dire oui",
    "no": "dire non",
}


class FrenchTalk(FrenchLevels):
    """The part of `Texts` about the bot itself."""

    def which(self, kinds: Sequence[Kind]) -> str:
        lines = [f"{n}. {_MEANT[kind]}" for n, kind in enumerate(kinds, 1)]
        return (
            "Je ne suis pas sûr de comprendre. Voulez-vous :\n\n"
            + "\n".join(lines)
            + "\n\nRépondez par le numéro, ou dites-le autrement."
        )

    def confirm_forget(self) -> str:
        return (
            "Voulez-vous vraiment effacer vos échanges avec moi, vos documents et vos préférences ? "
            "C’est définitif. Répondez **oui** ou **non**."
        )

    def not_forgotten(self) -> str:
        return "Entendu : je n’efface rien."

    def youre_welcome(self) -> str:
        return "Avec plaisir ! Je reste là si vous avez une autre question."

    def human(self) -> str:
        if contact := self._contacts.help:
            return (
                f"Pour parler à une personne : {contact}. Dites-lui ce que vous cherchiez et à quelle heure "
                "vous m’avez écrit ; ne recopiez rien de sensible."
            )
        return (
            "Je suis un robot, et l’équipe qui m’exploite ne m’a pas donné de contact humain. "
            "Adressez-vous à votre support informatique de proximité."
        )

    def distress(self, kind: Distress) -> str:
        urgent = (
            "En danger immédiat, vous ou une autre personne : appelez le **17**, le **15** ou le **112**."
        )
        match kind:
            case "suicide":
                said = (
                    "Ce que vous écrivez compte. Je suis un robot : parlez-en tout de suite à quelqu’un. Le "
                    "**3114** (prévention du suicide) répond jour et nuit, pour vous ou pour une autre "
                    "personne. C’est gratuit et confidentiel."
                )
            case "violence":
                said = (
                    "Ce que vous décrivez est grave, et personne ne mérite de le subir. Le **3919** "
                    "(violences faites aux femmes) écoute et oriente jour et nuit. C’est gratuit et anonyme. "
                    "Le **116 006** aide toutes les victimes, 7 jours sur 7."
                )
            case "harassment":
                said = (
                    "Le harcèlement est interdit, et on peut vous aider : parlez-en à une personne de "
                    "confiance, au médecin du travail, au service social ou à la cellule de signalement de "
                    "votre ministère."
                )
            case "suffering":
                said = (
                    "Ce que vous écrivez compte. Je suis un robot : parlez-en à une personne de confiance, à "
                    "un médecin, au médecin du travail ou au service social. Si quelqu’un pense à mourir, le "
                    "**3114** répond jour et nuit, c’est gratuit et confidentiel."
                )
        care = self._contacts.care
        near = f" Dans votre ministère : {care}." if care else self._whom()
        return f"{said}\n\n{urgent}{near}"

    def _homologation(self) -> str:
        said = self._contacts.notice.homologation
        return f" Homologation de sécurité : {said}." if said else ""

    def distress_alone(self, whom: str, *, room: str) -> str:
        return (
            f"{whom}\n\nC’est à propos de votre message {among(room)}. Je n’y réponds pas devant les "
            "autres : vous pouvez me reposer votre question ici."
        )

    def answered_alone(self) -> str:
        return "Je vous réponds en conversation directe."

    def nothing_to_export(self) -> str:
        return "Je n’ai pas encore donné de réponse ici : il n’y a rien à mettre dans un fichier."

    def about(
        self,
        topics: Sequence[Topic],
        *,
        models: Sequence[str],
        embedded: bool,
        ceiling: Level,
        days: int,
        limit: int,
    ) -> str:
        first, *others = (f"**{name}**" for name in models or ("–",))
        more = f" ; sont aussi possibles : {', '.join(others)}" if others else ""
        goes = (
            f"Ce qu’il faut pour vous répondre va à un modèle qui a le droit de le lire : ici {first}, et "
            f"jamais au-dessus de {LEVELS[ceiling]}."
        )
        answers = f"ici répond {first}{more}. `!modèle` permet d’en choisir un autre."
        if embedded:
            goes = "Ils ne vont pas plus loin : aucun modèle d’IA n’est branché."
            answers = "aucun modèle d’IA n’est branché ; je cite vos documents mot pour mot."
        elif not models:
            goes = "Ils ne vont pas plus loin : aucun modèle n’a le droit de répondre ici à ce niveau."
            answers = "aucun modèle n’a le droit de répondre ici à ce niveau."
        facts: dict[Topic, str] = {
            "retention": (
                f"**Conservation** : nos échanges et vos documents sont conservés chiffrés, {days} jours au "
                "plus. `!oublier` les efface tout de suite."
            ),
            "data": (
                f"**Vos données** : vos messages arrivent à ce service. {goes} Nos échanges sont conservés "
                f"chiffrés, {days} jours au plus. `!données` vous les remet, `!oublier` les "
                f"efface.{self._homologation()}"
            ),
            "size": (
                f"**Fichiers** : {limit // 1_000_000} Mo au plus chacun ; PDF, bureautique (Word, Excel, "
                "PowerPoint, ODT), texte, page web, mail, et images ou pages numérisées lues par OCR."
            ),
            "model": f"**Modèle** : {answers}",
            "learning": (
                "**Apprentissage** : je n’apprends rien de vos messages, ils ne servent qu’à vous "
                "répondre. L’équipe qui m’exploite peut dire à quoi s’engage celui qui héberge les modèles."
            ),
            "who": (
                "**Qui je suis** : l’assistant du ministère, un robot. Personne n’écrit mes réponses, et "
                "je ne prends aucune décision sur une personne."
            ),
            "errors": (
                "**Fiabilité** : mes réponses peuvent être fausses. Vérifiez les chiffres, les dates et "
                "les noms avant de vous en servir."
            ),
        }
        told = [facts[topic] for topic in topics or ("who", "data", "model", "size")]
        return "\n\n".join([*told, f"`!aide` dit ce que je sais faire.{self._whom()}"])
