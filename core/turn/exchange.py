"""One exchange, as a bot gets it: what was asked, what was found in it, and how it may be answered.

`core.worker.loading` makes it; `core.turn.assessment` assesses what it brings, `core.turn.admission` decides
whether a bot may handle it, `core.turn.refusal` what is said if not, and `core.turn.keeping` what is kept.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field

from core.connector import Connector
from core.delivery.reply import Reply
from core.inbox.records import Progress
from core.models.access import ModelAccess
from core.sessions.repository import Profile, Session
from core.texts import Texts
from core.turn.asking import TurnModels
from core.turn.brought import Documents
from core.turn.outcome import Outcome
from core.turn.person import PersonData
from core.turn.question import Question
from core.turn.reading import Reading
from core.turn.room import Room
from core.turn.services import Services
from core.turn.situation import Situation


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One exchange being handled.

    `question` gives way to another value twice at most: once voice messages were heard, and where an earlier
    question is answered again. `situation` is where it stands, `session` what was said before, and `reading`
    what was found in what it brings. `models` may be asked within the reading's level. `room` is the
    conversation, `person` the author. `reply` is the answer, `outcome` what is kept and noted at the end, and
    `progress` what the job keeps for whoever goes on with it."""

    question: Question
    situation: Situation
    session: Session
    reading: Reading
    reply: Reply
    outcome: Outcome
    progress: Progress
    models: TurnModels = field(init=False)
    room: Room = field(init=False)
    person: PersonData = field(init=False)
    services: InitVar[Services]
    connector: InitVar[Connector]
    access: InitVar[ModelAccess]
    profile: InitVar[Profile]

    def __post_init__(
        self, services: Services, connector: Connector, access: ModelAccess, profile: Profile
    ) -> None:
        self.models = TurnModels(self, access)
        self.room = Room(self, services, connector.history)
        self.person = PersonData(self, services, connector.private, profile)

    @property
    def documents(self) -> Documents:
        """The documents that the turn brings, and those that it is about."""
        return self.reading.documents

    @property
    def texts(self) -> Texts:
        """What people read, in the language of this exchange."""
        return self.reply.texts
