"""What people order of the assistant itself, by command or in plain words: each order is one function.

An order returns what is answered. In plain words it may turn out to be an ordinary question (« quelle limite
pour le plomb ? » is not about the bot): then it returns False, and the question is answered as such.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from bots.assistant import documents, feedback
from bots.assistant.choices import CONFIRMED, DECLINED
from bots.documents import requests
from core.bot import Exchange
from core.connector import File
from core.language.folding import fold
from core.policy.channels import room_word
from core.sensitivity.level import Level, Sublevel
from core.sessions.repository import KeptTurn
from core.texts.about_texts import ServiceFacts
from core.texts.feedback_words import FeedbackTexts
from core.turn.attachments import LIMIT
from core.understanding import Intent, Kind, goes_on
from core.understanding.arguments import (
    alone,
    asks_meaning,
    goes_back,
    names_document,
    names_one_message,
    names_shape,
)
from core.understanding.commands import verdict_of
from core.understanding.understand import concepts_of, topics_of

METHOD = "EcoLogits"
_YES = {"oui", "yes"}
_AUTO = {"auto", "automatique", "automatic"}
_COMPARE = frozenset({"comparer", "compare"})
_ABOUT_HERE = frozenset({"k:level", "k:model"})
"""Concepts of a « pourquoi ? » that is about more than what was refused."""
_ACCREDITATION = re.compile(r"\b(?:homolog|accredit)")
_FILES = "k:format"
"""The concept of a type of file."""
_CHOOSES = "k:set"
"""The concept of words that choose: « passe sur », « use »."""
_SIZES = {"petit": 0, "small": 0, "gros": -1, "grand": -1, "large": -1, "big": -1}
"""The model that a size names, by its place among those that may answer."""
_SURELY = 0.9
"""The probability from which data are asked for, and not what becomes of them."""
_PARTS = re.compile(r"[a-z]{3,}")
"""The parts of a model's name that people call it by."""
_LONGEST_EXPORT = 8
"""Words; more may hold what is to be put into a file."""
_SHORT_WORD = 2
"""Words of a « oui » or « non » that says no more than that."""
_DROPPED = "dropped"
"""The note of how many exchanges a turn forgets: a job that is taken up again finds them gone."""
_LONGEST_THANKS = 8
"""Words; more say something else too."""

Told = str | bool
"""The service words that answer an order; True: it has answered by itself; False: it was none."""
Order = Callable[[Exchange, Intent], Awaitable[Told]]


def _argument(intent: Intent) -> str:
    return str(intent.arguments.get("words", ""))


async def unknown(exchange: Exchange, intent: Intent) -> None:
    near = intent.arguments.get("near")
    said = exchange.texts.unknown_command(intent.command or "", str(near) if near else None)
    await exchange.reply.finish(said, personal=True)


async def _help(exchange: Exchange, intent: Intent) -> Told:
    about_files = topics_of(exchange.question.text) == ("size",) and _FILES in concepts_of(
        fold(exchange.question.text)
    )
    if intent.command is None and about_files:
        return await _about(exchange, intent)  # « tu lis les PDF ? »
    if intent.command is None and not any(map(str.isalnum, exchange.question.text)):
        return await _wondered(exchange)
    await exchange.room.announce(always=True)
    return exchange.texts.help(
        place=exchange.situation.kind,
        ceiling=exchange.situation.ceiling,
        embedded=exchange.situation.embedded,
        archives=exchange.room.has_archives,
    )


async def _wondered(exchange: Exchange) -> Told:
    """Say a short word to « ? » alone: why, after a refusal, else how to say what is not clear. On a message
    of somebody, or a file, it is a question for the model."""
    if exchange.question.quoted or exchange.documents.quoted or exchange.documents.brought:
        return False
    if (
        exchange.person.was_refused_last(refused := await exchange.person.refusal())
        and refused is not None
        and exchange.question.direct
    ):
        return exchange.texts.why_refused(refused)
    return exchange.texts.wondered(
        answered=bool(exchange.session.turns and exchange.session.turns[-1].answer)
    )


def _follows_an_answer(exchange: Exchange, intent: Intent) -> bool:
    """Was it written in plain words after an answer?"""
    return intent.command is None and bool(exchange.session.turns and exchange.session.turns[-1].answer)


async def _about(exchange: Exchange, intent: Intent) -> Told:
    """Tell the facts about relais; « qui t’a dit ça ? » asks a model about what it answered last."""
    if (
        _follows_an_answer(exchange, intent)
        and not exchange.situation.embedded
        and goes_on(exchange.question.text)
    ):
        return False
    topics = topics_of(exchange.question.text)
    if "footprint" in topics:
        return await _footprint(exchange, intent)
    if not topics and intent.chance < 1 and not exchange.situation.embedded:
        return False
    models = [model.id for model in exchange.models.available()]
    facts = ServiceFacts(
        models=models,
        embedded=exchange.situation.embedded,
        ceiling=exchange.situation.ceiling,
        days=exchange.situation.policy.retention.session_days,
        limit=LIMIT,
        quotas=exchange.situation.policy.quotas,
        used=exchange.models.access.used if exchange.question.direct else None,
        room="" if exchange.question.direct else room_word(exchange.situation.kind, exchange.texts.language),
        decides=exchange.room.may_decide(exchange.question.author),
        archives=exchange.room.has_archives,
        accreditation=_ACCREDITATION.search(fold(exchange.question.text)) is not None,
    )
    return exchange.texts.about(topics, facts)


async def _settings(exchange: Exchange, intent: Intent) -> Told:
    """What the person has chosen; those of a room are the summariser's."""
    if not exchange.question.direct:
        return False
    return exchange.texts.own_settings(
        models=[model.id for model in exchange.models.available()],
        embedded=exchange.situation.embedded,
        level=exchange.reading.level,
        masking=exchange.session.masking,
    )


async def _schedule(exchange: Exchange, intent: Intent) -> Told:
    """Only in rooms is anything sent at set times; the summariser does."""
    if not exchange.question.direct:
        return False
    return exchange.texts.nothing_scheduled()


async def _new(exchange: Exchange, intent: Intent) -> Told:
    await exchange.room.reset()
    return exchange.texts.new_session()


async def _stop(exchange: Exchange, intent: Intent) -> Told:
    """Where no answer is under way, « annule » means what was offered last, a raise of the level, or what was
    shown to the support, which nobody takes back from there."""
    if intent.command is None and "leaving" in topics_of(exchange.question.text):
        return await _about(exchange, intent)
    if intent.command is not None:
        return exchange.texts.nothing_to_stop()
    expected = await exchange.room.expected()
    if expected == "number":
        return exchange.texts.let_be()
    if undone := await _undone(exchange):
        return undone
    answer = await exchange.room.earlier.answer()
    if answer is not None and await exchange.room.earlier.is_shared(answer):
        return f"{FeedbackTexts(exchange.texts.language).not_unshared()} {exchange.texts.human()}"
    return exchange.texts.let_be() if expected == "word" else exchange.texts.nothing_to_stop()


async def _undone(exchange: Exchange) -> str | None:
    """Undo the author's own raise of the level, where that can be, and say so."""
    level = await exchange.room.undo_raise()
    return None if level is None else exchange.texts.level_lowered(max(level, exchange.situation.usual))


async def _human(exchange: Exchange, intent: Intent) -> Told:
    """Name the contact, and say how the last exchange is shown to the support."""
    text = exchange.texts.human()
    answer = await exchange.room.earlier.answer()
    if answer is None or not answer.mine or not exchange.room.earlier.has_support:
        return text
    exchange.room.earlier.ask()
    exchange.outcome.awaits = "word"
    say = FeedbackTexts(exchange.texts.language)
    exchange.reply.offer((feedback.choice(exchange, "share", say.share()),))
    return f"{text}\n\n{say.offered(signs=feedback.has_signs(exchange))}"


async def _thanks(exchange: Exchange, intent: Intent) -> Told:
    if len(exchange.question.text.split()) > _LONGEST_THANKS:
        return False
    return exchange.texts.youre_welcome()


async def _model(exchange: Exchange, intent: Intent) -> Told:
    names = [model.id for model in exchange.models.available(chosen=False)]
    word = (
        _argument(intent).strip("`") if intent.command is not None else _wanted_model(exchange, intent, names)
    )
    if word and word not in names and fold(word) not in _AUTO:
        same = (name for name in names if name.lower() == word.lower())
        word = next(same, None) or _part_of_name(word, names) or word
    if not word:
        text = exchange.texts.models(names, exchange.person.profile.model)
    elif fold(word) in _AUTO:
        await exchange.person.update(model="")
        text = exchange.texts.models(names, None)
    elif word in names:
        await exchange.person.update(model=word)
        text = exchange.texts.model_chosen(word)
    else:
        text = exchange.texts.model_unknown(word, names)
    if not word and names:
        exchange.outcome.awaits = "number"
    await exchange.reply.finish(text, personal=bool(word), remember=None if word else text)
    return True


def _wanted_model(exchange: Exchange, intent: Intent, names: Sequence[str]) -> str:
    """Find the model that plain words choose of `names`, which go from the smallest to the largest, by its
    name, a part of it (« utilise small ») or its size; the name that they use where it is none of these, and
    "" where none is chosen (« c’est ChatGPT ? »)."""
    said = str(intent.arguments.get("model", ""))
    if (size := _SIZES.get(said.partition(" ")[0])) is not None and names:
        return names[size]
    spelled = said.replace(" ", "-")
    found = next((name for name in names if name.lower() in exchange.question.text.lower()), None) or next(
        (name for name in names if spelled and name.startswith(spelled)), None
    )
    if found is None and not exchange.question.text.rstrip().endswith("?"):
        found = _part_of_name(exchange.question.text, names)
    return found or (said if _CHOOSES in concepts_of(fold(exchange.question.text)) else "")


def _part_of_name(text: str, names: Sequence[str]) -> str | None:
    """The name of which most parts stand in a text, the smallest model's of several."""
    said = set(_PARTS.findall(fold(text)))
    shared = {name: len(said & set(_PARTS.findall(name.lower()))) for name in names}
    best = max(names, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] else None


async def _level(exchange: Exchange, intent: Intent) -> Told:
    argument = _argument(intent)
    if "level" not in intent.arguments and not argument:
        if goes_back(fold(exchange.question.text)) and (undone := await _undone(exchange)):
            return undone
        return _level_now(exchange, exchange.session.chosen)
    word, _, confirmed = argument.partition(" ")
    named = str(intent.arguments.get("level", word))
    try:
        level = Level.N4B if Sublevel.of(named) is Sublevel.N4B else Level.parse(named)
    except ValueError:
        said = exchange.texts.level_unknown(argument or named, ceiling=exchange.situation.ceiling)
        await exchange.reply.finish(said, personal=True)
        return True
    folded = fold(exchange.question.text)
    if intent.command is None and asks_meaning(folded) and _CHOOSES not in concepts_of(folded):
        now = _level_now(exchange, exchange.session.chosen)
        return f"{exchange.texts.level_means(level)}\n\n{now}"
    if level < exchange.reading.level and await exchange.room.undo_raise(level) is not None:
        return exchange.texts.level_lowered(max(level, exchange.situation.usual))
    if level < exchange.reading.level:
        return await _lower(exchange, level, fold(confirmed) in _YES)
    if level > exchange.situation.ceiling:
        return exchange.texts.level_too_high(
            level, ceiling=exchange.situation.ceiling, elsewhere=exchange.situation.policy.kinds_for(level)
        )
    before = exchange.reading.level
    await exchange.room.raise_level(level)
    return exchange.texts.level_raised(level, before=before)


def _level_now(exchange: Exchange, chosen: bool) -> str:
    """The level and why; what was found is nobody else's to read."""
    found = [each for each in exchange.reading.found if each.level == exchange.reading.level]
    return exchange.texts.level(
        level=exchange.reading.level,
        ceiling=exchange.situation.ceiling,
        chosen=chosen,
        found=found if exchange.question.direct or not found else None,
        floor=exchange.session.floor
        if exchange.session.floor < exchange.session.level
        else exchange.reading.level,
        usual=exchange.situation.usual,
    )


async def _lower(exchange: Exchange, level: Level, confirmed: bool) -> str:
    """A level falls only as far as it rests on weak findings, and when their author confirms it: what is
    withheld here may be another's."""
    floor = exchange.session.floor
    doubts = [t for t in exchange.session.turns if t.floor is not None and t.floor < t.level]
    theirs = not exchange.session.withheld and all(t.author == exchange.question.author.id for t in doubts)
    if level < floor or floor >= exchange.session.level or not (doubts and theirs):
        return exchange.texts.level_not_lowered(exchange.reading.level)
    if not confirmed:
        return exchange.texts.level_confirm(level=exchange.session.level, floor=floor)
    return exchange.texts.level_lowered(await exchange.room.lower_level())


async def _why(exchange: Exchange, intent: Intent) -> Told:
    """What was refused last, told in a direct chat only; by command, or where nothing was refused just now,
    then the level, and which model answers.

    In plain words only where nothing was answered since, so that « Pourquoi ? » on an answer is for the
    model."""
    if doubted := exchange.room.why_waiting():
        return doubted
    refused = await exchange.person.refusal()
    just = exchange.person.was_refused_last(refused)
    if intent.command is None and exchange.session.turns and not just and not exchange.situation.embedded:
        return False
    if refused is not None:
        refusal = exchange.texts.why_refused(refused)
        if not exchange.question.direct:
            told = await exchange.person.tell(refusal, goes=True, explains=refused.turn)
            refusal = (
                exchange.texts.answered_alone()
                if told
                else exchange.texts.why_alone(served=exchange.person.served)
            )
        if (
            just
            and intent.command is None
            and _ABOUT_HERE.isdisjoint(concepts_of(fold(exchange.question.text)))
        ):
            return refusal
    else:
        refusal = exchange.texts.not_refused()
    names = [model.id for model in exchange.models.available()]
    model = names[0] if names else None
    explained = exchange.texts.explained(
        level=exchange.reading.level,
        model=model,
        chosen=model is not None and model == exchange.person.profile.model,
        others=names[1:],
    )
    level = _level_now(exchange, exchange.session.chosen)
    hint = "" if _argument(intent) or not exchange.session.turns else exchange.texts.why_hint()
    return "\n\n".join(filter(None, (refusal, "---", level, explained, hint)))


async def _unasked(exchange: Exchange, intent: Intent) -> Told:
    """« Oui » to nothing that was asked; to a model's own question it is an answer. A sign alone judges the
    last answer, as a reaction does."""
    if intent.why == DECLINED:
        text = exchange.texts.not_forgotten()
        await exchange.reply.finish(text, remember=text)
        return True
    if verdict_of(exchange.question.text) is not None and exchange.session.turns:
        words = "" if intent.kind == "no" else exchange.question.text
        return await feedback.ordered(exchange, replace(intent, arguments={"words": words}))
    tells = any(map(str.isdecimal, exchange.question.text))  # « c’est faux, c’est le 12 »
    if (
        intent.kind == "no"
        and intent.command is None
        and not tells
        and await exchange.room.expected() == "number"
    ):
        return exchange.texts.let_be()
    if intent.command is None and exchange.session.turns and not exchange.situation.embedded:
        return False
    if (
        len(exchange.question.text.split()) > _SHORT_WORD
        and exchange.question.direct
        and await exchange.person.was_just_refused()
    ):
        return await _why(exchange, intent)
    return exchange.texts.nothing_to_confirm(direct=exchange.question.direct)


async def _footprint(exchange: Exchange, intent: Intent) -> Told:
    """What the answers to the person took, by month."""
    taken = await exchange.person.footprints()
    say = exchange.texts
    words = {span: say.footprint(wh=each.wh, gco2e=each.gco2e, method=METHOD) for span, each in taken.items()}
    months = [(span, each.count, words[span]) for span, each in taken.items() if span != "last"]
    return say.footprints(months, words.get("last", ""))


async def _mask(exchange: Exchange, intent: Intent) -> Told:
    """Put masking on at once, or off by command; plain words that put it off are asked about first."""
    on = bool(intent.arguments.get("on", True))
    if not on and intent.command is None:
        text = exchange.texts.confirm_unmask()
        exchange.outcome.awaits = "word"
        await exchange.reply.finish(text, remember=text)
        return True
    await exchange.room.mask(on)
    said = exchange.texts.masking(on)
    await exchange.reply.finish(said, remember=said if intent.why == CONFIRMED else None)
    return True


async def _language(exchange: Exchange, intent: Intent) -> Told:
    """Answer in a language from now on; « et en anglais ? » asks a model for what it answered last."""
    answered = _follows_an_answer(exchange, intent)
    match intent.arguments.get("language"):
        case "fr" | "en" as language:
            if answered and not exchange.situation.embedded and goes_on(exchange.question.text):
                exchange.person.speak(language)
                exchange.reply.put_after(exchange.texts.language_once())
                return False
            await exchange.person.update(language=language)
            say = exchange.texts
            return say.language_again() if answered else say.language_chosen()
        case _ if intent.command is None:
            return False
        case _:
            await exchange.reply.finish(exchange.texts.language_unknown(_argument(intent)), personal=True)
            return True


async def _forget(exchange: Exchange, intent: Intent) -> Told:
    """Erase at once by command; plain words are asked about first. Who wants one message away is told how,
    where messages can be deleted."""
    folded = fold(exchange.question.text)
    if intent.command is None and names_document(folded) and (dropped := await _files_dropped(exchange)):
        return dropped
    one = names_one_message(folded) or names_document(folded)
    if intent.command is None and exchange.situation.spoken_in != "mail" and one:
        return exchange.texts.forget_one()
    if intent.command is None:
        text = exchange.texts.confirm_forget()
        exchange.outcome.awaits = "word"
        await exchange.reply.finish(text, remember=text)
        return True
    await exchange.person.forget()
    return exchange.texts.forgotten(exchange.situation.policy.retention.audit_days)


async def _files_dropped(exchange: Exchange) -> str:
    """Forget the files that came last, of which nothing was asked yet, for they were the wrong ones; "" where
    there are none."""
    if _DROPPED not in exchange.progress.notes:
        last = takewhile(lambda each: not (each.question or each.answer), reversed(exchange.session.turns))
        theirs = [each for each in last if each.author == exchange.question.author.id]
        if not theirs:
            return ""
        await exchange.progress.note(_DROPPED, str(len(theirs)).encode())
        await exchange.room.drop(theirs)
    return exchange.texts.files_dropped(int(exchange.progress.notes[_DROPPED]))


async def _data(exchange: Exchange, intent: Intent) -> Told:
    """Hand the data over; « how long do you keep my data? » asks for none of them."""
    if intent.command is None and intent.chance < _SURELY and (told := await _about(exchange, intent)):
        return told
    if not exchange.question.direct:
        return exchange.texts.only_direct()
    name = "mes-donnees.json" if exchange.texts.language == "fr" else "my-data.json"
    file = File(name=name, media_type="application/json", data=await exchange.person.export())
    if exchange.reading.level > exchange.situation.ceiling:
        return exchange.texts.export_too_high(exchange.reading.level, exchange.situation.ceiling)
    ready = exchange.texts.export_ready(exchange.situation.policy.retention.audit_days)
    notice = exchange.texts.data_notice(archives=exchange.room.has_archives)
    await exchange.reply.finish(f"{ready}\n\n{notice}", file=file)
    return True


async def _summarise(exchange: Exchange, intent: Intent) -> Told:
    if intent.command is None:
        return False
    await documents.digest(exchange, _argument(intent))
    return True


async def _ask_document(exchange: Exchange, intent: Intent) -> Told:
    if intent.command is None:
        return False
    run = documents.compare if fold(intent.command) in _COMPARE else documents.question
    await run(exchange, _argument(intent))
    return True


async def _export(exchange: Exchange, intent: Intent) -> Told:
    plain = intent.command is None and "format" not in intent.arguments
    if plain and not exchange.situation.embedded and names_shape(fold(exchange.question.text)):
        return False  # « mets ça en tableau » is a model's
    last = next((each for each in reversed(exchange.session.turns) if each.answer), None)
    if plain and last and not exchange.question.direct and alone(fold(exchange.question.text)):
        return await _sent_alone(exchange, last)
    if plain and intent.sure and exchange.session.turns:
        text = exchange.texts.which_format()
        exchange.outcome.awaits = "number"
        await exchange.reply.finish(text, remember=text)
        return True
    kind = requests.as_file(intent)
    if kind is not None and await documents.sent_again(exchange, kind):
        return True
    if exchange.session.turns and exchange.session.turns[-1].answer and "format" in intent.arguments:
        return exchange.texts.no_such_file()
    brings = len(exchange.question.text.split()) > _LONGEST_EXPORT or ":" in exchange.question.text
    if intent.command is None and not exchange.situation.embedded and brings:
        return False
    return exchange.texts.nothing_to_export()


async def _sent_alone(exchange: Exchange, last: KeptTurn) -> Told:
    """Send an answer of a room to who wants it in private, if they are in the room."""
    if not exchange.room.is_here(exchange.question.author):
        return exchange.texts.sent_to_members()
    exchange.models.credit(last)
    told = await exchange.person.tell(
        last.answer, exchange.reading.level, writers=tuple(exchange.models.writers), goes=True
    )
    return (
        exchange.texts.answered_alone()
        if told
        else exchange.texts.not_sent_alone(served=exchange.person.served)
    )


async def _archive(exchange: Exchange, intent: Intent) -> Told:
    how = await exchange.room.archive(bool(intent.arguments.get("on", True)))
    return exchange.texts.archived(how, exchange.situation.policy.retention.session_days)


ORDERS: Mapping[Kind, Order] = {
    "help": _help,
    "about": _about,
    "settings": _settings,
    "schedule": _schedule,
    "new": _new,
    "stop": _stop,
    "human": _human,
    "feedback": feedback.ordered,
    "footprint": _footprint,
    "thanks": _thanks,
    "model": _model,
    "level": _level,
    "why": _why,
    "yes": _unasked,
    "no": _unasked,
    "mask": _mask,
    "language": _language,
    "forget": _forget,
    "data": _data,
    "summarise": _summarise,
    "ask_document": _ask_document,
    "export": _export,
    "archive": _archive,
}
