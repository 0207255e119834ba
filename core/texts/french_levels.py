"""French: levels, refusals, and the questions about them. Kind, clear, good to hear read aloud.

A refusal says what was found, the rule, what to do instead, and whom to ask, in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.language.clock import in_paris
from core.language.months import FRENCH_MONTHS
from core.policy.channels import elsewhere, here
from core.policy.decision import Offer, Refusal, Unserved
from core.sensitivity.evidence import Kind, Place
from core.sensitivity.findings import Finding
from core.sensitivity.level import Level, Sublevel
from core.sensitivity.reasons import because, how_sure
from core.texts.echo import echo
from core.texts.protocol import Contacts

LEVELS = {
    Level.N0: "N0 – Public",
    Level.N1: "N1 – Interne",
    Level.N2: "N2 – Sensible",
    Level.N3: "N3 – Confidentiel",
    Level.N4: "N4 – Hors périmètre",
    Level.N4B: "N4 – Hors périmètre",
}

_MEANS = {
    Level.N0: "tout le monde peut le lire",
    Level.N1: "entre agents",
    Level.N2: "lu par d’autres, il nuirait à une personne ou à un dossier",
    Level.N3: "réservé à qui doit le connaître ; lu par d’autres, il nuirait gravement",
    Level.N4: "protégé par la loi ou le règlement : il reste dans un système homologué pour cela",
    Level.N4B: "protégé par la loi ou le règlement : il reste dans un système homologué pour cela",
}
"""What a level means, in words."""

_KINDS: dict[Kind, str] = {
    "nir": "un numéro de sécurité sociale",
    "nif": "un numéro fiscal",
    "iban": "un IBAN",
    "rib": "un RIB",
    "card": "un numéro de carte bancaire",
    "siren": "un numéro SIREN",
    "siret": "un numéro SIRET",
    "rpps": "un numéro RPPS",
    "phone": "un numéro de téléphone",
    "email": "une adresse électronique",
    "address": "une adresse postale",
    "plate": "une plaque d’immatriculation",
    "passport": "un numéro de passeport",
    "cni": "un numéro de carte d’identité",
    "residence_permit": "un numéro de titre de séjour",
    "birth_date": "une date de naissance",
    "list": "une liste de personnes",
    "health": "un fait de santé sur une personne",
    "union": "l’appartenance syndicale d’une personne",
    "religion": "la religion d’une personne",
    "sexual": "la vie intime d’une personne",
    "judicial": "un fait judiciaire sur une personne",
    "political": "l’opinion politique d’une personne",
    "hr": "un fait de carrière sur une personne",
    "social": "la situation sociale ou familiale d’une personne",
    "discipline": "un fait disciplinaire ou un conflit visant une personne",
    "minors": "un fait sur une personne mineure",
    "whistleblowing": "un signalement ou l’identité de son auteur",
    "credential": "un mot de passe, une clé ou un code d’accès",
    "network": "un détail de réseau, d’accès ou de vulnérabilité",
    "procurement": "un élément d’un marché en cours",
    "budget": "un arbitrage ou une décision pas encore publics",
    "embargo": "une annonce pas encore publique",
    "site": "la protection ou les faiblesses d’un site sensible",
    "species": "le lieu exact d’une espèce protégée ou d’un vestige",
    "defence": "une information de défense, de police ou de gendarmerie",
    "business_secret": "un secret d’entreprise",
}

_WHERE: dict[Place, str] = {
    "header": "en haut de page",
    "footer": "en bas de page",
    "textbox": "dans une zone de texte",
    "notes": "dans une note",
    "subject": "dans l’objet",
    "property": "dans les propriétés du document",
    "filename": "dans le nom du fichier",
    "quote": "dans le message cité",
}


_NEXT = "\n\n"
"""Before what can be done about a refusal, which offers take the place of."""


def among(room: str) -> str:
    """Where others read, by the name of the place, "" where it has none."""
    return f"dans « {echo(room)} »" if room else "dans une conversation à plusieurs"


class FrenchLevels:
    """The part of `Texts` about levels and policy."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    def _whom(self) -> str:
        contact = self._contacts.help
        return f" Pour parler à une personne : {contact}." if contact else ""

    def _security(self) -> str:
        return self._contacts.security or "votre officier de sécurité"

    def level_name(self, level: Level) -> str:
        return LEVELS[level]

    def found(self, found: Sequence[Finding]) -> str:
        return _listed(map(_found, found))

    def refusal(self, refusal: Refusal) -> str:
        text = self._refusal(refusal)
        return f"{text.rpartition(_NEXT)[0]}{_NEXT}{self._offered(refusal)}" if refusal.offers else text

    def _refusal(self, refusal: Refusal) -> str:
        match refusal.why:
            case "out_of_scope":
                return self._out_of_scope(refusal)
            case "channel":
                return self._channel(refusal)
            case "person":
                return (
                    f"**Je ne peux pas traiter ce message pour vous** : il est au niveau "
                    f"{_at(refusal.level)}. {self._because(refusal)}La règle : "
                    f"{self._rule(refusal)}. Rien n’a été transmis.\n\n"
                    "Ce que vous pouvez faire : retirer le passage sensible, commencer une nouvelle "
                    f"conversation avec `!nouveau`, ou demander un droit plus élevé.{self._whom()}"
                )
            case "no_model":
                return (
                    f"**Aucun modèle n’a le droit de lire ce message** : il est au niveau "
                    f"{_at(refusal.level)}. {self._because(refusal)}La règle : "
                    f"{self._rule(refusal)}. Rien n’a été transmis.\n\n"
                    "Ce que vous pouvez faire : retirer le passage sensible, puis commencer une nouvelle "
                    f"conversation avec `!nouveau`.{self._whom()}"
                )
            case "unreadable":
                return (
                    "**Je n’ai rien transmis à un modèle.** "
                    + "\n\n".join(refusal.unread)
                    + "\n\nLa règle : quand un fichier ne peut pas être lu, son niveau de sensibilité reste "
                    "inconnu, et je n’en envoie rien. Vous pouvez renvoyer votre message sans ce fichier, "
                    f"ou avec une version lisible.{self._whom()}"
                )
            case "unassessed":
                return (
                    "**Je n’ai rien transmis à un modèle** : ce texte est trop long ou trop complexe pour "
                    "que j’en vérifie le niveau de sensibilité. Envoyez-le en plusieurs parties plus "
                    f"courtes.{self._whom()}"
                )

    def _out_of_scope(self, refusal: Refusal) -> str:
        if refusal.sublevel is Sublevel.N4B:
            return (
                "**Je ne peux pas traiter ce message** : il porte la marque d’une information classifiée. "
                "La règle : aucune information classifiée ne peut entrer dans ce service (IGI 1300). "
                "Je ne l’ai ni transmis, ni conservé, ni recopié.\n\n"
                "Ce que vous devez faire : supprimez votre message, ne le renvoyez pas, "
                f"et prévenez sans attendre {self._security()}."
            )
        return (
            f"**Je ne peux pas traiter ce message** : il est au niveau {_at(refusal.level)}, "
            f"qu’aucun modèle ni canal de ce service n’a le droit de recevoir. {self._because(refusal)}"
            f"La règle : {self._rule(refusal)}. "
            "Je n’ai rien transmis ni conservé.\n\n"
            "Ce que vous pouvez faire : supprimez votre message et travaillez dans votre système homologué, "
            "ou reposez votre question sans le passage protégé. Si c’est la conversation qui est à ce "
            "niveau, commencez-en une nouvelle (`!nouveau`). "
            f"En cas de doute, demandez à {self._security()}."
        )

    def _channel(self, refusal: Refusal) -> str:
        places = _places(refusal.elsewhere)
        move = f"m’écrire {', ou '.join(places)} ; " if places else ""
        return (
            f"**Je ne peux pas traiter ce message ici** : il est au niveau {_at(refusal.level)}. "
            f"{self._because(refusal)}La règle : {self._rule(refusal)}. Rien n’a été transmis.\n\n"
            f"Ce que vous pouvez faire : {move}retirer le passage sensible et renvoyer votre message ; "
            f"si c’est la conversation qui est à ce niveau, en commencer une nouvelle (`!nouveau`)."
            f"{self._whom()}"
        )

    def _offered(self, refusal: Refusal) -> str:
        places = ", ou ".join(_places(refusal.elsewhere))
        say: dict[Offer, str] = {
            "without": "**l’envoyer sans ce passage** : je mets « […] » à sa place",
            "elsewhere": f"**me l’écrire ailleurs** : {places}",
            "denied": "**ce n’est pas cela** : ce passage n’est pas protégé (je note votre confirmation, "
            "sans le contenu)",
        }
        return (
            "Que voulez-vous faire ? Répondez par un chiffre, ou par la réaction correspondante.\n\n"
            + "\n".join(f"{number}. {say[each]}" for number, each in enumerate(refusal.offers, 1))
            + f"\n\nEn attendant, je garde votre message chiffré, un jour au plus.{self._whom()}"
        )

    def offer_label(self, offer: Offer) -> str:
        match offer:
            case "without":
                return "Sans ce passage"
            case "elsewhere":
                return "Ailleurs"
            case "denied":
                return "Ce n’est pas cela"

    def sent_without(self) -> str:
        return "*Envoyé sans le passage protégé : « […] » est à sa place.*"

    def moved_elsewhere(self, code: str, places: Sequence[str]) -> str:
        where = ", ou ".join(_places(places)) or "en conversation directe"
        return (
            f"Écrivez-moi {where} : `!continuer {code}`. J’y répondrai à votre question, sans que vous ayez "
            "à la recopier. Ce code sert une fois, pendant une heure."
        )

    def why_refused(self, refusal: Refusal) -> str:
        said = refusal.why in ("unreadable", "unassessed") or refusal.sublevel is Sublevel.N4B
        if said or not refusal.found:
            return self.last_refusal(replace(refusal, offers=()))
        found = f"J’y ai trouvé : {_listed(map(_explained, refusal.found))}."
        out = refusal.why == "out_of_scope"
        ask = f" En cas de doute, demandez à {self._security()}." if out else self._whom()
        return (
            f"**Pourquoi votre message{_written(refusal)} a été refusé.** {found} "
            f"Il est donc au niveau {_at(refusal.level)}. La règle : {self._rule(refusal)}.\n\n"
            f"Si je me suis trompé, reposez votre question sans ce passage.{ask}"
        )

    def _rule(self, refusal: Refusal) -> str:
        most = LEVELS[refusal.ceiling] if refusal.ceiling is not None else None
        match refusal.why:
            case "out_of_scope":
                return "la Diffusion Restreinte reste dans les systèmes homologués pour elle (II 901)"
            case "channel":
                may = f"le plus haut niveau permis est {most}" if most else "aucun niveau n’est permis"
                return f"{here(refusal.audience, 'fr')}, {may}"
            case "person":
                if most is None:
                    return "vos droits ne permettent aucun niveau dans ce service"
                return f"le plus haut niveau que vos droits permettent dans ce service est {most}"
            case _:
                able = f"sont habilités jusqu’au niveau {most}" if most else "n’ont aucune habilitation"
                return f"les modèles disponibles {able}"

    def _because(self, refusal: Refusal) -> str:
        if not refusal.found:
            return ""
        change = f"{self.secret_seen()} " if any(f.kind == "credential" for f in refusal.found) else ""
        return f"J’y ai trouvé : {self.found(refusal.found)}. {change}"

    def secret_seen(self) -> str:
        return (
            "Ce message contient un mot de passe, une clé ou un code : changez-le, il a été écrit en clair."
        )

    def refused_here(self, *, told: bool) -> str:
        why = "J’écris pourquoi à son auteur, en conversation directe." if told else self.why_alone()
        return f"Je ne peux pas traiter ce message ici. {why}"

    def why_alone(self) -> str:
        return "Pour savoir pourquoi, écrivez-moi `!pourquoi` en conversation directe."

    def last_refusal(self, refusal: Refusal) -> str:
        return f"Voici pourquoi votre message{_written(refusal)} a été refusé.\n\n{self.refusal(refusal)}"

    def doubt(self, doubts: Sequence[Finding]) -> str:
        level = LEVELS[max(doubt.level for doubt in doubts)]
        return (
            f"Avant de répondre, une question. J’ai trouvé {self.found(doubts)}. "
            f"Ce contenu est-il vraiment protégé (niveau {level}) ?\n\n"
            "Répondez **oui** ou **non**. En attendant, je garde votre message chiffré, un jour au plus, "
            "et je ne le transmets à aucun modèle."
        )

    def still_protected(self) -> str:
        return (
            "J’ai refusé ce message pour la mention de protection qu’il portait, et vous l’avez modifié. "
            "Son contenu est-il protégé ?\n\n"
            "Répondez **oui** ou **non**. En attendant, je garde votre message chiffré, un jour au plus, "
            "et je ne le transmets à aucun modèle."
        )

    def asked_here(self, question: str, *, room: str) -> str:
        return f"C’est à propos de votre message {among(room)} ; j’y répondrai ici.\n\n{question}"

    def asked_elsewhere(self) -> str:
        return "J’ai une question pour l’auteur de ce message : je la lui pose en conversation directe."

    def doubt_again(self) -> str:
        return (
            "Je n’ai pas compris votre réponse. Votre message précédent est-il vraiment protégé ? "
            "Répondez **oui** ou **non**, par exemple « non, c’est le titre du chapitre ». Dans le doute, "
            f"demandez à {self._security()}. J’ai gardé aussi ce que vous venez d’écrire, et j’y répondrai "
            "ensuite."
        )

    def doubt_dropped(self) -> str:
        return (
            "*Je n’ai eu ni oui ni non : j’ai laissé de côté votre première question. Si elle vaut toujours, "
            "renvoyez-la.*"
        )

    def nothing_to_confirm(self, *, direct: bool) -> str:
        if direct:
            return "D’accord. Je n’attendais pas de réponse : posez-moi votre question quand vous voulez."
        return "Je n’attends pas de réponse ici. Ma question est peut-être dans notre conversation directe."

    def not_refused(self) -> str:
        return "Je ne vous ai rien refusé ces sept derniers jours."

    def begun_anew(self) -> str:
        return (
            "*Quelqu’un est arrivé depuis nos premiers échanges et ne peut pas les lire\u00a0: je repars de "
            "votre message.*"
        )

    def unserved(self, why: Unserved) -> str:
        match why:
            case "closed":
                return (
                    "Je ne réponds pas dans ce canal : il n’est pas dans la liste de ceux où je suis ouvert. "
                    f"Écrivez-moi en conversation directe ; pour m’ouvrir ici, demandez-le.{self._whom()}"
                )
            case "foreign":
                return (
                    "Je ne réponds pas ici : ce canal est partagé avec une autre organisation. "
                    f"Les agents peuvent m’écrire en conversation directe.{self._whom()}"
                )
            case "outsider":
                return (
                    "Je ne réponds qu’aux agents de l’organisation : les invités n’ont pas accès à ce "
                    f"service. Un agent peut poser la question pour vous.{self._whom()}"
                )

    def leaked(self, refusal: Refusal, code: str | None) -> str:
        if refusal.sublevel is Sublevel.N4B:
            return self._out_of_scope(refusal)
        most = LEVELS[refusal.ceiling if refusal.ceiling is not None else Level.N0]
        further = (
            "\n3. **Continuer dans Tchap** : écrivez-moi là-bas, en conversation directe, "
            f"`!continuer {code}`. Je répondrai à votre question sans qu’elle repasse par ici. "
            "Ce code sert une fois, pendant une heure."
            if code
            else ""
        )
        return (
            f"**Ce message n’a pas sa place ici** : il est au niveau {_at(refusal.level)}. "
            f"{self._because(refusal)}La règle : {here(refusal.audience, 'fr')}, le plus haut niveau permis "
            f"est {most}. Je ne l’ai ni transmis à un modèle, ni répété.\n\n"
            "1. **Supprimez-le** : je n’ai pas le droit de le faire à votre place.\n"
            f"2. S’il a pu être lu, prévenez {self._security()}.{further}"
        )

    def code_unknown(self) -> str:
        return (
            "Ce code n’ouvre plus rien : il sert une fois, pendant une heure. Reposez votre question ici "
            "directement."
        )

    def withheld(self) -> str:
        return (
            "Ma réponse n’a pas été affichée : qui peut nous lire ici a changé pendant que je l’écrivais. "
            "Reposez votre question ; si elle est sensible, en conversation directe."
        )

    def level(
        self,
        *,
        level: Level,
        ceiling: Level,
        chosen: bool,
        found: Sequence[Finding] | None,
        floor: Level,
        usual: Level,
    ) -> str:
        if found is None:
            why = "Je ne dis pourquoi qu’en conversation directe"
        elif found:
            why = f"J’ai trouvé : {_listed(map(_explained, found))}"
        else:
            why = "Vous l’avez fixé" if chosen else "C’est le niveau par défaut ici"
        said = (
            f"Niveau de cette conversation : **{LEVELS[level]}**. {why}. "
            f"Niveau le plus haut permis ici : {LEVELS[ceiling]}."
        )
        moves = f"{self._raising(level, ceiling)}{self._lowering(level, floor, usual, chosen=chosen)}"
        return f"{said}\n\n{moves.strip()}" if moves else said

    def _lowering(self, level: Level, floor: Level, usual: Level, *, chosen: bool) -> str:
        """How the level comes down, where it is above what is `usual` here."""
        if level <= usual:
            return ""
        if floor < level:
            return (
                f"Ce niveau repose sur un indice incertain. `!niveau {floor}` le redescend, si vous le "
                "confirmez."
            )
        if chosen:
            return (
                "Il redescend avec une nouvelle conversation (`!nouveau`) ou, tant que rien n’a été dit à ce "
                "niveau, si vous redemandez celui d’avant."
            )
        return "Il ne redescend qu’avec une nouvelle conversation (`!nouveau`)."

    def _raising(self, level: Level, ceiling: Level) -> str:
        """How to raise the level, where it may be raised at all."""
        if level >= ceiling:
            return ""
        return f"Pour le relever, écrivez par exemple `!niveau {Level(level + 1)}`. "

    def level_too_high(self, level: Level, *, ceiling: Level, elsewhere: Sequence[str]) -> str:
        places = _places(elsewhere)
        where = (
            f"Vous pouvez en parler {', ou '.join(places)}."
            if places
            else ("Aucun canal de ce service ne peut le porter : restez dans votre système homologué.")
        )
        return (
            f"Je ne peux pas passer au niveau {LEVELS[level]} ici : le plus haut niveau permis est "
            f"{LEVELS[ceiling]}, et cette conversation garde son niveau. N’écrivez ici rien de plus "
            f"sensible. {where}{self._whom()}"
        )

    def explained(self, *, level: Level, model: str | None, chosen: bool, others: Sequence[str]) -> str:
        if model is None:
            return f"Au niveau {LEVELS[level]}, aucun modèle n’a le droit de répondre ici."
        why = "vous l’avez choisi" if chosen else "c’est le plus sobre de ceux qui y sont habilités"
        more = f" Sont aussi habilités : {', '.join(others)}." if others else ""
        return f"Au niveau {LEVELS[level]}, c’est le modèle **{model}** qui répond : {why}.{more}"

    def why_hint(self) -> str:
        return "Pour une question sur ma réponse, écrivez-la en entier : « Pourquoi faut-il… ? »"

    def level_raised(self, level: Level, *, before: Level) -> str:
        if level == before:
            return f"Cette conversation est déjà au niveau **{LEVELS[level]}**."
        undo = (
            f" Tant que rien n’a été dit à ce niveau, `!niveau {before}` revient en arrière."
            if before < level
            else ""
        )
        return f"Cette conversation est maintenant au niveau **{LEVELS[level]}**.{undo}"

    def level_confirm(self, *, level: Level, floor: Level) -> str:
        return (
            f"Cette conversation est au niveau {LEVELS[level]} à cause d’un indice incertain. "
            f"Si ce contenu n’est pas protégé, confirmez-le : écrivez `!niveau {floor} oui`. "
            "Votre confirmation est consignée, sans le contenu."
        )

    def level_lowered(self, level: Level) -> str:
        return f"C’est noté : cette conversation redescend au niveau **{LEVELS[level]}**."

    def level_unknown(self, word: str) -> str:
        levels = ", ".join(dict.fromkeys(LEVELS.values()))
        return f"Je ne connais pas le niveau « {echo(word)} ». Les niveaux : {levels}."

    def level_not_lowered(self, level: Level) -> str:
        return (
            f"Cette conversation reste au niveau **{LEVELS[level]}** : un niveau ne redescend pas. "
            "`!nouveau` commence une nouvelle conversation."
        )

    def model_changed(self, model: str, level: Level) -> str:
        return f"*La suite passe au modèle {model}, habilité au niveau {level.name}.*"

    def masking(self, on: bool) -> str:
        if on:
            return (
                "C’est fait : dans cette conversation, je remplace les noms et les données personnelles par "
                "des repères avant d’interroger un modèle, et je les remets dans la réponse. "
                "`!masquer non` y met fin."
            )
        return "C’est fait : je ne masque plus les données personnelles dans cette conversation."


def _written(refusal: Refusal) -> str:
    """When and where what was refused was written: « du 3 mars à 10 h 05, dans « Budget », »."""
    at = in_paris(refusal.at)
    when = f" du {at.day} {FRENCH_MONTHS[at.month - 1]} à {at.hour} h {at:%M}" if refusal.at else ""
    where = f", dans « {echo(refusal.room)} »," if refusal.room else ""
    return f"{when}{where}"


def _at(level: Level) -> str:
    """A level with what it means: « N2 – Sensible (lu par d’autres, il nuirait…) »."""
    return f"{LEVELS[level]} ({_MEANS[level]})"


def _found(finding: Finding) -> str:
    where = _WHERE.get(finding.place, "")
    source = (
        f"dans le fichier « {echo(finding.source)} »"
        if finding.source and finding.place != "filename"
        else ""
    )
    many = f"({finding.count} fois)" if finding.count > 1 else ""
    return " ".join(filter(None, (_what(finding), many, where, source)))


def _listed(found: Iterable[str]) -> str:
    return " ; ".join(dict.fromkeys(found))


def _explained(finding: Finding) -> str:
    """What was found, why it counts and how sure that is."""
    sure = how_sure(finding.strength, finding.probability)
    return f"{_found(finding)}, {because(finding.why)} ({sure})"


def _what(finding: Finding) -> str:
    if finding.sublevel is Sublevel.N4B:
        return "la marque d’une information classifiée"
    match finding.kind:
        case "marking" | "tlp" | "pap" | "label" | "unknown_marking" if not finding.excerpt:
            return "une mention de protection"
        case "marking" | "tlp" | "pap":
            return f"la mention « {finding.excerpt} »"
        case "label":
            return f"l’étiquette « {finding.excerpt} »"
        case "unknown_marking":
            return f"une mention que je ne connais pas, « {finding.excerpt} »"
        case "unreadable":
            return "un passage illisible"
        case kind:
            return f"{_KINDS[kind]} ({finding.excerpt})" if finding.excerpt else _KINDS[kind]


def _places(kinds: Sequence[str]) -> list[str]:
    return [words for kind in kinds if (words := elsewhere(kind, "fr"))]
