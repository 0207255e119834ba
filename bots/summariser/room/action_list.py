"""What summaries of a conversation left to do: kept with them, listed on demand, ticked by reaction.

An action is known by the message that it rests on, so that two summaries of one range tell it once. It goes
when the retention is over, or when who asked for the summary is erased.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

import orjson

from bots.summariser.rules.names import Names
from bots.summariser.rules.sentences import stems
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.summary import Summary
from bots.summariser.talk import Member, Talk
from bots.summariser.writing import escaped, link_to
from core.bot import Exchange
from core.language.folding import unaccented
from core.sessions.repository import KeptTurn
from core.understanding.arguments import actions_of

SUMMARIES, LISTS, DONE = "summaries", "lists", "done"
"""The shelves: actions of each summary; what each list shows, in order; with each tick what is done, and the
tick itself (`+id`, `-id`): two of one moment do not know of each other."""
_KEYCAP = re.compile(r"^(10|[1-9])(?:\ufe0f?\u20e3)$")
TEN = "🔟"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An action that a summary told. `link` opens the message that it rests on; `said` is when that was;
    `quoted`: `what` is its author's own words. Where `what` is empty, the action was taken back."""

    id: str
    what: str = field(repr=False)
    who: str | None
    due: str | None
    link: str
    said: str
    quoted: bool = False


def of_summary(summary: Summary, talk: Talk) -> list[Open]:
    """The actions of a summary, each with a name of its own."""
    told: dict[str, int] = {}
    found: list[Open] = []
    for action in summary.actions:
        said = talk.by_number[action.messages[-1]]
        link = talk.links.get(said.n, "")
        told[link] = told.get(link, 0) + 1
        found.append(
            Open(
                id=_id(link, told[link]),
                what=action.what,
                who=action.who,
                due=action.due,
                link=link,
                said=f"{said.at:%d/%m %H:%M}",
                quoted=summary.quoted,
            )
        )
    return found


def told(what: str, *, who: str | None, due: date | None, link: str, name: str, at: datetime) -> Open:
    """An action that somebody put on the list themselves, at a time, in the exchange of this `name`."""
    day = due.isoformat() if due else None
    return Open(id=_id(name, 1), what=what, who=who, due=day, link=link, said=f"{at:%d/%m %H:%M}")


def _id(link: str, place: int) -> str:
    return hashlib.blake2b(f"{link}\0{place}".encode(), digest_size=8).hexdigest()


def dump(actions: Sequence[Open]) -> str:
    return orjson.dumps([asdict(action) for action in actions]).decode()


def load(text: str) -> list[Open]:
    raw: list[dict[str, Any]] = orjson.loads(text)
    return [Open(**each) for each in raw]


async def known(exchange: Exchange) -> list[Open]:
    """All actions of earlier summaries, the last correction of each, oldest first."""
    return merged(await exchange.room.shelf(SUMMARIES))


def merged(shelf: Sequence[KeptTurn]) -> list[Open]:
    last = {action.id: action for entry in shelf for action in load(entry.answer)}
    return [action for action in last.values() if action.what]


async def done(exchange: Exchange) -> set[str]:
    """What the last tick knew to be done, and all ticks that are kept."""
    finished, ticks = set[str](), list[str]()
    for entry in await exchange.room.shelf(DONE):
        told: list[str] = orjson.loads(entry.answer)
        finished = {each for each in told if each[0] not in "+-"}
        ticks += [each for each in told if each[0] in "+-"]
    for each in ticks:
        (finished.add if each[0] == "+" else finished.discard)(each[1:])
    return finished


def listed(actions: Sequence[Open], finished: set[str], say: SummariserTexts, today: date) -> str:
    """The numbered list; what is done stays in it, struck out, while it is shown."""
    lines = [_line(n, action, action.id in finished, say, today) for n, action in enumerate(actions, 1)]
    return "\n\n".join(
        [say.open_actions(sum(a.id not in finished for a in actions)), "\n".join(lines), say.how_to_tick]
    )


def _line(n: int, action: Open, finished: bool, say: SummariserTexts, today: date) -> str:
    who = f"**{escaped(action.who)}**" if action.who else say.nobody
    due = date.fromisoformat(action.due) if action.due else None
    when = f", {say.due(due)}" if due else ""
    late = f" **({say.late})**" if due and due < today and not finished else ""
    task = escaped(action.what.rstrip(" .") if when else action.what)
    words = say.quote(task) if action.quoted else task
    what = f"{who}\u00a0: {words}{when}"
    told = f"~~{what}~~ {say.ticked}" if finished else what + late
    return f"{n}. {told} ({link_to(action.said, action.link)})"


async def list_open(exchange: Exchange, say: SummariserTexts, today: date) -> None:
    """`!actions`: what is open, numbered for ticking; of those alone whom the words name, where they do."""
    finished = await done(exchange)
    still = [action for action in await known(exchange) if action.id not in finished]
    who = Names([Member(id=name, name=name) for each in still if (name := each.who)])
    named = {member.name for _, member in who.named(unaccented(exchange.question.text))}
    still = [action for action in still if not named or action.who in named]
    if not still:
        await exchange.reply.finish(say.no_open_actions)
        return
    await exchange.room.keep(LISTS, orjson.dumps([action.id for action in still]).decode())
    await exchange.reply.finish(listed(still, finished, say, today), personal=True)


def number_of(reaction: str) -> int | None:
    """1 for « 1️⃣ » ; None for any other reaction."""
    if reaction == TEN:
        return 10
    found = _KEYCAP.match(reaction)
    return int(found[1]) if found else None


async def tick(exchange: Exchange, say: SummariserTexts, target: str, number: int, today: date) -> None:
    """A reaction to a list: its action of that number is done, and the list says so in place; to a summary:
    its action in that place is, and the list is shown below."""
    key = await exchange.room.answered(target)
    shown = next((entry for entry in await exchange.room.shelf(LISTS) if entry.key == key), None)
    if key is not None and shown is not None:
        await _mark(exchange, say, orjson.loads(shown.answer), [number], today, finished=True, target=target)
        return
    told = next((entry for entry in await exchange.room.shelf(SUMMARIES) if entry.key == key), None)
    ids = [action.id for action in load(told.answer)] if told else []
    if not 1 <= number <= len(ids):
        await exchange.reply.finish("")
        return
    await exchange.room.keep(LISTS, orjson.dumps(ids).decode())
    await _mark(exchange, say, ids, [number], today, finished=True)


async def mark(exchange: Exchange, say: SummariserTexts, words: str, today: date, *, finished: bool) -> bool:
    """`!actions fait 3`, « l’action 3 est faite », « c’est fait pour le traiteur »: of the last list, or of a
    summary that came after it. False where the words name no action."""
    ids = await _numbered(exchange)
    numbers = actions_of(words) or await _meant(exchange, words, ids, finished=finished)
    if ids and numbers:
        await exchange.room.keep(LISTS, orjson.dumps(ids).decode())
        await _mark(exchange, say, ids, numbers, today, finished=finished)
    return bool(ids and numbers)


async def _numbered(exchange: Exchange) -> list[str]:
    """The actions in the order of their numbers: of the last list, or of a summary that came after it."""
    lists, summaries = await exchange.room.shelf(LISTS), await exchange.room.shelf(SUMMARIES)
    if summaries and (not lists or lists[-1].at < summaries[-1].at):
        return [action.id for action in load(summaries[-1].answer)]
    return orjson.loads(lists[-1].answer) if lists else []


async def undo(exchange: Exchange, say: SummariserTexts, today: date) -> bool:
    """« Annule »: take back what changed the list last here, a tick, an action that was added, or another day
    or owner, where its author says so and no answer was given since."""
    last = exchange.session.turns[-1].at if exchange.session.turns else 0.0
    ticks, changes = await exchange.room.shelf(DONE), await exchange.room.shelf(SUMMARIES)
    listed_in = {entry.key for entry in await exchange.room.shelf(LISTS)}  # no summary shows its list
    by_hand = changes[-1:] if changes and changes[-1].key in listed_in else ()
    newest = max((*ticks[-1:], *by_hand), key=lambda entry: entry.at, default=None)
    if newest is None or newest.author != exchange.question.author.id or newest.at < last:
        return False
    if newest in by_hand:
        await _unchange(exchange, say, changes, today)
        return True
    told: list[str] = orjson.loads(newest.answer)
    changed, ids = [each for each in told if each[0] in "+-"], await _numbered(exchange)
    numbers = [ids.index(each[1:]) + 1 for each in changed if each[1:] in ids]
    if numbers:
        await exchange.room.keep(LISTS, orjson.dumps(ids).decode())
        await _mark(exchange, say, ids, numbers, today, finished=changed[0][0] == "-")
    return bool(numbers)


async def put_back(exchange: Exchange, say: SummariserTexts, today: date) -> bool:
    """« Remets-la »: have again the action that its author took off the list last. False where none was."""
    changes = (await exchange.room.shelf(SUMMARIES))[-1:]
    gone = any(not action.what for entry in changes for action in load(entry.answer))
    return gone and await undo(exchange, say, today)


async def _unchange(
    exchange: Exchange, say: SummariserTexts, changes: Sequence[KeptTurn], today: date
) -> None:
    """Make the actions of the last change what they were before it, and show the list."""
    before = {action.id: action for action in merged(changes[:-1])}
    back = [before.get(each.id, replace(each, what="")) for each in load(changes[-1].answer)]
    actions = {action.id: action for action in await known(exchange)} | {each.id: each for each in back}
    ids = [each for each in await _numbered(exchange) if each in actions and actions[each].what]
    ids += [each.id for each in back if each.what and each.id not in ids]
    await _changed(exchange, say, back, [actions[each] for each in ids], today)


async def _changed(
    exchange: Exchange, say: SummariserTexts, changed: Sequence[Open], shown: Sequence[Open], today: date
) -> None:
    """Keep what changed of the list, and show the list."""
    finished = await done(exchange)
    await exchange.room.keep(SUMMARIES, dump(changed))
    await exchange.room.keep(LISTS, orjson.dumps([each.id for each in shown]).decode())
    await _shown(exchange, listed(shown, finished, say, today))


async def _shown(exchange: Exchange, text: str) -> None:
    """Show the list; where nothing was said here before, what is said next is about it."""
    await exchange.reply.finish(text, personal=True, remember=None if exchange.session.turns else text)


async def add(exchange: Exchange, say: SummariserTexts, action: Open, today: date) -> None:
    """Put an action on the list, and show it."""
    finished = await done(exchange)
    still = [each for each in await known(exchange) if each.id not in finished]
    await _changed(exchange, say, [action], [*still, action], today)


async def amend(
    exchange: Exchange,
    say: SummariserTexts,
    numbers: Sequence[int],
    *,
    who: str | None,
    due: date | None,
    today: date,
) -> None:
    """Give the actions of these numbers another owner or day, where one is told, and show the list."""
    ids, actions = await _numbered(exchange), {action.id: action for action in await known(exchange)}
    if missing := [number for number in numbers if not 1 <= number <= len(ids)]:
        await exchange.reply.finish(say.no_such_number(missing[0]))
        return
    for id in {ids[number - 1] for number in numbers} & actions.keys():
        action = actions[id]
        actions[id] = replace(action, who=who or action.who, due=due.isoformat() if due else action.due)
    meant = [actions[id] for id in dict.fromkeys(ids[number - 1] for number in numbers) if id in actions]
    await exchange.room.keep(SUMMARIES, dump(meant))
    await exchange.room.keep(LISTS, orjson.dumps(ids).decode())
    shown = [actions[each] for each in ids if each in actions]
    await _shown(exchange, listed(shown, await done(exchange), say, today))


async def _meant(exchange: Exchange, words: str, ids: Sequence[str], *, finished: bool) -> list[int]:
    """The number of the one action that may change and shares most words with what was said, of whom that
    names where it names somebody; where none does, of the only one of them, or of who says it."""
    over, known_ones = await done(exchange), {action.id: action for action in await known(exchange)}
    may = [
        (n, known_ones[id]) for n, id in enumerate(ids, 1) if id in known_ones and (id in over) != finished
    ]
    owners = Names([Member(id=name, name=name) for _, action in may if (name := action.who)])
    named = {member.name for _, member in owners.named(words)}
    may = [(n, action) for n, action in may if not named or action.who in named]
    said = stems(words)
    scores = {n: len(said & stems(unaccented(action.what))) for n, action in may}
    best = max(scores.values(), default=0)
    likely = [n for n, score in scores.items() if score == best and best]
    likely = likely or [n for n, action in may if action.who in (named or {exchange.question.author.name})]
    return likely if len(likely) == 1 else []


async def _mark(
    exchange: Exchange,
    say: SummariserTexts,
    ids: Sequence[str],
    numbers: Sequence[int],
    today: date,
    *,
    finished: bool,
    target: str | None = None,
) -> None:
    if missing := [number for number in numbers if not 1 <= number <= len(ids)]:
        await exchange.reply.finish("" if target else say.no_such_number(missing[0]))
        return
    marked = {ids[number - 1] for number in numbers}
    all_done = await done(exchange)
    all_done = all_done | marked if finished else all_done - marked
    actions = {action.id: action for action in await known(exchange)}
    shown = [actions[each] for each in ids if each in actions]
    ticks = [f"{'+' if finished else '-'}{id}" for id in marked]
    await exchange.room.keep(DONE, orjson.dumps([*sorted(all_done), *sorted(ticks)]).decode())
    if target is not None:
        await exchange.room.revise(target)
    await _shown(exchange, listed(shown, all_done, say, today))
