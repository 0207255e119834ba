"""What every turn works with, made once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.archives.archives import Archives
from core.export.c2pa_manifest import Credentials
from core.inbox.inbox import Inbox
from core.models.access import Models
from core.models.second_reader import SecondReader
from core.policy.file import PolicyFile
from core.provenance.record import Register, Signer
from core.sensitivity.assess import TaskRunner
from core.sessions.controls import Controls
from core.sessions.figures import Counts, ServiceFigures
from core.sessions.repository import Sessions
from core.texts import Contacts
from core.turn.attachments import AttachmentReader
from core.turn.audit import Audit
from core.turn.handover import Handovers
from core.turn.support import SupportDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Shared by all turns of a replica; none of them keeps anything of one turn for another."""

    policy: PolicyFile
    sessions: Sessions
    inbox: Inbox
    models: Models
    reading: AttachmentReader
    jail: TaskRunner | None
    """Where long texts are assessed; None: in a thread."""
    second_reader: SecondReader | None
    """None: the policy wants none."""
    audit: Audit
    handovers: Handovers
    register: Register
    signer: Signer
    template: Path | None
    quotas: Counts
    figures: ServiceFigures
    contacts: Contacts
    language: str
    clock: Callable[[], float]
    credentials: Credentials | None = None
    archives: Archives | None = None
    support: SupportDesk | None = None
    controls: Controls | None = None
    """What operators announce and block; None: nothing, as in the shell."""
