"""French: what people read first. Typography of the Imprimerie nationale: thin no-break spaces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.connector import AudienceKind
from core.gateway.footprint import LAMP
from core.language.months import FRENCH_MONTHS
from core.policy.channels import room_word
from core.sensitivity.level import Level
from core.texts.echo import echo
from core.texts.french_levels import LEVELS
from core.texts.french_talk import FrenchTalk
from core.texts.protocol import ArchiveState, Receipt

_COMMANDS = """\
- **Un document** : envoyez-le, puis écrivez « résume », « fais une note », « compare », ou votre question \
(`!résumer`, `!question`, `!comparer`). Ajoutez « en Word » ou « en PDF » pour un fichier
{talk}- **La conversation** : « nouvelle conversation » (`!nouveau`), « stop » (`!stop`), « recommence », \
« parle anglais » (`!langue`)
- **Le niveau et le modèle** : « c’est quel niveau ici ? » (`!niveau`), « quel modèle ? » (`!modèle`), \
« pourquoi ? » après un refus (`!pourquoi`), « masque les noms » (`!masquer`)
- **Une réponse** : un pouce levé ou baissé (`!avis`), « quelle est ton empreinte ? » (`!empreinte`)
- **Vos données** : « où partent mes données ? », « donne-moi mes données » (`!données`), \
« efface mes données » (`!oublier`){archives}
- **Une personne** : « je veux parler à quelqu’un »
- `!aide` : ce message"""
_TALK = """\
- **Ce qui s’est dit dans un {room}** : « @Assistant résume », « qui fait quoi ? », \
« j’ai raté la matinée », « chaque vendredi à 17 h fais le point » (`!résumé`, `!actions`, `!réglages`)
"""
_ARCHIVES = ", « archive cette conversation » (`!archiver`)"


_TYPES = {"text": "texte", "markdown": "texte", "eml": "mail", "msg": "mail", "zip": "archive"}
"""What types of files are called, where not by their letters."""
_LISTED = 8
"""Names of files that are told one by one."""


class French(FrenchTalk):
    """See `Texts`."""

    language = "fr"

    # first contact and help

    def welcome(self, *, ceiling: Level, days: int, embedded: bool) -> str:
        mode = (
            "Aucun modèle n’est configuré : je cite des extraits de vos documents, sans IA générative."
            if embedded
            else "Mes réponses sont générées par une intelligence artificielle : vérifiez-les."
        )
        tries = "\n".join(f"{n}. « {said} »" for n, said in enumerate(self.tries(embedded=embedded), 1))
        return (
            "Bonjour ! Je suis **l’assistant du ministère**, un robot. Essayez, en m’écrivant **1**, **2** "
            f"ou **3** :\n\n{tries}\n\n"
            f"{mode} Vous pouvez écrire ici jusqu’au niveau {LEVELS[ceiling]}.\n\n"
            f"Nos échanges sont conservés chiffrés, {days} jours au plus : `!données` vous les remet, "
            f"`!oublier` les efface.{self._notice()} Besoin d’aide ? Écrivez `!aide`.{self._whom()}"
        )

    def tries(self, *, embedded: bool) -> tuple[str, ...]:
        first = "Que dit ce document ?" if embedded else "Rédige un mail pour décaler la réunion de jeudi"
        return (first, "Résume ce document", "Que sais-tu faire ?")

    def welcome_room(self) -> str:
        return (
            "Bonjour ! Je suis **l’assistant du ministère**, un robot. "
            "Je ne lis pas vos échanges ici : "
            "je réponds seulement quand on me mentionne, quand on répond à l’un de mes messages, "
            "ou à une commande comme `!aide`.\n\n"
            "Avec `!résumé`, je relis à la demande ce qui s’est dit depuis mon arrivée, puis je l’oublie. "
            "La réaction 🚫 garde un de vos messages hors des résumés. "
            f"Les modérateurs choisissent qui peut en demander : `!réglages`.{self._notice()}"
        )

    def _notice(self) -> str:
        url = self._contacts.notice.url
        return f" [Vos données et vos droits]({url})." if url else ""

    def welcome_short(self, days: int) -> str:
        return (
            "*Je suis un robot : mes réponses peuvent être fausses, vérifiez-les. Nos échanges sont "
            f"conservés chiffrés, {days} jours au plus : `!données` vous les remet, `!oublier` les efface, "
            "`!aide` dit ce que je sais faire.*"
        ) + self._notice()

    def help(self, *, place: AudienceKind, ceiling: Level, embedded: bool, archives: bool) -> str:
        mode = (
            "Je fonctionne sans IA générative : envoyez-moi un document (PDF, bureautique, texte, mail), "
            "j’en donne les extraits importants ; posez une question dessus, "
            "je cite les passages qui y répondent."
            if embedded
            else "Écrivez votre question, ou envoyez un document (PDF, bureautique, texte, mail) "
            "puis posez vos questions dessus."
        )
        room = room_word(place, "fr")
        talk = _TALK.format(room=room) if room else ""
        commands = _COMMANDS.format(talk=talk, archives=_ARCHIVES if archives else "")
        return f"{mode}\n\n{commands}\n\nNiveau permis ici : jusqu’à {LEVELS[ceiling]}.{self._whom()}"

    # while an answer is written

    def stopped(self, partial: str) -> str:
        return f"{partial}\n\n*Réponse arrêtée à votre demande.*" if partial else "*Réponse arrêtée.*"

    def nothing_to_stop(self) -> str:
        return "Aucune réponse n’est en cours."

    def interrupted(self, partial: str) -> str:
        return (
            f"{partial}\n\n**Réponse incomplète** : le modèle s’est interrompu plusieurs fois. "
            "Ce qui précède est partiel. Posez de nouveau votre question dans quelques minutes."
        )

    def cut_short(self) -> str:
        return "**Réponse coupée** : elle a atteint la longueur permise. Écrivez « continue » pour la suite."

    def footer(self, *, model: str, level: Level, footprint: str | None) -> str:
        parts = ["IA", model, f"{level.name} {LEVELS[level].partition(' – ')[2].lower()}"]
        if footprint:
            parts.append(footprint)
        return f"*{' · '.join(parts)}*"

    def footprint(self, *, wh: tuple[float, float], gco2e: tuple[float, float], method: str) -> str:
        lit = " à ".join(dict.fromkeys(_lit(each) for each in wh))
        gas = "moins d’un gramme" if gco2e[1] < 1 else f"{_span(gco2e)} g"
        return f"autant qu’une ampoule allumée {lit}, {gas} de CO₂ ({method})"

    def footprints(self, months: Sequence[tuple[str, int, str]], last: str) -> str:
        if not months:
            return "Aucune de mes réponses n’a d’empreinte connue\u00a0: le modèle ne la donne pas."
        told = [
            f"- {_month(month)}\u00a0: {count} réponse{'s' if count > 1 else ''}, {words}"
            for month, count, words in months
        ]
        lead = f"Ma dernière réponse a consommé {last}.\n\n" if last else ""
        return (
            f"{lead}Mes réponses pour vous\u00a0:\n\n" + "\n".join(told) + "\n\n"
            "*Une ampoule LED de 8 W. C’est une estimation du calcul de la réponse seul, "
            "avec l’électricité française.*"
        )

    # failures

    def gateway_awaited(self, minutes: float) -> str:
        return (
            "Le service de modèles ne répond pas pour le moment. Votre question est gardée : "
            "j’y répondrai ici même dès qu’il sera revenu. "
            f"S’il ne revient pas dans les {minutes:g} minutes, je vous le dirai. "
            "Inutile de la renvoyer ; `!stop` y renonce."
        )

    def archived(self, how: ArchiveState, days: int) -> str:
        match how:
            case "marked":
                return (
                    "C’est noté. Cette conversation sera versée aux archives avant son effacement, "
                    f"{days} jours après le dernier message, ou si vous en commencez une nouvelle. "
                    "`!archiver non` y renonce."
                )
            case "unmarked":
                return "C’est noté. Cette conversation ne sera pas versée aux archives."
            case "rule":
                return "Toutes les conversations d’ici sont versées aux archives : c’est la règle du service."
            case "none":
                return (
                    "Aucun service d’archives ne m’est raccordé. Pour garder une réponse, écrivez "
                    "`!export` : je l’envoie en fichier."
                )

    def extracts_meanwhile(self) -> str:
        return (
            "*Le service de modèles ne répond pas pour le moment\u00a0: voici des extraits, mot pour mot, "
            "sans IA. Voulez-vous la réponse complète dès son retour\u202f? Répondez «\u00a0oui\u00a0».*"
        )

    def full_answer(self) -> str:
        return "Réponse complète"

    def gateway_unavailable(self) -> str:
        return (
            "Le service de modèles ne répond pas pour le moment. Votre question n’a pas reçu de réponse : "
            f"posez-la de nouveau dans quelques minutes.{self._whom()}"
        )

    def gateway_rejected(self) -> str:
        return (
            "Le service de modèles a refusé la demande. Ce n’est pas de votre fait : "
            f"l’équipe qui exploite l’assistant doit corriger un réglage.{self._whom()}"
        )

    def too_long(self) -> str:
        return (
            "C’est trop long pour le modèle. Envoyez un extrait plus court, "
            "ou écrivez `!nouveau` pour repartir sans le contexte précédent."
        )

    def announced(self, text: str) -> str:
        return f"**Information du service**\u00a0: {text}"

    def closed(self, text: str, until: float) -> str:
        at = datetime.fromtimestamp(until, ZoneInfo("Europe/Paris"))
        return (
            f"{text}\n\nJe garde votre question et j’y répondrai dès la reprise, prévue le "
            f"{at.day} {FRENCH_MONTHS[at.month - 1]} à {at.hour}\u00a0h\u00a0{at:%M} (heure de Paris)."
        )

    def blocked(self) -> str:
        contact = f" Pour en parler\u00a0: {self._contacts.help}." if self._contacts.help else ""
        said = "Je ne peux pas vous répondre ici\u00a0: l’accès a été suspendu par l’équipe du service."
        return said + contact

    def referenced(self, text: str, ref: str) -> str:
        return f"{text}\n\nRéférence\u00a0: {ref}"

    def failed(self) -> str:
        return (
            "Je n’ai pas réussi à traiter votre message, et j’ai essayé plusieurs fois. "
            f"L’équipe qui exploite l’assistant en garde la trace.{self._whom()}"
        )

    def full(self) -> str:
        return (
            "Beaucoup de messages attendent déjà ici : je n’ai pas pris les derniers. "
            "Renvoyez-les quand j’aurai répondu aux premiers."
        )

    def quota_of_the_minute(self, turns: int) -> str:
        return (
            f"Vous m’avez écrit plus de {turns} fois en une minute : c’est ce que je traite par personne. "
            "Je vous réponds ici même dans quelques instants, et à vos autres messages ensuite. "
            "Inutile de les renvoyer."
        )

    def programs(self) -> str:
        return (
            "Ces messages semblent envoyés par un programme : je n’y réponds plus. "
            "Une personne peut m’écrire à tout moment."
        )

    def quota_of_all(self) -> str:
        return (
            "Le plafond de sobriété du service est atteint pour aujourd’hui, tous usages confondus. "
            "Les modèles répondront de nouveau demain."
        )

    def quota_of_the_day(self, tokens: int) -> str:
        many = f"{tokens:,}".replace(",", " ")
        return (
            f"Vous avez utilisé les {many} jetons (à peu près des syllabes, lues ou écrites par le modèle) "
            "que chaque personne a par jour. Reposez votre question demain. "
            f"Les commandes, comme `!aide`, restent disponibles.{self._whom()}"
        )

    def too_old(self, hours: float) -> str:
        return (
            f"J’étais indisponible : je découvre ce message plus de {hours:g} heures après son envoi, "
            "et je n’y réponds pas d’office. Renvoyez-le s’il est toujours utile."
        )

    def undecryptable(self, *, direct: bool) -> str:
        ask = "Renvoyez-le" if direct else "Si un message m’était destiné, renvoyez-le"
        return (
            f"Je n’arrive pas à déchiffrer un message reçu ici. {ask} : cela suffit le plus souvent. "
            "Si le problème dure, déconnectez puis reconnectez votre application."
        )

    def unsigned_device(self, *, direct: bool) -> str:
        whose = "Votre message vient" if direct else "Un message reçu ici vient"
        return (
            f"{whose} d’un appareil qui n’est pas vérifié : je ne peux pas savoir s’il est bien à son "
            "propriétaire, et je n’y lis ni n’y envoie rien de confidentiel. Vérifiez cet appareil dans "
            "Tchap (Paramètres, puis Sécurité), depuis un autre de vos appareils ou avec votre code de "
            "récupération : je répondrai alors, sans que vous ayez à renvoyer le message."
        )

    def identity_changed(self, name: str) -> str:
        whose = f"de {name}" if name else "de votre compte"
        return (
            f"L’identité de chiffrement {whose} a changé depuis le dernier échange. C’est normal après une "
            "réinitialisation de la sécurité du compte. Sinon, quelqu’un d’autre s’en sert peut-être : "
            f"prévenez {self._contacts.security or 'le responsable de la sécurité'}."
        )

    def invitation_refused(self) -> str:
        return "Je ne peux rejoindre que les salons ouverts par des agents des serveurs autorisés."

    # commands

    def unknown_command(self, word: str, near: str | None) -> str:
        hint = f"Vouliez-vous dire `!{near}` ?" if near else "`!aide` donne la liste."
        return f"Je ne connais pas la commande `!{echo(word)}`. {hint}"

    def new_session(self) -> str:
        return "Nouvelle conversation : je ne tiens plus compte de ce qui précède."

    def models(self, names: Sequence[str], current: str | None) -> str:
        if not names:
            return "Aucun modèle n’est disponible à ce niveau de sensibilité."
        lines = [f"- `{name}`" for name in names]
        answering = names.index(current) if current in names else 0
        lines[answering] += " (choisi)" if current in names else " (répond ici)"
        return (
            "Modèles disponibles à ce niveau, du plus sobre au plus grand :\n\n"
            + "\n".join(lines)
            + "\n\n`!modèle NOM` en choisit un, `!modèle auto` laisse choisir le plus sobre."
        )

    def model_chosen(self, model: str) -> str:
        return f"Entendu : je vous répondrai avec le modèle **{model}** quand le niveau le permet."

    def model_unknown(self, word: str, names: Sequence[str]) -> str:
        listed = ", ".join(f"`{name}`" for name in names) or "aucun"
        return f"Je ne connais pas le modèle « {echo(word)} ». Modèles disponibles : {listed}."

    def language_chosen(self) -> str:
        return "Entendu : je vous réponds en français."

    def language_unknown(self, word: str) -> str:
        return f"Je ne connais pas la langue « {echo(word)} ». Écrivez `!langue fr` ou `!langue en`."

    def forgotten(self, days: int) -> str:
        return (
            "C’est fait : vos échanges avec moi, vos documents et vos préférences sont effacés du service. "
            f"{self._trail(days)} "
            "Les messages affichés ici restent dans votre messagerie ; vous pouvez les y supprimer."
        )

    def export_ready(self, days: int) -> str:
        kept = "Voici tout ce qui est conservé sur vous dans ce service (fichier JSON)."
        return f"{kept} {self._trail(days)}"

    def data_notice(self) -> str:
        notice = self._contacts.notice
        told = [
            ("Responsable du traitement", notice.controller),
            ("Finalité", notice.purpose),
            ("Base légale", notice.legal_basis),
            ("Destinataires", notice.recipients),
            ("Homologation de sécurité", notice.homologation),
            ("Délégué à la protection des données", notice.dpo),
        ]
        lines = [f"- {name}\u00a0: {text}" for name, text in told if text]
        rights = (
            "- Vos droits\u00a0: accès, rectification, effacement, limitation, opposition, et réclamation "
            "à la CNIL (cnil.fr)"
        )
        return "\n".join([*lines, rights])

    def _trail(self, days: int) -> str:
        return (
            f"Le journal de sécurité garde {days} jours, sans votre nom ni aucun texte, la trace des "
            "décisions prises (niveau, modèle, refus)\u00a0: la loi demande de pouvoir les vérifier."
        )

    def export_too_high(self, level: Level, ceiling: Level) -> str:
        ask = f", ou demandez à {self._contacts.help}" if self._contacts.help else ""
        return (
            f"Ce qui est conservé sur vous est au niveau {LEVELS[level]}, et cette conversation ne peut "
            f"porter que le niveau {LEVELS[ceiling]}. Écrivez-moi `!données` dans une conversation directe "
            f"chiffrée{ask}."
        )

    def only_direct(self) -> str:
        return "Je ne remets vos données qu’à vous seul : écrivez-moi `!données` en conversation directe."

    # files

    def quoted_message(self) -> str:
        return "message auquel il est répondu"

    def file_received(
        self, files: Sequence[Receipt], *, several: bool, embedded: bool, menu: bool = True
    ) -> str:
        lines = [_received(each) for each in files[:_LISTED]]
        if len(files) > _LISTED:
            lines.append(f"et {len(files) - _LISTED} autres")
        listed = lines[0] if len(lines) == 1 else "\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
        if not menu:
            compared = " Pour comparer : **compare**." if several else ""
            return f"Bien reçu : {listed}{compared}".rstrip()
        choices = ["- **résume** : l’essentiel en cinq lignes"]
        if embedded:
            choices = ["- **résume** : les extraits les plus importants"]
        else:
            choices += ["- **fais une note** : une page", "- **synthèse détaillée** : partie par partie"]
            choices += ["- **compare** : points communs et différences de vos documents"] if several else []
        choices.append("- ou posez votre question : la réponse cite les passages")
        return (
            f"Bien reçu : {listed}\nQue voulez-vous en faire ?\n\n"
            + "\n".join(choices)
            + "\n\nAjoutez « en Word », « en ODT » ou « en PDF » pour recevoir un fichier."
        )

    def question_wanted(self, names: Sequence[str]) -> str:
        listed = ", ".join(f"« {echo(name)} »" for name in names)
        return (
            f"Que voulez-vous savoir de {listed} ? Écrivez `!question` suivi de votre question : "
            "la réponse ne vient que de ces documents et en cite les passages."
        )

    def nothing_to_compare(self) -> str:
        return "Il me faut au moins deux documents pour les comparer. Envoyez-les, puis écrivez `!comparer`."

    def here_as_file(self) -> str:
        return "Voici ma dernière réponse en fichier."

    def file_unreadable(self, name: str, reason: str) -> str:
        return f"Je n’ai pas pu lire le fichier « {echo(name)} ». {reason}"

    def file_part_unreadable(self, name: str, part: str, reason: str) -> str:
        return f"Le fichier « {echo(name)} » contient « {echo(part)} », que je n’ai pas pu lire. {reason}"

    def file_unknown_type(self, name: str) -> str:
        return f"Je ne sais pas lire ce fichier : « {echo(name)} ». Envoyez-le en PDF ou en texte."

    def file_too_large(self, name: str, limit: int) -> str:
        return f"Le fichier « {echo(name)} » est trop lourd : la limite est de {limit // 1_000_000} Mo."

    def file_unclean(self, name: str) -> str:
        return (
            f"Le contrôle antivirus n’a pas laissé passer le fichier « {echo(name)} » : je ne l’ouvre pas. "
            "Vérifiez-le sur votre poste, puis prévenez votre support informatique."
        )

    def file_unavailable(self, name: str) -> str:
        return f"Je n’ai pas pu télécharger le fichier « {echo(name)} ». Renvoyez-le."

    def pasted_message(self) -> str:
        return "votre message"

    def nothing_to_summarise(self) -> str:
        return (
            "Je n’ai pas de texte à résumer ici. Envoyez un document, ou collez le texte dans votre message."
        )


def _received(file: Receipt) -> str:
    """A file on one line: its type, pages, title and level, and how it was read."""
    told = [_TYPES.get(file.type, file.type.upper())]
    if file.pages:
        told.append(f"{file.pages} page{'s' if file.pages > 1 else ''}")
    if file.title and file.title != file.name:
        told.append(f"« {echo(file.title)} »")
    told.append(LEVELS[file.level].replace(" –", "").lower().replace("n", "N", 1))
    if file.recognised:
        told.append("texte reconnu sur des images, à vérifier")
    seen = f"\n  > {echo(file.seen)}" if file.seen else ""
    return f"« {echo(file.name)} » ({', '.join(told)}){seen}"


def _month(name: str) -> str:
    """`2026-11` in words."""
    year, _, month = name.partition("-")
    return f"{FRENCH_MONTHS[int(month) - 1]} {year}"


def _lit(wh: float) -> str:
    """How long a lamp of 8 watts burns with it."""
    seconds = wh * 3600 / LAMP
    if seconds < 1:
        return "moins d’une seconde"
    if seconds < 90:
        return f"{seconds:.0f} seconde{'s' if seconds >= 1.5 else ''}"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.0f} heures"


def _span(values: tuple[float, float]) -> str:
    """Two figures as people read them: never in scientific notation."""
    if values[1] < 0.01:
        return "moins de 0,01"
    low, high = (
        f"{value:.2f}" if value < 1 else f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in values
    )
    told = low if low == high else f"{low} à {high}"
    return told.replace(".", ",")
