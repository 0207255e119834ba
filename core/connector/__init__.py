"""What a platform looks like to the core: events that come in, drafts that go out, capabilities.

A connector is an I/O shell round two pure modules, `events` (platform → Event) and `render`
(CommonMark → platform). It says what happened through `deliver`, which returns once everything it
was given is durable: only then may the platform be acknowledged. It never decides who may read
what: the outbox asks `audience` and judges before each `send`.
"""

from __future__ import annotations

# pyright: reportUnusedImport=false
from core.connector.capabilities import (
    Activity,
    Connector,
    Descriptions,
    Editing,
    Files,
    Grows,
    NoCapabilities,
    Notebook,
    Pace,
    Private,
    Sending,
    Settling,
    Shelf,
    Shelved,
    Webhook,
    WebhookAnswer,
)
from core.connector.events import (
    MORE,
    Address,
    Arrived,
    Attachment,
    Audience,
    AudienceKind,
    Awaited,
    Choice,
    Crowded,
    Deleted,
    Deliver,
    Draft,
    Echo,
    Edited,
    Event,
    File,
    Handed,
    IdentityChanged,
    Invited,
    Joined,
    Message,
    OnEcho,
    Peers,
    Person,
    Reacted,
    Readers,
    Stored,
    Tick,
    Undecryptable,
    Whisper,
)
from core.connector.history import History, Past, Range, Wanted
from core.connector.signs import Signs
