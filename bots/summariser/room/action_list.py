"""The list of a room's actions: shown on demand, ticked by reaction or by words, changed and changed back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bots.summariser.room.open_actions import (
    DONE,
    LISTS,
    SUMMARIES,
    OpenAction,
    dump,
    dump_ids,
    finished,
    is_tick,
    known,
    load,
    load_ids,
    merged,
    numbered,
)
from bots.summariser.rules.names import Names
from bots.summariser.rules.sentences import stems
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.talk import Member
from bots.summariser.writing import escaped, link_to
from core.bot import Exchange
from core.language.folding import unaccented
from core.sessions.repository import KeptTurn
from core.understanding.arguments import actions_of


class ActionList:
    """The list of one room, as the exchange of one turn sees and changes it."""

    def __init__(self, exchange: Exchange, today: date) -> None:
        self._exchange = exchange
        self._room = exchange.room
        self._say = SummariserTexts(exchange.texts.language)
        self._today = today

    async def show_open(self) -> None:
        """Answer with the open actions, numbered for ticking; only with those of the people whom the words
        name, where they name any."""
        done = await finished(self._exchange)
        still = [action for id, action in (await known(self._exchange)).items() if id not in done]
        named = _owners_in(unaccented(self._exchange.question.text), still)
        if named:
            still = [action for action in still if action.who in named]
        if not still:
            await self._exchange.reply.finish(self._say.no_open_actions)
            return
        await self._room.keep(LISTS, dump_ids([action.id for action in still]))
        await self._exchange.reply.finish(listed(still, done, self._say, self._today), personal=True)

    async def tick(self, target: str, number: int) -> None:
        """Tick the action whose number somebody reacted with. A list shows the tick in place; under a summary
        the list is posted."""
        key = await self._room.answered(target)
        shown = _entry(await self._room.shelf(LISTS), key)
        if shown is not None:
            await self._mark(load_ids(shown.answer), [number], done=True, target=target)
            return
        summary = _entry(await self._room.shelf(SUMMARIES), key)
        ids = [action.id for action in load(summary.answer)] if summary else []
        if not 1 <= number <= len(ids):
            await self._exchange.reply.finish("")
            return
        await self._room.keep(LISTS, dump_ids(ids))
        await self._mark(ids, [number], done=True)

    async def mark(self, words: str, *, done: bool) -> bool:
        """Tick the actions that folded words name by number or by subject, or open them again: « l’action 3
        est faite », « c’est fait pour le traiteur ». Return False if the words name no action."""
        ids = await numbered(self._exchange)
        numbers = actions_of(words) or await self._find_by_subject(words, ids, done=done)
        if not (ids and numbers):
            return False
        await self._room.keep(LISTS, dump_ids(ids))
        await self._mark(ids, numbers, done=done)
        return True

    async def add(self, action: OpenAction) -> None:
        """Put an action on the list."""
        done = await finished(self._exchange)
        still = [id for id in await known(self._exchange) if id not in done]
        await self._change([action], [*still, action.id])

    async def amend(self, numbers: Sequence[int], *, who: str | None, due: date | None) -> None:
        """Give the actions of these numbers another owner or day; None leaves either as it is."""
        ids, actions = await numbered(self._exchange), await known(self._exchange)
        if await self._refuse_missing(numbers, ids):
            return
        meant = dict.fromkeys(ids[number - 1] for number in numbers)
        changed = [actions[id] for id in meant if id in actions]
        if who:
            changed = [replace(action, who=who) for action in changed]
        if due:
            changed = [replace(action, due=due.isoformat()) for action in changed]
        await self._change(changed, ids)

    async def undo(self) -> bool:
        """Take back the last change of the list: a tick, an action that was added, or another day or owner.
        Return False if somebody else made it, or if an answer was given since."""
        ticks, changes = await self._room.shelf(DONE), await self._room.shelf(SUMMARIES)
        showing = {entry.key for entry in await self._room.shelf(LISTS)}
        by_hand = [entry for entry in changes[-1:] if entry.key in showing]  # a summary shows no list
        newest = max((*ticks[-1:], *by_hand), key=lambda entry: entry.at, default=None)
        if newest is None or not self._may_undo(newest):
            return False
        if newest in by_hand:
            await self._change_back(changes)
            return True
        return await self._untick(newest)

    async def put_back(self) -> bool:
        """Put the action back that its author took off the list last: « remets-la ». Return False if there is
        none."""
        last = (await self._room.shelf(SUMMARIES))[-1:]
        gone = any(not action.what for entry in last for action in load(entry.answer))
        return gone and await self.undo()

    def _may_undo(self, change: KeptTurn) -> bool:
        """Return True if a change is by the author of this turn, and no older than the last answer."""
        turns = self._exchange.session.turns
        answered = turns[-1].at if turns else 0.0
        return change.author == self._exchange.question.author.id and change.at >= answered

    async def _untick(self, entry: KeptTurn) -> bool:
        """Take back a tick. Return False if its actions are not on the list any more."""
        ids, ticks = await numbered(self._exchange), list(filter(is_tick, load_ids(entry.answer)))
        numbers = [ids.index(tick[1:]) + 1 for tick in ticks if tick[1:] in ids]
        if numbers:
            await self._room.keep(LISTS, dump_ids(ids))
            await self._mark(ids, numbers, done=ticks[0][0] == "-")
        return bool(numbers)

    async def _change_back(self, changes: Sequence[KeptTurn]) -> None:
        """Make the actions of the last change what they were before it; one that it added is taken back."""
        before = merged(changes[:-1])
        back = [before.get(each.id, replace(each, what="")) for each in load(changes[-1].answer)]
        actions = await known(self._exchange) | {each.id: each for each in back}
        ids = [id for id in await numbered(self._exchange) if id in actions and actions[id].what]
        ids += [each.id for each in back if each.what and each.id not in ids]
        await self._change(back, ids)

    async def _change(self, changed: Sequence[OpenAction], ids: Sequence[str]) -> None:
        """Keep what changed of the actions, and show the list of these ids."""
        done = await finished(self._exchange)
        actions = await known(self._exchange) | {each.id: each for each in changed}
        await self._room.keep(SUMMARIES, dump(changed))
        await self._room.keep(LISTS, dump_ids(ids))
        await self._show([actions[id] for id in ids if id in actions], done)

    async def _mark(
        self, ids: Sequence[str], numbers: Sequence[int], *, done: bool, target: str | None = None
    ) -> None:
        """Tick the actions of these numbers (`done`) or open them again, and show the list: in place of the
        message `target`, where there is one."""
        if await self._refuse_missing(numbers, ids, quietly=target is not None):
            return
        marked = {ids[number - 1] for number in numbers}
        before, actions = await finished(self._exchange), await known(self._exchange)
        after = before | marked if done else before - marked
        ticks = [f"{'+' if done else '-'}{id}" for id in marked]
        await self._room.keep(DONE, dump_ids([*sorted(after), *sorted(ticks)]))
        if target is not None:
            await self._exchange.room.revise(target)
        await self._show([actions[id] for id in ids if id in actions], after)

    async def _refuse_missing(
        self, numbers: Sequence[int], ids: Sequence[str], *, quietly: bool = False
    ) -> bool:
        """Say which number is not on the list, `quietly`: without a word. Return True if there is one."""
        missing = [number for number in numbers if not 1 <= number <= len(ids)]
        if missing:
            await self._exchange.reply.finish("" if quietly else self._say.no_such_number(missing[0]))
        return bool(missing)

    async def _show(self, actions: Sequence[OpenAction], done: set[str]) -> None:
        """Show the list. Where it is the first answer of the session, what is said next is about it."""
        text = listed(actions, done, self._say, self._today)
        remembered = None if self._exchange.session.turns else text
        await self._exchange.reply.finish(text, personal=True, remember=remembered)

    async def _find_by_subject(self, words: str, ids: Sequence[str], *, done: bool) -> list[int]:
        """Find the number of the one action that folded words are about; empty if there is no such one."""
        ticked, actions = await finished(self._exchange), await known(self._exchange)
        may_change = {
            number: actions[id]
            for number, id in enumerate(ids, 1)
            if id in actions and (id in ticked) != done
        }
        return find_number(words, may_change, self._exchange.question.author.name)


def find_number(words: str, actions: dict[int, OpenAction], author: str) -> list[int]:
    """Find the number of the one action that folded words are about; the list is empty if there is no such
    one, or more than one.

    Where the words name owners, only their actions count. The action is the one that shares most words with
    what was said, else the only one of the named owners, or of the author."""
    named = _owners_in(words, actions.values())
    if named:
        actions = {number: action for number, action in actions.items() if action.who in named}
    said = stems(words)
    shared = {number: len(said & stems(unaccented(action.what))) for number, action in actions.items()}
    best = max(shared.values(), default=0)
    if best:
        likely = [number for number, count in shared.items() if count == best]
    else:
        owners = named or {author}
        likely = [number for number, action in actions.items() if action.who in owners]
    return likely if len(likely) == 1 else []


def _owners_in(words: str, actions: Iterable[OpenAction]) -> set[str]:
    """Return the owners of these actions whom folded words name."""
    owners = Names([Member(id=who, name=who) for action in actions if (who := action.who)])
    return {member.name for _, member in owners.named(words)}


def _entry(shelf: Sequence[KeptTurn], key: str | None) -> KeptTurn | None:
    """Return the first entry of a shelf that was kept in the exchange of this key."""
    return next((entry for entry in shelf if entry.key == key), None)


def listed(actions: Sequence[OpenAction], done: set[str], say: SummariserTexts, today: date) -> str:
    """Write the numbered list; what is done stays in it, struck out, as long as the list is shown."""
    lines = [_line(n, action, action.id in done, say, today) for n, action in enumerate(actions, 1)]
    still = sum(action.id not in done for action in actions)
    return "\n\n".join([say.open_actions(still), "\n".join(lines), say.how_to_tick])


def _line(number: int, action: OpenAction, done: bool, say: SummariserTexts, today: date) -> str:
    who = f"**{escaped(action.who)}**" if action.who else say.nobody
    due = date.fromisoformat(action.due) if action.due else None
    when = f", {say.due(due)}" if due else ""
    task = escaped(action.what.rstrip(" .") if when else action.what)
    words = say.quote(task) if action.quoted else task
    text = f"{who}\u00a0: {words}{when}"
    if done:
        text = f"~~{text}~~ {say.ticked}"
    elif due and due < today:
        text += f" **({say.late})**"
    return f"{number}. {text} ({link_to(action.said, action.link)})"
