"""One connected device of the bot's account, from its first sync to its last: its parts, put together."""

from __future__ import annotations

from connectors.tchap import profile
from connectors.tchap.activity import TchapActivity
from connectors.tchap.api import Api
from connectors.tchap.background import Background
from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device
from connectors.tchap.earlier import EarlierEvents
from connectors.tchap.echoes import Echoes
from connectors.tchap.gaps import Gaps
from connectors.tchap.hearing import Hearing
from connectors.tchap.history import TchapHistory
from connectors.tchap.invitations import Invitations
from connectors.tchap.media import Scanner, TchapFiles
from connectors.tchap.pending import Pending
from connectors.tchap.position import SyncPosition
from connectors.tchap.private import TchapPrivate
from connectors.tchap.quotations import Quotations
from connectors.tchap.room import Served, server_of
from connectors.tchap.rooms import Rooms
from connectors.tchap.sync import SyncLoop
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import Deliver


class Connection:
    """What a connected device can do, and the loop in which it listens."""

    def __init__(
        self, api: Api, machine: Machine, device: Device, config: TchapConfig, wiring: Wiring
    ) -> None:
        self.api = api
        self.machine = machine
        self.me = me = device.user
        self._config = config
        self._wiring = wiring
        self._background = Background()
        served = Served(
            allowed=frozenset(config.allowed_servers) or frozenset({server_of(me)}),
            guests=frozenset(config.guest_servers),
        )
        welcome = served.allowed | served.guests
        self.rooms = Rooms(api, wiring.notebook, me=me, served=served, clock=wiring.clock)
        scanner = Scanner.of(api, config.content_scanner) if config.content_scanner else None
        self.files = TchapFiles(api, scanner)
        self.history = TchapHistory(api, self.rooms, machine.open, me=me)
        self.private = TchapPrivate(api, self.rooms, me=me, servers=welcome, secret=wiring.pickle_key)
        self.activity = TchapActivity(api, self._background, me=me)
        pending = Pending(wiring.notebook, wiring.clock)
        earlier = EarlierEvents(api, machine, me=me)
        self.quotations = Quotations(earlier, pending, me=me, clock=wiring.clock)
        self.timeline = Timeline(
            machine=machine,
            rooms=self.rooms,
            pending=pending,
            invitations=Invitations(
                api,
                wiring.notebook,
                me=me,
                welcome=welcome,
                reason=config.decline_reason,
                spawn=self._background.spawn,
                clock=wiring.clock,
            ),
            stored=wiring.stored,
            gaps=Gaps(api=api, me=me, most_age=config.backfill_age, clock=wiring.clock),
            earlier=earlier,
            quotations=self.quotations,
            echoes=Echoes(api, wiring.on_echo, wiring.clock),
            me=me,
            bots=frozenset(config.bots),
        )
        self.sync = _sync_loop(api, device, wiring, self.timeline)

    async def listen(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises Unusable or ConfigurationError."""
        async with self._background.running() as group:
            await self.api.until_done(self.timeline.invitations.load)
            spawn = self._background.spawn
            spawn(self.sync.unreadable.watch(deliver))
            spawn(self.timeline.echoes.watch())
            spawn(self.sync.hearing.watch(self._wiring.upkeep))
            name, picture = self._config.display_name, self._config.picture
            spawn(profile.introduce(self.api, self.me, name=name, picture=picture))
            group.create_task(self.sync.run(deliver))


def _sync_loop(api: Api, device: Device, wiring: Wiring, timeline: Timeline) -> SyncLoop:
    machine, rooms, pending = timeline.machine, timeline.rooms, timeline.pending
    return SyncLoop(
        api=api,
        machine=machine,
        rooms=rooms,
        pending=pending,
        invitations=timeline.invitations,
        timeline=timeline,
        unreadable=Unreadable(api, machine, rooms, timeline, pending, timeline.invitations, wiring.stored),
        position=SyncPosition(
            device=device,
            notebook=wiring.notebook,
            shared=wiring.shared,
            rooms=rooms,
            pending=pending,
            clock=wiring.clock,
        ),
        hearing=Hearing(wiring.clock),
        peers=wiring.peers,
        clock=wiring.clock,
    )
