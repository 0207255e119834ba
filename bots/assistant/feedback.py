"""What people say of an answer, by a reaction, a button or `!avis`: it is counted, and they are asked once.

👍 is counted and gets no word. 👎 asks what was wrong, in one tap; the answer to that is noted in place. 🔁
answers again in the same message, ✅ ends the conversation. (🛑 is heard at once, see `core.worker.intake`.)
"""

from __future__ import annotations

from core.bot import Exchange
from core.connector import Choice, Event, Reacted
from core.language.folding import fold
from core.texts.feedback_words import FeedbackTexts
from core.turn.feedback import GivenAnswer
from core.understanding import Intent, understand
from core.understanding.commands import (
    FAULTS,
    Fault,
    Verdict,
    fault_of,
    faults_of,
    is_turned_round,
    short_answer,
    verdict_of,
)
from core.understanding.understand import concepts_of

_WANTED: frozenset[Verdict] = frozenset({"bad", "again", "done", "share", *FAULTS})

_FEW = 6
"""Words of an answer to what was wrong, or to whether the support may see it; a number tells more."""
_SHOWS = "k:copy"
"""The concept of words that let somebody see: « tu peux leur montrer »."""
_KEPT = "non"
"""What `!avis` says of an exchange that the support is not to see."""


def wanted(event: Event) -> bool:
    """Is it a reaction that something follows from?"""
    return isinstance(event, Reacted) and verdict_of(event.reaction) in _WANTED


async def reacted(exchange: Exchange, event: Reacted) -> GivenAnswer | None:
    """Do what a reaction asks for; the answer that is to be given again, if that is what it asks for."""
    verdict, answer = verdict_of(event.reaction), await exchange.room.earlier.answer()
    if answer is None or verdict is None:
        await exchange.reply.finish("")
    elif verdict == "again":
        return answer
    elif verdict == "bad" and answer.asked:
        await exchange.reply.finish("")
    elif verdict == "bad":
        await _asked(exchange, answer)
    elif verdict == "done":
        await _closed(exchange, answer)
    else:
        await _told(exchange, event, answer, verdict)
    return None


async def ordered(exchange: Exchange, intent: Intent) -> str | bool:
    """`!avis`, with what is said of the last answer here; without it, what may be said."""
    say = FeedbackTexts(exchange.texts.language)
    answer = await exchange.room.earlier.answer()
    if answer is None:
        return say.nothing_to_judge(signs=has_signs(exchange))
    words = str(intent.arguments.get("words", ""))
    verdicts = short_answer(words).verdicts
    if words == _KEPT:
        return say.not_shown()
    if not verdicts:
        await _asked(exchange, answer)
        return True
    for verdict in verdicts:
        if verdict in FAULTS or verdict in ("good", "bad"):
            exchange.room.earlier.judge(verdict)
    faults = faults_of(verdicts)
    if "share" in verdicts:
        return await shared(exchange, answer, faults)
    return say.noted(faults, share=_may_share(exchange, answer), signs=has_signs(exchange))


async def worded(exchange: Exchange, words: str, intent: Intent) -> Intent | None:
    """Read a few words as what was asked for last here: a judgement (« faux », « c’est trop long ») or its
    number, or a yes or a no to showing the exchange to the support. None for anything else."""
    answers = short_answer(words)
    fault = fault_of(answers.number) if answers.number is not None else None
    if fault is not None:
        said, needs = _WORD[fault], "number"
    elif answers.verdicts and verdict_of(words) not in ("good", "bad"):
        said, needs = words, ""
    else:
        # What begins with a yes and goes on (« oui il fait beau ») lets nobody see the exchange.
        lets_see = _begins_with_yes(words, intent) and _SHOWS in concepts_of(fold(words))
        heard = intent.sure or lets_see
        said = {"yes": _WORD["share"], "no": _KEPT}.get(intent.kind, "") if heard else ""
        needs = "" if lets_see else "word"
    tells = needs == "" and any(map(str.isdecimal, words))  # « c’est faux, c’est le 12 »
    if not said or tells or len(words.split()) > _FEW:
        return None
    answer = await exchange.room.earlier.answer()
    if answer is None or not answer.asks or (needs and await exchange.room.expected() != needs):
        return None
    return Intent(kind="feedback", arguments={"words": said}, why="réponse à une question", command="avis")


def _begins_with_yes(words: str, intent: Intent) -> bool:
    """Is it likeliest a yes, said first and not turned round after it: « oui tu peux leur montrer »?"""
    said, _, rest = words.strip().partition(" ")
    first = understand(said)
    sure = first.kind == intent.kind == "yes" and first.sure
    return sure and not rest.rstrip().endswith("?") and not is_turned_round(rest)


async def shared(exchange: Exchange, answer: GivenAnswer, faults: list[Fault]) -> str:
    """Show an exchange to the support; what to say of it."""
    say = FeedbackTexts(exchange.texts.language)
    why = ", ".join(map(FeedbackTexts("fr").fault, faults))
    return say.shared() if await exchange.room.earlier.share(answer, why) else say.not_shared()


async def _asked(exchange: Exchange, answer: GivenAnswer) -> None:
    say = FeedbackTexts(exchange.texts.language)
    share = _may_share(exchange, answer)
    labels: dict[Verdict, str] = {fault: say.fault(fault) for fault in FAULTS}
    if share:
        labels["share"] = say.share()
    exchange.room.earlier.ask()
    exchange.outcome.awaits = "number"
    exchange.reply.offer(tuple(choice(exchange, verdict, label) for verdict, label in labels.items()))
    await exchange.reply.finish(say.what_was_wrong(share=share, signs=has_signs(exchange)))


def has_signs(exchange: Exchange) -> bool:
    """May one react here, or only write?"""
    return exchange.situation.spoken_in != "mail"


def choice(exchange: Exchange, verdict: Verdict, label: str) -> Choice:
    """The button by which a verdict is said here."""
    return Choice(label=label, text=f"!avis {_WORD[verdict]}", address=exchange.question.address)


async def _told(exchange: Exchange, event: Reacted, answer: GivenAnswer, verdict: Verdict) -> None:
    """What was wrong was tapped, or that the support may see it: noted where it was asked."""
    say = FeedbackTexts(exchange.texts.language)
    if verdict == "share":
        text = await shared(exchange, answer, [])
    else:
        text = say.noted(faults_of([verdict]), share=_may_share(exchange, answer), signs=True)
    if answer.asks:
        await exchange.room.revise(event.target)
        await exchange.reply.finish(text)
    else:
        await exchange.reply.finish(text if verdict == "share" else "")


async def _closed(exchange: Exchange, answer: GivenAnswer) -> None:
    """A conversation is over for who asked in it."""
    if not answer.mine:
        await exchange.reply.finish("")
        return
    await exchange.room.reset()
    await exchange.reply.finish(FeedbackTexts(exchange.texts.language).closed())


def _may_share(exchange: Exchange, answer: GivenAnswer) -> bool:
    return exchange.room.earlier.has_support and answer.mine


_WORD: dict[Verdict, str] = {
    "wrong": "faux",
    "incomplete": "incomplet",
    "off_topic": "hors sujet",
    "too_long": "trop long",
    "refused": "refus",
    "share": "partager",
}
"""What stands for each in `!avis`."""
