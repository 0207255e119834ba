"""English: levels, refusals, and the questions about them, beside the French."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.language.clock import in_paris
from core.language.months import ENGLISH_MONTHS
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
    Level.N1: "N1 – Internal",
    Level.N2: "N2 – Sensitive",
    Level.N3: "N3 – Legally protected",
    Level.N4: "N4 – Out of scope",
    Level.N4B: "N4 – Out of scope",
}

_MEANS = {
    Level.N0: "anybody may read it",
    Level.N1: "among agents",
    Level.N2: "read by others, it would harm a person or a case",
    Level.N3: "for those who need to know it; read by others, it would harm gravely",
    Level.N4: "protected by law or regulation: it stays in a system approved for it",
    Level.N4B: "protected by law or regulation: it stays in a system approved for it",
}
"""What a level means, in words."""

_KINDS: dict[Kind, str] = {
    "nir": "a social security number",
    "nif": "a tax number",
    "iban": "an IBAN",
    "rib": "a bank account number",
    "card": "a payment card number",
    "siren": "a SIREN number",
    "siret": "a SIRET number",
    "rpps": "an RPPS number",
    "phone": "a phone number",
    "email": "a mail address",
    "address": "a postal address",
    "plate": "a vehicle plate",
    "passport": "a passport number",
    "cni": "an identity card number",
    "residence_permit": "a residence permit number",
    "birth_date": "a date of birth",
    "list": "a list of people",
    "health": "a fact about a person’s health",
    "union": "a person’s union membership",
    "religion": "a person’s religion",
    "sexual": "a person’s private life",
    "judicial": "a judicial fact about a person",
    "political": "a person’s political opinion",
    "hr": "a fact about a person’s career",
    "social": "the social or family situation of a person",
    "discipline": "a disciplinary matter or a conflict about a person",
    "minors": "a fact about a minor",
    "whistleblowing": "a report of wrongdoing, or who made it",
    "credential": "a password, a key or an access code",
    "network": "a detail of a network, an access or a vulnerability",
    "procurement": "a detail of a tender under way",
    "budget": "an arbitration or a decision not yet public",
    "embargo": "an announcement not yet public",
    "site": "the protection or the weaknesses of a sensitive site",
    "species": "the exact place of a protected species or find",
    "defence": "information on defence or police",
    "business_secret": "a company’s secret",
}

_WHERE: dict[Place, str] = {
    "header": "in a page header",
    "footer": "in a page footer",
    "textbox": "in a text box",
    "notes": "in a note",
    "subject": "in the subject",
    "property": "in the document’s properties",
    "filename": "in the file’s name",
    "quote": "in the quoted message",
}


_NEXT = "\n\n"
"""Before what can be done about a refusal, which offers take the place of."""


def among(room: str) -> str:
    """Where others read, by the name of the place, "" where it has none."""
    return f"in “{echo(room)}”" if room else "in a conversation with others"


class EnglishLevels:
    """The part of `Texts` about levels and policy."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    def _whom(self) -> str:
        contact = self._contacts.help
        return f" To reach a person: {contact}." if contact else ""

    def _security(self) -> str:
        return self._contacts.security or "your security officer"

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
                    f"**I cannot handle this message for you**: it is at level {_at(refusal.level)}. "
                    f"{self._because(refusal)}The rule: {self._rule(refusal)}. "
                    "Nothing was passed on.\n\n"
                    "What you can do: remove the sensitive passage, begin a new conversation with `!new`, "
                    f"or ask for a higher right.{self._whom()}"
                )
            case "no_model":
                return (
                    f"**No model may read this message**: it is at level {_at(refusal.level)}. "
                    f"{self._because(refusal)}The rule: {self._rule(refusal)}. "
                    "Nothing was passed on.\n\n"
                    "What you can do: remove the sensitive passage, then begin a new conversation with "
                    f"`!new`.{self._whom()}"
                )
            case "unreadable":
                return (
                    "**Nothing was passed to a model.** "
                    + "\n\n".join(refusal.unread)
                    + "\n\nThe rule: when a file cannot be read, its sensitivity stays unknown, and I send "
                    "nothing of it. You can send your message again without this file, "
                    f"or with a version that can be read.{self._whom()}"
                )
            case "unassessed":
                return (
                    "**Nothing was passed to a model**: this text is too long or too intricate for me to "
                    f"check its sensitivity. Send it in several shorter parts.{self._whom()}"
                )

    def _out_of_scope(self, refusal: Refusal) -> str:
        if refusal.sublevel is Sublevel.N4B:
            return (
                "**I cannot handle this message**: it bears the marking of classified information. "
                "The rule: no classified information may enter this service (IGI 1300). "
                "I have not passed it on, kept it or repeated it.\n\n"
                "What you must do: delete your message, do not send it again, "
                f"and tell {self._security()} without delay."
            )
        return (
            f"**I cannot handle this message**: it is at level {_at(refusal.level)}, "
            f"which no model and no channel of this service may receive. {self._because(refusal)}"
            f"The rule: {self._rule(refusal)}. I have passed nothing on and kept nothing.\n\n"
            "What you can do: delete your message and work in your approved system, "
            "or ask again without the protected passage. If it is the conversation that is at this level, "
            "start a new one (`!nouveau`). "
            f"If in doubt, ask {self._security()}."
        )

    def _channel(self, refusal: Refusal) -> str:
        places = _places(refusal.elsewhere)
        move = f"write to me {', or '.join(places)}; " if places else ""
        return (
            f"**I cannot handle this message here**: it is at level {_at(refusal.level)}. "
            f"{self._because(refusal)}The rule: {self._rule(refusal)}. "
            "Nothing was passed on.\n\n"
            f"What you can do: {move}remove the sensitive passage and send your message again; "
            f"if it is the conversation that has this level, begin a new one (`!new`).{self._whom()}"
        )

    def _offered(self, refusal: Refusal) -> str:
        places = ", or ".join(_places(refusal.elsewhere))
        say: dict[Offer, str] = {
            "without": "**send it without this passage**: I put “[…]” in its place",
            "elsewhere": f"**write it to me elsewhere**: {places}",
            "denied": "**it is not that**: this passage is not protected (I note that you confirm it, "
            "without the content)",
        }
        return (
            "What do you want to do? Answer with a number, or with the reaction that bears it.\n\n"
            + "\n".join(f"{number}. {say[each]}" for number, each in enumerate(refusal.offers, 1))
            + f"\n\nMeanwhile I keep your message encrypted, for a day at most.{self._whom()}"
        )

    def offer_label(self, offer: Offer) -> str:
        match offer:
            case "without":
                return "Without this passage"
            case "elsewhere":
                return "Elsewhere"
            case "denied":
                return "It is not that"

    def sent_without(self) -> str:
        return "*Sent without the protected passage: “[…]” stands in its place.*"

    def moved_elsewhere(self, code: str, places: Sequence[str]) -> str:
        where = ", or ".join(_places(places)) or "in a direct chat"
        return (
            f"Write to me {where}: `!continue {code}`. I will answer your question there, and you need not "
            "copy it. This code serves once, for an hour."
        )

    def why_refused(self, refusal: Refusal) -> str:
        said = refusal.why in ("unreadable", "unassessed") or refusal.sublevel is Sublevel.N4B
        if said or not refusal.found:
            return self.last_refusal(replace(refusal, offers=()))
        found = f"I found in it: {_listed(map(_explained, refusal.found))}."
        out = refusal.why == "out_of_scope"
        ask = f" If in doubt, ask {self._security()}." if out else self._whom()
        return (
            f"**Why your message{_written(refusal)} was refused.** {found} "
            f"So it is at level {_at(refusal.level)}. The rule: {self._rule(refusal)}.\n\n"
            f"If I was wrong, ask again without this passage.{ask}"
        )

    def _rule(self, refusal: Refusal) -> str:
        most = LEVELS[refusal.ceiling] if refusal.ceiling is not None else None
        match refusal.why:
            case "out_of_scope":
                return "Diffusion Restreinte stays in systems approved for it (II 901)"
            case "channel":
                may = f"the highest level allowed is {most}" if most else "no level is allowed"
                return f"{here(refusal.audience, 'en')}, {may}"
            case "person":
                if most is None:
                    return "your rights allow no level in this service"
                return f"the highest level that your rights allow in this service is {most}"
            case _:
                able = f"cleared up to level {most}" if most else "cleared for no level"
                return f"the available models are {able}"

    def _because(self, refusal: Refusal) -> str:
        if not refusal.found:
            return ""
        change = f"{self.secret_seen()} " if any(f.kind == "credential" for f in refusal.found) else ""
        return f"I found in it: {self.found(refusal.found)}. {change}"

    def secret_seen(self) -> str:
        return "This message holds a password, a key or a code: change it, for it was written in clear."

    def refused_here(self, *, told: bool) -> str:
        why = "I am telling its author why, in a direct chat." if told else self.why_alone()
        return f"I cannot handle this message here. {why}"

    def why_alone(self) -> str:
        return "To know why, write `!why` to me in a direct chat."

    def last_refusal(self, refusal: Refusal) -> str:
        return f"This is why your message{_written(refusal)} was refused.\n\n{self.refusal(refusal)}"

    def doubt(self, doubts: Sequence[Finding]) -> str:
        level = LEVELS[max(doubt.level for doubt in doubts)]
        return (
            f"One question before I answer. I found {self.found(doubts)}. "
            f"Is this content really protected (level {level})?\n\n"
            "Answer **yes** or **no**. Meanwhile I keep your message encrypted, for a day at most, "
            "and pass it to no model."
        )

    def still_protected(self) -> str:
        return (
            "I refused this message for the protective marking that it bore, and you edited it. "
            "Is its content protected?\n\n"
            "Answer **yes** or **no**. Meanwhile I keep your message encrypted, for a day at most, "
            "and pass it to no model."
        )

    def asked_here(self, question: str, *, room: str) -> str:
        return f"This is about your message {among(room)}; I will answer it here.\n\n{question}"

    def asked_elsewhere(self) -> str:
        return "I have a question for the author of this message: I ask it in a direct chat."

    def doubt_again(self) -> str:
        return (
            "I did not understand your answer. Is your earlier message really protected? Answer **yes** or "
            f"**no**, for example “no, it is the title of the chapter”. If in doubt, ask {self._security()}. "
            "I have kept what you just wrote too, and will answer it then."
        )

    def doubt_dropped(self) -> str:
        return (
            "*I had neither a yes nor a no: I have set your first question aside. If you still want it "
            "answered, send it again.*"
        )

    def nothing_to_confirm(self, *, direct: bool) -> str:
        if direct:
            return "All right. I was waiting for no answer: ask me your question whenever you like."
        return "I am waiting for no answer here. My question may be in our direct chat."

    def not_refused(self) -> str:
        return "I have refused you nothing in the last seven days."

    def begun_anew(self) -> str:
        return (
            "*Somebody came since our first exchanges and cannot read them: I start again from your message.*"
        )

    def unserved(self, why: Unserved) -> str:
        match why:
            case "closed":
                return (
                    "I do not answer in this channel: it is not in the list of those where I am open. "
                    f"Write to me directly; ask for me to be opened here.{self._whom()}"
                )
            case "foreign":
                return (
                    "I do not answer here: this channel is shared with another organisation. "
                    f"Those of ours may write to me directly.{self._whom()}"
                )
            case "outsider":
                return (
                    "I answer the organisation’s own people only: guests have no access to this service. "
                    f"One of them may ask for you.{self._whom()}"
                )

    def leaked(self, refusal: Refusal, code: str | None) -> str:
        if refusal.sublevel is Sublevel.N4B:
            return self._out_of_scope(refusal)
        most = LEVELS[refusal.ceiling if refusal.ceiling is not None else Level.N0]
        further = (
            "\n3. **Go on in Tchap** (« continuer dans Tchap »): write to me there, in our direct chat, "
            f"`!continuer {code}`. I shall answer your question, and it will not pass through here again. "
            "The code is good once, for an hour."
            if code
            else ""
        )
        return (
            f"**This message does not belong here**: it is at level {_at(refusal.level)}. "
            f"{self._because(refusal)}The rule: {here(refusal.audience, 'en')}, the highest level allowed is "
            f"{most}. I neither passed it on to a model nor repeated it.\n\n"
            "1. **Delete it**: I may not do so for you.\n"
            f"2. If somebody may have read it, tell {self._security()}.{further}"
        )

    def code_unknown(self) -> str:
        return (
            "This code opens nothing any more: it is good once, for an hour. Ask your question here directly."
        )

    def withheld(self) -> str:
        return (
            "My answer was not shown: who can read us here changed while I was writing it. "
            "Ask again; if it is sensitive, in a direct chat."
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
            why = "I say why in a direct chat only"
        elif found:
            why = f"I found: {_listed(map(_explained, found))}"
        else:
            why = "You set it" if chosen else "It is the default level here"
        said = (
            f"Level of this conversation: **{LEVELS[level]}**. {why}. "
            f"Highest level allowed here: {LEVELS[ceiling]}."
        )
        moves = f"{self._raising(level, ceiling)}{self._lowering(level, floor, usual, chosen=chosen)}"
        return f"{said}\n\n{moves.strip()}" if moves else said

    def _lowering(self, level: Level, floor: Level, usual: Level, *, chosen: bool) -> str:
        """How the level comes down, where it is above what is `usual` here."""
        if level <= usual:
            return ""
        if floor < level:
            return (
                f"This level rests on an uncertain sign. `!level {floor}` brings it down, if you confirm it."
            )
        if chosen:
            return (
                "It comes down with a new conversation (`!new`) or, until something is said at it, if you "
                "ask for the one before."
            )
        return "It comes down only with a new conversation (`!new`)."

    def _raising(self, level: Level, ceiling: Level) -> str:
        """How to raise the level, where it may be raised at all."""
        if level >= ceiling:
            return ""
        return f"To raise it, write for example `!level {Level(level + 1)}`. "

    def level_too_high(self, level: Level, *, ceiling: Level, elsewhere: Sequence[str]) -> str:
        places = _places(elsewhere)
        where = (
            f"You may speak of it {', or '.join(places)}."
            if places
            else ("No channel of this service may carry it: stay in your accredited system.")
        )
        return (
            f"I cannot move to level {LEVELS[level]} here: the highest level allowed is {LEVELS[ceiling]}, "
            f"and this conversation keeps its level. Write nothing more sensitive here. {where}{self._whom()}"
        )

    def explained(self, *, level: Level, model: str | None, chosen: bool, others: Sequence[str]) -> str:
        if model is None:
            return f"At level {LEVELS[level]}, no model may answer here."
        why = "you chose it" if chosen else "it is the smallest of those cleared for it"
        more = f" Also cleared: {', '.join(others)}." if others else ""
        return f"At level {LEVELS[level]}, the model **{model}** answers: {why}.{more}"

    def why_hint(self) -> str:
        return "For a question about my answer, write all of it: “Why must one …?”"

    def level_raised(self, level: Level, *, before: Level) -> str:
        if level == before:
            return f"This conversation is at level **{LEVELS[level]}** already."
        undo = f" Until something is said at it, `!level {before}` goes back." if before < level else ""
        return f"This conversation is now at level **{LEVELS[level]}**.{undo}"

    def level_confirm(self, *, level: Level, floor: Level) -> str:
        return (
            f"This conversation is at level {LEVELS[level]} because of an uncertain sign. "
            f"If this content is not protected, confirm it: write `!level {floor} yes`. "
            "Your confirmation is recorded, without the content."
        )

    def level_lowered(self, level: Level) -> str:
        return f"Noted: this conversation comes down to level **{LEVELS[level]}**."

    def level_unknown(self, word: str) -> str:
        levels = ", ".join(dict.fromkeys(LEVELS.values()))
        return f"I do not know the level “{echo(word)}”. The levels: {levels}."

    def level_not_lowered(self, level: Level) -> str:
        return (
            f"This conversation stays at level **{LEVELS[level]}**: a level does not come down. "
            "`!new` begins a new conversation."
        )

    def model_changed(self, model: str, level: Level) -> str:
        return f"*From here on the model is {model}, cleared for level {level.name}.*"

    def masking(self, on: bool) -> str:
        if on:
            return (
                "Done: in this conversation I replace names and personal data by markers before I ask a "
                "model, and put them back in the answer. `!mask no` ends it."
            )
        return "Done: I no longer hide personal data in this conversation."


def _written(refusal: Refusal) -> str:
    """When and where what was refused was written: “ of 3 March, 10:05, in “Budget”,”."""
    at = in_paris(refusal.at)
    when = f" of {at.day} {ENGLISH_MONTHS[at.month - 1]}, {at:%H:%M}" if refusal.at else ""
    where = f", in “{echo(refusal.room)}”," if refusal.room else ""
    return f"{when}{where}"


def _at(level: Level) -> str:
    """A level with what it means: “N2 – Sensitive (read by others, it would harm…)”."""
    return f"{LEVELS[level]} ({_MEANS[level]})"


def _found(finding: Finding) -> str:
    where = _WHERE.get(finding.place, "")
    source = f"in the file “{echo(finding.source)}”" if finding.source and finding.place != "filename" else ""
    many = f"({finding.count} times)" if finding.count > 1 else ""
    return " ".join(filter(None, (_what(finding), many, where, source)))


def _listed(found: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(found))


def _explained(finding: Finding) -> str:
    """What was found, why it counts and how sure that is."""
    sure = how_sure(finding.strength, finding.probability, "en")
    return f"{_found(finding)}, {because(finding.why, 'en')} ({sure})"


def _what(finding: Finding) -> str:
    if finding.sublevel is Sublevel.N4B:
        return "the marking of classified information"
    match finding.kind:
        case "marking" | "tlp" | "pap" | "label" | "unknown_marking" if not finding.excerpt:
            return "a protective marking"
        case "marking" | "tlp" | "pap":
            return f"the marking “{finding.excerpt}”"
        case "label":
            return f"the label “{finding.excerpt}”"
        case "unknown_marking":
            return f"a marking that I do not know, “{finding.excerpt}”"
        case "unreadable":
            return "a passage that cannot be read"
        case kind:
            return f"{_KINDS[kind]} ({finding.excerpt})" if finding.excerpt else _KINDS[kind]


def _places(kinds: Sequence[str]) -> list[str]:
    return [words for kind in kinds if (words := elsewhere(kind, "en"))]
