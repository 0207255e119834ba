"""The gate is the only way out: one function lets requests leave, one lets messages leave; both ask first.

The first half reads the source. The second half lives through conversations at random, on the whole core:
rooms that change, guests, files, quotations, edits, other models, failing models; whatever happens, no model
reads a word above its clearance and no room shows a word above its ceiling.
"""

from __future__ import annotations

import ast
import asyncio
import itertools
import re
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.connector import Address, Attachment, Audience, AudienceKind, Draft, Edited, Message
from core.gateway.catalogue import Model
from core.policy.file import PolicyFile, shipped_policy
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, message

ROOT = Path(__file__).parents[2]


@cache
def sources(top: str) -> dict[str, str]:
    """The modules under `top`, by path."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted((ROOT / top).rglob("*.py"))
    }


@cache
def trees(top: str) -> dict[str, ast.Module]:
    """The modules under `top`, parsed."""
    return {name: ast.parse(text) for name, text in sources(top).items()}


@cache
def imports(top: str) -> tuple[tuple[str, str], ...]:
    """What each module under `top` imports: modules, and names of modules that may be modules themselves."""
    return tuple(
        (path, name)
        for path, tree in trees(top).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in named(node)
    )


def named(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [f"{node.module}", *(f"{node.module}.{each.name}" for each in node.names)]


@cache
def functions(top: str) -> tuple[tuple[str, ast.AST], ...]:
    """Every function of the modules under `top`, as `path:Class.function`."""
    return tuple(_functions(top))


def _functions(top: str) -> Iterator[tuple[str, ast.AST]]:
    for name, tree in trees(top).items():

        def walk(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.ClassDef):
                    yield from walk(child, f"{where}{child.name}.")
                elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{where}{child.name}", child

        yield from walk(tree, f"{name}:")


@cache
def nodes(top: str) -> tuple[tuple[str, tuple[ast.Attribute | ast.Call, ...]], ...]:
    """The attributes that each function under `top` names, and the calls that it makes."""
    return tuple(
        (name, tuple(node for node in ast.walk(function) if isinstance(node, ast.Attribute | ast.Call)))
        for name, function in functions(top)
    )


@cache
def attributes(top: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The attributes of anything that each function under `top` names."""
    return tuple(
        (name, frozenset(node.attr for node in found if isinstance(node, ast.Attribute)))
        for name, found in nodes(top)
    )


def users(top: str, *wanted: str) -> set[str]:
    """Functions under `top` that name one of these attributes of anything."""
    return {name for name, named in attributes(top) if not named.isdisjoint(wanted)}


def source(name: str) -> str:
    path, _, _ = name.partition(":")
    top = path.split("/")[0]
    return next(
        ast.get_source_segment(sources(top)[path], function) or ""
        for found, function in functions(top)
        if found == name
    )


def importers(library: str, *tops: str) -> set[str]:
    """Modules under `tops` that import a library."""
    wanted = re.compile(rf"^\s*(?:import|from) {library}\b", re.M)
    return {path for top in tops for path, text in sources(top).items() if wanted.search(text)}


def test_one_function_lets_messages_leave() -> None:
    """Only `Outbox.send` touches `send` and `edit` of a connector, once the audience was permitted."""
    sockets = {"core/documents/sandbox/fork_server.py:tell"}  # the sandbox's own
    assert (users("core", "send", "edit") | users("bots", "send", "edit")) - sockets == {
        "core/delivery/outbox.py:Outbox.send",
        "core/delivery/outbox.py:Posts.__init__",  # binds it
    }
    leave = source("core/delivery/outbox.py:Outbox.send")
    order = (".audience(", "decide(", "raise Denied(", "connector.send(", "connector.editing.edit(")
    assert sorted(order, key=leave.index) == list(order)


def test_what_a_question_s_event_told_admits_the_question_alone() -> None:
    """Only the worker says, as it takes a question up, that it `asked`: who sends is told who reads now."""
    callers = [
        name
        for top in ("core", "bots", "connectors")
        for name, found in nodes(top)
        for node in found
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "audience" and (node.keywords or len(node.args) > 1)
    ]
    assert callers == ["core/worker/job.py:Job._load"]


def test_a_bot_ends_no_job_and_reaches_no_store() -> None:
    """Of a job it sees the notes that it keeps: not the claim that ends it, nor what keeps sessions."""
    for folder in ("assistant", "summariser", "synthesis", "documents"):
        assert users(f"bots/{folder}", "services", "claim", "inbox", "sessions", "away_from") == set()
    assert users("core/turn", "services") == set()  # no turn, room or author leads to them


def test_connectors_do_not_send_by_themselves() -> None:
    """No connector calls its own `send` or `edit`: what it says, the outbox judged."""
    for name, found in nodes("connectors"):
        for node in found:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                own = isinstance(node.func.value, ast.Name) and node.func.value.id in ("self", "connector")
                assert not (own and node.func.attr in ("send", "edit")), name


def test_one_function_lets_requests_leave() -> None:
    """Only `RemoteModels.chunks` opens a request to a model, after the route was asked for, and only
    `ModelAccess.transcribe` sends a voice message, after its route was decided, and
    `Archives` a package for the archives. Doctor, OAuth2 of mail and timestamps of the trail
    ask one-shot questions, which hold nothing that people wrote."""
    remote = "core/gateway/engines/remote.py"
    servers = importers("aiohttp", "core") - {remote}
    assert {name for name in servers if not name.startswith("core/http/")} == set()
    assert [name for name in servers if "ClientSession" in Path(name).read_text("utf-8")] == []
    assert importers("httpx", "core", "bots") == {"core/gateway/one_shot.py"}
    assert imported("core.gateway.one_shot") == {
        "bots/cli/doctor_checks.py",
        "bots/cli/doctor.py",
        "bots/cli/doctor_models.py",
        "core/archives/archives.py",
        "connectors/mail/server.py",
        "core/gateway/transcription.py",
        "core/turn/timestamps.py",
    }
    transcribe = source("core/models/access.py:ModelAccess.transcribe")
    assert transcribe.index("self.route(") < transcribe.index("transcribed(")
    pack = source("core/archives/archives.py:Archives._pack")
    assert pack.index("decide(") < pack.index("self._package(")
    assert users("core", "_hand") == {"core/archives/archives.py:Archives.__init__"} | {
        "core/archives/archives.py:Archives._deliver"
    }
    assert importers("requests", "core", "bots") == {"core/telemetry.py"}  # spans, without content
    for library in ("urllib.request", "http.client", "openai", "mistralai"):
        assert importers(library, "core", "bots") == set()
    assert users("core/gateway", "post", "get", "put", "ws_connect") & users("core/gateway", "session") == {
        f"{remote}:RemoteModels.chunks"
    }
    assert users("core/gateway", "chunks") == {"core/gateway/client.py:Gateway._ask"}
    stream = source("core/gateway/client.py:Gateway.stream")
    decided = stream.index("model = plan.choose(route().models)  #")
    assert "await" not in stream[decided : stream.index("self._ask(ask, model")].replace("async with", "")


def test_one_way_to_a_model() -> None:
    """Only `ModelAccess.stream` asks the gateway with what people wrote; beside it doctor asks each model for
    one token on a text of its own. Nobody else imports the gateway's client, or calls its `stream`."""
    access = "core/models/access.py"
    assert imported("core.gateway.client") == {access}
    assert {
        name
        for top in ("bots", "connectors", "core")
        for name, found in nodes(top)
        for node in found
        if isinstance(node, ast.Call) and is_gateway_stream(node.func)
    } == {f"{access}:ModelAccess.stream", f"{access}:Models.try_one"}
    assert users("bots", "try_one") == {"bots/cli/doctor_models.py:_token"}


def is_gateway_stream(called: ast.expr) -> bool:
    """Is it `….gateway.stream`, whatever stands before?"""
    if not isinstance(called, ast.Attribute) or called.attr != "stream":
        return False
    match called.value:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return "gateway" in name
        case _:
            return False


def imported(module: str) -> set[str]:
    """Modules of relais that import this one, or something of it."""
    return {path for top in ("bots", "connectors", "core") for path, name in imports(top) if name == module}


# whatever happens

CLEARANCES = {"petit": Level.N1, "moyen": Level.N2, "grand": Level.N3}
MARKS = {
    Level.N0: "",
    Level.N1: "TLP:GREEN\n\n",
    Level.N2: "TLP:AMBER\n\n",
    Level.N3: "TLP:RED\n\n",
    Level.N4: "DIFFUSION RESTREINTE\n\n",
}
KINDS: tuple[AudienceKind, ...] = (
    "tchap_encrypted",
    "tchap_encrypted_guests",
    "tchap_unencrypted",
    "tchap_public",
    "console",
)
_WORDS = re.compile(r"jetonN(\d)q")


def above(text: str, level: Level) -> bool:
    """Does the text hold a word that was written at a higher level? Words carry it: `jetonN3q7`."""
    return any(int(found) > level for found in _WORDS.findall(text))


def policy(gateway: FakeGateway) -> PolicyFile:
    models = tuple(
        Model(id=name, served=name, url=gateway.url, clearance=level, active_parameters=float(level))
        for name, level in CLEARANCES.items()
    )
    return replace(shipped_policy(), models=models)


@dataclass
class Rooms(Platform):
    """A platform whose rooms have each their own audience, and which judges what it is given."""

    kinds: dict[str, AudienceKind] = field(default_factory=dict)
    """Of rooms; a chat of two that the bot opens is encrypted."""
    faults_seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.private = self

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        found = await super().audience(address, asked=asked)
        return replace(found, kind=self.kinds.get(address.conversation, "tchap_encrypted"))

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        self._judge(draft, audience)
        return await super().send(address, draft, audience)

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        self._judge(draft, audience)
        await super().edit(address, id, draft, audience)

    def _judge(self, draft: Draft, audience: Audience) -> None:
        ceiling = shipped_policy().ceilings[audience.kind]
        if draft.level > ceiling or above(draft.text, ceiling):
            self.faults_seen.append(f"{audience.kind} shows {draft.text!r} ({draft.level})")
        if draft.only and not audience.is_only(draft.only):
            self.faults_seen.append(f"a private word before {audience.members}: {draft.text!r}")


class Running:
    """A core on a loop of its own, for tests that are not asynchronous."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))
        self.platform = Rooms()
        self.rooms = itertools.count()

    async def _live(self) -> None:
        self._end = asyncio.Event()
        with tempfile.TemporaryDirectory() as folder:
            served = tuple(CLEARANCES)
            async with core_on(Path(folder), platform=self.platform, policy=policy, served=served) as core:
                self.core: Core = core
                await core.sessions.greet_once("@a:x", "earlier")
                self._ready.set()
                await self._end.wait()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def tell(self, event: Message | Edited, kind: AudienceKind | None = None) -> None:
        """Deliver, and wait until nothing is in hand. `kind`: the room becomes so once a model was asked."""
        asked = len(self.core.gateway.received)
        await self.core.tell(event)
        for _ in range(2_000):
            if kind and len(self.core.gateway.received) > asked:
                self.platform.kinds[event.address.conversation] = kind
            stats = await self.core.inbox.stats()
            if not (stats.ready or stats.leased or stats.delayed):
                return
            await asyncio.sleep(0.005)
        raise TimeoutError


running = Running()


class Conversation(RuleBasedStateMachine):
    """One room, its session, and one person who writes there."""

    words = itertools.count()

    @initialize(kind=st.sampled_from(("console", "tchap_encrypted")), direct=st.booleans())
    def begin(self, kind: AudienceKind, direct: bool) -> None:
        self.room = f"!r{next(running.rooms)}:x"
        self.direct = direct
        self.last: Message | None = None
        running.platform.kinds[self.room] = kind

    def _text(self, level: Level) -> str:
        if level is Level.N0:  # unmarked: it has the level of the room
            level = shipped_policy().usual[running.platform.kinds[self.room]]
            return f"Que dit jeton{level}q{next(self.words)} ?"
        return f"{MARKS[level]}Que dit jeton{level}q{next(self.words)} ?"

    def _say(self, text: str, *, kind: AudienceKind | None = None, **more: Any) -> None:
        thread = Address(connector="tchap", conversation=self.room, thread=None if self.direct else "$fil")
        self.last = replace(message(text, room=self.room, direct=self.direct, **more), address=thread)
        running.do(running.tell(self.last, kind))

    @rule(level=st.sampled_from(list(MARKS)))
    def write(self, level: Level) -> None:
        self._say(self._text(level))

    @rule()
    def go_on(self) -> None:
        self._say("Et ensuite ?")

    @rule(level=st.sampled_from(list(MARKS)))
    def quote(self, level: Level) -> None:
        self._say("Et donc ?", quoted=self._text(level))

    @rule(level=st.sampled_from(list(MARKS)), asks=st.booleans())
    def give_a_file(self, level: Level, asks: bool) -> None:
        name = f"f{next(self.words)}.txt"
        running.platform.files_at[name] = self._text(level).encode()
        file = Attachment(name=name, media_type="text/plain", size=None, reference={"url": name})
        self._say("Résume" if asks else "", attachments=(file,))

    @rule(level=st.sampled_from(list(MARKS)))
    def correct_the_last_message(self, level: Level) -> None:
        if self.last is not None:
            edited = replace(self.last, text=self._text(level), key=f"{self.last.key}:{next(self.words)}")
            event = Edited(
                key=edited.key,
                address=edited.address,
                at=edited.at,
                sender=edited.sender,
                target=edited.id,
                message=edited,
            )
            running.do(running.tell(event))

    @rule(kind=st.sampled_from(KINDS))
    def change_the_room(self, kind: AudienceKind) -> None:
        running.platform.kinds[self.room] = kind

    @rule(level=st.sampled_from(list(MARKS)), kind=st.sampled_from(KINDS))
    def change_the_room_while_it_is_answered(self, level: Level, kind: AudienceKind) -> None:
        running.core.gateway.next(Behaviour(first=0.05))
        self._say(self._text(level), kind=kind)

    @rule(name=st.sampled_from([*CLEARANCES, "auto"]))
    def choose_a_model(self, name: str) -> None:
        self._say(f"!modèle {name}")

    @rule(model=st.sampled_from(list(CLEARANCES)))
    def a_model_fails(self, model: str) -> None:
        running.core.gateway.next(Behaviour(status=401), model=model)

    @rule(level=st.sampled_from(["N1", "N2", "N3"]))
    def set_the_level(self, level: str) -> None:
        self._say(f"!niveau {level}")

    @rule(word=st.sampled_from(["oui", "non", "!niveau", "!pourquoi", "!données", "!masquer"]))
    def say_a_word(self, word: str) -> None:
        self._say(word)

    @rule()
    def doubt(self) -> None:
        self._say(f"Diffusion restreinte\n\nQue dit jetonN4q{next(self.words)} ?")
        self._say("oui")

    @rule()
    def begin_anew(self) -> None:
        self._say("!nouveau")

    @invariant()
    def no_request_is_above_clearance(self) -> None:
        for received in running.core.gateway.received:
            clearance = CLEARANCES[received.body["model"]]
            assert not above(str(received.body["messages"]), clearance), received.body

    @invariant()
    def no_message_is_above_its_ceiling(self) -> None:
        assert not running.platform.faults_seen

    def teardown(self) -> None:
        running.core.gateway.received.clear()


@pytest.mark.timeout(240)
def test_nothing_passes_whatever_happens() -> None:
    """No request above clearance, no message above its ceiling."""
    running.start()
    try:
        machine: Any = Conversation.TestCase
        machine.settings = settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.generate,),  # shrinking would take minutes
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        machine().runTest()
    finally:
        running.stop()
