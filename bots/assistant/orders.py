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
from core.bot import Turn
from core.connector import File
from core.language.folding import fold
from core.policy.channels import room_word
from core.sensitivity.level import Level, Sublevel
from core.sessions.repository import KeptTurn
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
Order = Callable[[Turn, Intent], Awaitable[Told]]


def _argument(intent: Intent) -> str:
    return str(intent.arguments.get("words", ""))


async def unknown(turn: Turn, intent: Intent) -> None:
    near = intent.arguments.get("near")
    said = turn.texts.unknown_command(intent.command or "", str(near) if near else None)
    await turn.reply.finish(said, personal=True)


async def _help(turn: Turn, intent: Intent) -> Told:
    about_files = topics_of(turn.question.text) == ("size",) and _FILES in concepts_of(
        fold(turn.question.text)
    )
    if intent.command is None and about_files:
        return await _about(turn, intent)  # « tu lis les PDF ? »
    if intent.command is None and not any(map(str.isalnum, turn.question.text)):
        return await _wondered(turn)
    await turn.announce(always=True)
    return turn.texts.help(
        place=turn.place, ceiling=turn.ceiling, embedded=turn.embedded, archives=turn.room.has_archives
    )


async def _wondered(turn: Turn) -> Told:
    """Say a short word to « ? » alone: why, after a refusal, else how to say what is not clear. On a message
    of somebody, or a file, it is a question for the model."""
    if turn.question.quoted or turn.quoted_files or turn.files:
        return False
    if turn.is_last(refused := await turn.person.refusal()) and refused is not None and turn.question.direct:
        return turn.texts.why_refused(refused)
    return turn.texts.wondered(answered=bool(turn.session.turns and turn.session.turns[-1].answer))


def _follows_an_answer(turn: Turn, intent: Intent) -> bool:
    """Was it written in plain words after an answer?"""
    return intent.command is None and bool(turn.session.turns and turn.session.turns[-1].answer)


async def _about(turn: Turn, intent: Intent) -> Told:
    """Tell the facts about relais; « qui t’a dit ça ? » asks a model about what it answered last."""
    if _follows_an_answer(turn, intent) and not turn.embedded and goes_on(turn.question.text):
        return False
    topics = topics_of(turn.question.text)
    if "footprint" in topics:
        return await _footprint(turn, intent)
    if not topics and intent.chance < 1 and not turn.embedded:
        return False
    models = [model.id for model in turn.models()]
    return turn.texts.about(
        topics,
        models=models,
        embedded=turn.embedded,
        ceiling=turn.ceiling,
        days=turn.policy.retention.session_days,
        limit=LIMIT,
        quotas=turn.policy.quotas,
        used=turn.access.used if turn.question.direct else None,
        room="" if turn.question.direct else room_word(turn.place, turn.texts.language),
        decides=turn.room.may_decide(turn.question.author),
        archives=turn.room.has_archives,
        accreditation=_ACCREDITATION.search(fold(turn.question.text)) is not None,
    )


async def _settings(turn: Turn, intent: Intent) -> Told:
    """What the person has chosen; those of a room are the summariser's."""
    if not turn.question.direct:
        return False
    return turn.texts.own_settings(
        models=[model.id for model in turn.models()],
        embedded=turn.embedded,
        level=turn.level,
        masking=turn.session.masking,
    )


async def _schedule(turn: Turn, intent: Intent) -> Told:
    """Only in rooms is anything sent at set times; the summariser does."""
    if not turn.question.direct:
        return False
    return turn.texts.nothing_scheduled()


async def _new(turn: Turn, intent: Intent) -> Told:
    await turn.room.reset()
    return turn.texts.new_session()


async def _stop(turn: Turn, intent: Intent) -> Told:
    """Where no answer is under way, « annule » means what was offered last, a raise of the level, or what was
    shown to the support, which nobody takes back from there."""
    if intent.command is None and "leaving" in topics_of(turn.question.text):
        return await _about(turn, intent)
    if intent.command is not None:
        return turn.texts.nothing_to_stop()
    expected = await turn.expected()
    if expected == "number":
        return turn.texts.let_be()
    if undone := await _undone(turn):
        return undone
    answer = await turn.feedback.answer()
    if answer is not None and await turn.feedback.is_shared(answer):
        return f"{FeedbackTexts(turn.texts.language).not_unshared()} {turn.texts.human()}"
    return turn.texts.let_be() if expected == "word" else turn.texts.nothing_to_stop()


async def _undone(turn: Turn) -> str | None:
    """Undo the author's own raise of the level, where that can be, and say so."""
    level = await turn.room.undo_raise()
    return None if level is None else turn.texts.level_lowered(max(level, turn.usual))


async def _human(turn: Turn, intent: Intent) -> Told:
    """Name the contact, and say how the last exchange is shown to the support."""
    text = turn.texts.human()
    answer = await turn.feedback.answer()
    if answer is None or not answer.mine or not turn.feedback.has_support:
        return text
    turn.feedback.ask()
    turn.awaits = "word"
    say = FeedbackTexts(turn.texts.language)
    turn.reply.offer((feedback.choice(turn, "share", say.share()),))
    return f"{text}\n\n{say.offered(signs=feedback.has_signs(turn))}"


async def _thanks(turn: Turn, intent: Intent) -> Told:
    if len(turn.question.text.split()) > _LONGEST_THANKS:
        return False
    return turn.texts.youre_welcome()


async def _model(turn: Turn, intent: Intent) -> Told:
    names = [model.id for model in turn.models(chosen=False)]
    word = _argument(intent).strip("`") if intent.command is not None else _wanted_model(turn, intent, names)
    if word and word not in names and fold(word) not in _AUTO:
        same = (name for name in names if name.lower() == word.lower())
        word = next(same, None) or _part_of_name(word, names) or word
    if not word:
        text = turn.texts.models(names, turn.profile.model)
    elif fold(word) in _AUTO:
        await turn.person.update(model="")
        text = turn.texts.models(names, None)
    elif word in names:
        await turn.person.update(model=word)
        text = turn.texts.model_chosen(word)
    else:
        text = turn.texts.model_unknown(word, names)
    if not word and names:
        turn.awaits = "number"
    await turn.reply.finish(text, personal=bool(word), remember=None if word else text)
    return True


def _wanted_model(turn: Turn, intent: Intent, names: Sequence[str]) -> str:
    """Find the model that plain words choose of `names`, which go from the smallest to the largest, by its
    name, a part of it (« utilise small ») or its size; the name that they use where it is none of these, and
    "" where none is chosen (« c’est ChatGPT ? »)."""
    said = str(intent.arguments.get("model", ""))
    if (size := _SIZES.get(said.partition(" ")[0])) is not None and names:
        return names[size]
    spelled = said.replace(" ", "-")
    found = next((name for name in names if name.lower() in turn.question.text.lower()), None) or next(
        (name for name in names if spelled and name.startswith(spelled)), None
    )
    if found is None and not turn.question.text.rstrip().endswith("?"):
        found = _part_of_name(turn.question.text, names)
    return found or (said if _CHOOSES in concepts_of(fold(turn.question.text)) else "")


def _part_of_name(text: str, names: Sequence[str]) -> str | None:
    """The name of which most parts stand in a text, the smallest model's of several."""
    said = set(_PARTS.findall(fold(text)))
    shared = {name: len(said & set(_PARTS.findall(name.lower()))) for name in names}
    best = max(names, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] else None


async def _level(turn: Turn, intent: Intent) -> Told:
    argument = _argument(intent)
    if "level" not in intent.arguments and not argument:
        if goes_back(fold(turn.question.text)) and (undone := await _undone(turn)):
            return undone
        return _level_now(turn, turn.session.chosen)
    word, _, confirmed = argument.partition(" ")
    named = str(intent.arguments.get("level", word))
    try:
        level = Level.N4B if Sublevel.of(named) is Sublevel.N4B else Level.parse(named)
    except ValueError:
        said = turn.texts.level_unknown(argument or named, ceiling=turn.ceiling)
        await turn.reply.finish(said, personal=True)
        return True
    folded = fold(turn.question.text)
    if intent.command is None and asks_meaning(folded) and _CHOOSES not in concepts_of(folded):
        now = _level_now(turn, turn.session.chosen)
        return f"{turn.texts.level_means(level)}\n\n{now}"
    if level < turn.level and await turn.room.undo_raise(level) is not None:
        return turn.texts.level_lowered(max(level, turn.usual))
    if level < turn.level:
        return await _lower(turn, level, fold(confirmed) in _YES)
    if level > turn.ceiling:
        return turn.texts.level_too_high(level, ceiling=turn.ceiling, elsewhere=turn.policy.kinds_for(level))
    before = turn.level
    await turn.room.raise_level(level)
    return turn.texts.level_raised(level, before=before)


def _level_now(turn: Turn, chosen: bool) -> str:
    """The level and why; what was found is nobody else's to read."""
    found = [each for each in turn.found if each.level == turn.level]
    return turn.texts.level(
        level=turn.level,
        ceiling=turn.ceiling,
        chosen=chosen,
        found=found if turn.question.direct or not found else None,
        floor=turn.session.floor if turn.session.floor < turn.session.level else turn.level,
        usual=turn.usual,
    )


async def _lower(turn: Turn, level: Level, confirmed: bool) -> str:
    """A level falls only as far as it rests on weak findings, and when their author confirms it: what is
    withheld here may be another's."""
    floor = turn.session.floor
    doubts = [t for t in turn.session.turns if t.floor is not None and t.floor < t.level]
    theirs = not turn.session.withheld and all(t.author == turn.question.author.id for t in doubts)
    if level < floor or floor >= turn.session.level or not (doubts and theirs):
        return turn.texts.level_not_lowered(turn.level)
    if not confirmed:
        return turn.texts.level_confirm(level=turn.session.level, floor=floor)
    return turn.texts.level_lowered(await turn.room.lower_level())


async def _why(turn: Turn, intent: Intent) -> Told:
    """What was refused last, told in a direct chat only; by command, or where nothing was refused just now,
    then the level, and which model answers.

    In plain words only where nothing was answered since, so that « Pourquoi ? » on an answer is for the
    model."""
    if doubted := turn.doubted():
        return doubted
    refused = await turn.person.refusal()
    just = turn.is_last(refused)
    if intent.command is None and turn.session.turns and not just and not turn.embedded:
        return False
    if refused is not None:
        refusal = turn.texts.why_refused(refused)
        if not turn.question.direct:
            told = await turn.person.tell(refusal, goes=True, explains=refused.turn)
            refusal = turn.texts.answered_alone() if told else turn.texts.why_alone(served=turn.person.served)
        if just and intent.command is None and _ABOUT_HERE.isdisjoint(concepts_of(fold(turn.question.text))):
            return refusal
    else:
        refusal = turn.texts.not_refused()
    names = [model.id for model in turn.models()]
    model = names[0] if names else None
    explained = turn.texts.explained(
        level=turn.level,
        model=model,
        chosen=model is not None and model == turn.profile.model,
        others=names[1:],
    )
    level = _level_now(turn, turn.session.chosen)
    hint = "" if _argument(intent) or not turn.session.turns else turn.texts.why_hint()
    return "\n\n".join(filter(None, (refusal, "---", level, explained, hint)))


async def _unasked(turn: Turn, intent: Intent) -> Told:
    """« Oui » to nothing that was asked; to a model's own question it is an answer. A sign alone judges the
    last answer, as a reaction does."""
    if intent.why == DECLINED:
        text = turn.texts.not_forgotten()
        await turn.reply.finish(text, remember=text)
        return True
    if verdict_of(turn.question.text) is not None and turn.session.turns:
        words = "" if intent.kind == "no" else turn.question.text
        return await feedback.ordered(turn, replace(intent, arguments={"words": words}))
    tells = any(map(str.isdecimal, turn.question.text))  # « c’est faux, c’est le 12 »
    if intent.kind == "no" and intent.command is None and not tells and await turn.expected() == "number":
        return turn.texts.let_be()
    if intent.command is None and turn.session.turns and not turn.embedded:
        return False
    if len(turn.question.text.split()) > _SHORT_WORD and turn.question.direct and await turn.just_refused():
        return await _why(turn, intent)
    return turn.texts.nothing_to_confirm(direct=turn.question.direct)


async def _footprint(turn: Turn, intent: Intent) -> Told:
    """What the answers to the person took, by month."""
    taken = await turn.person.footprints()
    say = turn.texts
    words = {span: say.footprint(wh=each.wh, gco2e=each.gco2e, method=METHOD) for span, each in taken.items()}
    months = [(span, each.count, words[span]) for span, each in taken.items() if span != "last"]
    return say.footprints(months, words.get("last", ""))


async def _mask(turn: Turn, intent: Intent) -> Told:
    """Put masking on at once, or off by command; plain words that put it off are asked about first."""
    on = bool(intent.arguments.get("on", True))
    if not on and intent.command is None:
        text = turn.texts.confirm_unmask()
        turn.awaits = "word"
        await turn.reply.finish(text, remember=text)
        return True
    await turn.room.mask(on)
    said = turn.texts.masking(on)
    await turn.reply.finish(said, remember=said if intent.why == CONFIRMED else None)
    return True


async def _language(turn: Turn, intent: Intent) -> Told:
    """Answer in a language from now on; « et en anglais ? » asks a model for what it answered last."""
    answered = _follows_an_answer(turn, intent)
    match intent.arguments.get("language"):
        case "fr" | "en" as language:
            if answered and not turn.embedded and goes_on(turn.question.text):
                turn.speak(language)
                turn.afterword(turn.texts.language_once())
                return False
            await turn.person.update(language=language)
            say = turn.texts
            return say.language_again() if answered else say.language_chosen()
        case _ if intent.command is None:
            return False
        case _:
            await turn.reply.finish(turn.texts.language_unknown(_argument(intent)), personal=True)
            return True


async def _forget(turn: Turn, intent: Intent) -> Told:
    """Erase at once by command; plain words are asked about first. Who wants one message away is told how,
    where messages can be deleted."""
    folded = fold(turn.question.text)
    if intent.command is None and names_document(folded) and (dropped := await _files_dropped(turn)):
        return dropped
    one = names_one_message(folded) or names_document(folded)
    if intent.command is None and turn.spoken_in != "mail" and one:
        return turn.texts.forget_one()
    if intent.command is None:
        text = turn.texts.confirm_forget()
        turn.awaits = "word"
        await turn.reply.finish(text, remember=text)
        return True
    await turn.person.forget()
    return turn.texts.forgotten(turn.policy.retention.audit_days)


async def _files_dropped(turn: Turn) -> str:
    """Forget the files that came last, of which nothing was asked yet, for they were the wrong ones; "" where
    there are none."""
    if _DROPPED not in turn.progress.notes:
        last = takewhile(lambda each: not (each.question or each.answer), reversed(turn.session.turns))
        theirs = [each for each in last if each.author == turn.question.author.id]
        if not theirs:
            return ""
        await turn.progress.note(_DROPPED, str(len(theirs)).encode())
        await turn.room.drop(theirs)
    return turn.texts.files_dropped(int(turn.progress.notes[_DROPPED]))


async def _data(turn: Turn, intent: Intent) -> Told:
    """Hand the data over; « how long do you keep my data? » asks for none of them."""
    if intent.command is None and intent.chance < _SURELY and (told := await _about(turn, intent)):
        return told
    if not turn.question.direct:
        return turn.texts.only_direct()
    name = "mes-donnees.json" if turn.texts.language == "fr" else "my-data.json"
    file = File(name=name, media_type="application/json", data=await turn.person.export())
    if turn.level > turn.ceiling:
        return turn.texts.export_too_high(turn.level, turn.ceiling)
    ready = turn.texts.export_ready(turn.policy.retention.audit_days)
    notice = turn.texts.data_notice(archives=turn.room.has_archives)
    await turn.reply.finish(f"{ready}\n\n{notice}", file=file)
    return True


async def _summarise(turn: Turn, intent: Intent) -> Told:
    if intent.command is None:
        return False
    await documents.digest(turn, _argument(intent))
    return True


async def _ask_document(turn: Turn, intent: Intent) -> Told:
    if intent.command is None:
        return False
    run = documents.compare if fold(intent.command) in _COMPARE else documents.question
    await run(turn, _argument(intent))
    return True


async def _export(turn: Turn, intent: Intent) -> Told:
    plain = intent.command is None and "format" not in intent.arguments
    if plain and not turn.embedded and names_shape(fold(turn.question.text)):
        return False  # « mets ça en tableau » is a model's
    last = next((each for each in reversed(turn.session.turns) if each.answer), None)
    if plain and last and not turn.question.direct and alone(fold(turn.question.text)):
        return await _sent_alone(turn, last)
    if plain and intent.sure and turn.session.turns:
        text = turn.texts.which_format()
        turn.awaits = "number"
        await turn.reply.finish(text, remember=text)
        return True
    kind = requests.as_file(intent)
    if kind is not None and await documents.sent_again(turn, kind):
        return True
    if turn.session.turns and turn.session.turns[-1].answer and "format" in intent.arguments:
        return turn.texts.no_such_file()
    brings = len(turn.question.text.split()) > _LONGEST_EXPORT or ":" in turn.question.text
    if intent.command is None and not turn.embedded and brings:
        return False
    return turn.texts.nothing_to_export()


async def _sent_alone(turn: Turn, last: KeptTurn) -> Told:
    """Send an answer of a room to who wants it in private, if they are in the room."""
    if not turn.room.is_here(turn.question.author):
        return turn.texts.sent_to_members()
    turn.credit(last)
    told = await turn.person.tell(last.answer, turn.level, writers=tuple(turn.writers), goes=True)
    return turn.texts.answered_alone() if told else turn.texts.not_sent_alone(served=turn.person.served)


async def _archive(turn: Turn, intent: Intent) -> Told:
    how = await turn.room.archive(bool(intent.arguments.get("on", True)))
    return turn.texts.archived(how, turn.policy.retention.session_days)


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
