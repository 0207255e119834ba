# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
"""nio's SQLite store of keys, made to fit: loaded on demand, and written without waiting for the disk.

nio loads every session of every person at start and writes each change in a transaction of its own, with
an fsync (1.9 ms of a blocked loop). Here a session is loaded when it is first used, statements are
plain SQL, a batch is one transaction (`batch`), and the write-ahead log loses nothing when the process
is killed. (A power cut may lose the last moments; peers then start new sessions by themselves.)

Every device counts as "ignored" in nio's sense, that is: not verified, and may be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from nio.crypto import DeviceStore, GroupSessionStore, InboundGroupSession, OlmDevice, Session, SessionStore
from nio.store import SqliteStore
from peewee import SqliteDatabase

KEPT = 4_096
"""Entries (people, devices' sessions, megolm sessions) kept in memory of each kind."""
ROOM_KEYS = 2_000
"""Room keys kept of one sender."""
OLM_SESSIONS_PER_DEVICE, OLM_SESSIONS = 5, 50_000
"""Olm sessions kept with one device, and in all."""
GONE = 64
"""Devices kept of one person that are gone: their messages may be read back."""
_WHEN = "%Y-%m-%d %H:%M:%S.%f"


class KeyStore(SqliteStore):
    """The keys of one device in the file `path`."""

    def __init__(self, user: str, device: str, path: Path, pickle_key: str) -> None:
        super().__init__(user, device, str(path.parent), pickle_key, path.name)
        self.database.execute_sql(
            "CREATE TABLE IF NOT EXISTS relais_identities (user TEXT PRIMARY KEY, identity TEXT NOT NULL)"
        )
        self.database.execute_sql(
            "CREATE TABLE IF NOT EXISTS relais_senders (session_id TEXT PRIMARY KEY, user TEXT NOT NULL)"
        )
        self.database.execute_sql("CREATE INDEX IF NOT EXISTS relais_senders_user ON relais_senders (user)")

    def _create_database(self) -> SqliteDatabase:
        pragmas = {"foreign_keys": 1, "secure_delete": 1, "journal_mode": "wal", "synchronous": "normal"}
        return SqliteDatabase(self.database_path, pragmas=pragmas)

    def batch(self) -> AbstractContextManager[Any]:
        """All writes within are one transaction."""
        return cast(AbstractContextManager[Any], self.database.atomic())

    def close(self) -> None:
        """For good: whoever comes too late gets an error, where peewee would open the file anew."""
        self.database.autoconnect = False
        self.database.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.execute_sql(query, values).fetchall()

    @property
    def account_id(self) -> int:
        """The row of our Olm account, to which all others belong."""
        if self._account_id is None:
            found = self.rows(
                "SELECT id FROM accounts WHERE user_id = ? AND device_id = ?", self.user_id, self.device_id
            )
            self._account_id = found[0][0] if found else None
        if self._account_id is None:
            raise LookupError("the account is not stored yet")
        return self._account_id

    _account_id: int | None = None

    # -- what nio asks for at start: nothing is loaded ------------------------------------------------

    def load_sessions(self) -> SessionStore:
        return OlmSessions(self)

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        return MegolmSessions(self)

    def load_device_keys(self) -> DeviceStore:
        return Devices(self)

    # -- one at a time --------------------------------------------------------------------------------

    def olm_sessions_of(self, sender_key: str) -> list[Session]:
        """The Olm sessions with a device, most recently used first."""
        query = (
            "SELECT session, creation_time, last_usage_date FROM olmsessions"
            " WHERE account_id = ? AND sender_key = ? ORDER BY last_usage_date DESC"
        )
        return [
            Session.from_pickle(bytes(pickle), _date(created), self.pickle_key, _date(used))
            for pickle, created, used in self.rows(query, self.account_id, sender_key)
        ]

    def megolm_session(self, session: str) -> InboundGroupSession | None:
        query = (
            "SELECT session, fp_key, sender_key, room_id FROM megolminboundsessions"
            " WHERE account_id = ? AND session_id = ?"
        )
        for pickle, fingerprint, sender_key, room in self.rows(query, self.account_id, session):
            chain = self.rows("SELECT sender_key FROM forwardedchains WHERE session_id = ?", session)
            return InboundGroupSession.from_pickle(
                bytes(pickle), fingerprint, sender_key, room, self.pickle_key, [row[0] for row in chain]
            )
        return None

    def devices_of(self, user: str) -> dict[str, OlmDevice]:
        query = (
            "SELECT d.device_id, d.display_name, d.deleted, k.key_type, k.key FROM devicekeys d"
            " JOIN keys k ON k.device_id = d.id WHERE d.account_id = ? AND d.user_id = ?"
        )
        devices: dict[str, OlmDevice] = {}
        for id, name, deleted, kind, key in self.rows(query, self.account_id, user):
            device = devices.setdefault(id, OlmDevice(user, id, {}, name, bool(deleted)))
            device.keys[kind] = key
        return devices

    def identity_of(self, user: str) -> str | None:
        """What `save_identity` kept of a person."""
        found = self.rows("SELECT identity FROM relais_identities WHERE user = ?", user)
        return found[0][0] if found else None

    def save_identity(self, user: str, identity: str) -> None:
        self.database.execute_sql("INSERT OR REPLACE INTO relais_identities VALUES (?, ?)", (user, identity))

    def save_session(self, curve_key: str, session: Session) -> None:
        self.database.execute_sql(
            "INSERT OR REPLACE INTO olmsessions"
            " (creation_time, last_usage_date, sender_key, account_id, session, session_id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                session.creation_time.strftime(_WHEN),
                session.use_time.strftime(_WHEN),
                curve_key,
                self.account_id,
                session.pickle(self.pickle_key),
                session.id,
            ),
        )

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        self.database.execute_sql(
            "INSERT OR REPLACE INTO megolminboundsessions"
            " (sender_key, account_id, fp_key, room_id, session, session_id) VALUES (?, ?, ?, ?, ?, ?)",
            (
                session.sender_key,
                self.account_id,
                session.ed25519,
                session.room_id,
                session.pickle(self.pickle_key),
                session.id,
            ),
        )
        for chain in session.forwarding_chain:
            self.database.execute_sql(
                "INSERT OR REPLACE INTO forwardedchains (sender_key, session_id) VALUES (?, ?)",
                (chain, session.id),
            )

    def note_sender(self, session: str, user: str) -> list[str]:
        """Note whose a room key is. Returns the sessions of theirs that are too many, the oldest."""
        self.database.execute_sql("INSERT OR REPLACE INTO relais_senders VALUES (?, ?)", (session, user))
        query = "SELECT session_id FROM relais_senders WHERE user = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?"
        return [row[0] for row in self.rows(query, user, ROOM_KEYS)]

    def forget_session(self, session: str) -> None:
        for table in ("megolminboundsessions", "forwardedchains", "relais_senders"):
            self.database.execute_sql(f"DELETE FROM {table} WHERE session_id = ?", (session,))  # noqa: S608

    def forget_olm_session(self, session: str) -> None:
        self.database.execute_sql("DELETE FROM olmsessions WHERE session_id = ?", (session,))

    def forget_unused(self) -> None:
        """Of too many Olm sessions, delete those used longest ago: their devices make new ones."""
        self.database.execute_sql(
            "DELETE FROM olmsessions WHERE session_id IN"
            " (SELECT session_id FROM olmsessions ORDER BY last_usage_date DESC LIMIT -1 OFFSET ?)",
            (OLM_SESSIONS,),
        )

    def forget_devices(self, user: str, devices: Iterable[str]) -> None:
        """Delete devices that are gone."""
        for device in devices:
            values = (self.account_id, user, device)
            whose = "account_id = ? AND user_id = ? AND device_id = ?"
            self.database.execute_sql(
                f"DELETE FROM keys WHERE device_id IN (SELECT id FROM devicekeys WHERE {whose})",  # noqa: S608
                values,
            )
            self.database.execute_sql(f"DELETE FROM devicekeys WHERE {whose}", values)  # noqa: S608

    def forget_room(self, room: str) -> None:
        """Delete the keys of a room that the bot left."""
        self.database.execute_sql(
            "DELETE FROM megolminboundsessions WHERE account_id = ? AND room_id = ?", (self.account_id, room)
        )

    # -- trust: none is stored ------------------------------------------------------------------------

    def is_device_verified(self, device: OlmDevice) -> bool:
        return False

    def is_device_blacklisted(self, device: OlmDevice) -> bool:
        return False

    def is_device_ignored(self, device: OlmDevice) -> bool:
        return True


K = TypeVar("K")
V = TypeVar("V")


class Loaded(dict[K, V]):
    """Values by key, each loaded when it is first asked for; all are forgotten when they are too many."""

    def __init__(self, load: Callable[[K], V]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, key: K) -> V:
        if len(self) >= KEPT:
            self.clear()
        value = self[key] = self._load(key)
        return value


class OlmSessions(SessionStore):
    """Olm sessions by the other device's key."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__()
        self._entries = Loaded(store.olm_sessions_of)  # type: ignore[assignment]
        self._store = store

    def add(self, sender_key: str, session: Session) -> bool:
        known = self[sender_key]
        if any(one.id == session.id for one in known):
            return False
        known.insert(0, session)
        while len(known) > OLM_SESSIONS_PER_DEVICE:
            oldest = min(known[1:], key=lambda one: one.use_time)
            known.remove(oldest)
            self._store.forget_olm_session(oldest.id)
        return True

    def get(self, sender_key: str) -> Session | None:
        known = self[sender_key]
        return max(known, key=lambda one: one.use_time) if known else None


class MegolmSessions(GroupSessionStore):
    """Sessions to read rooms with, `by_id`; None of an id that is not known.

    An id is a public key, so it names one session; `sender_key` in events is deprecated (Matrix 1.3) and
    not looked at: whose session it is stands in the session.
    """

    def __init__(self, store: KeyStore) -> None:
        super().__init__()
        self._store = store
        self.by_id: Loaded[str, InboundGroupSession | None] = Loaded(store.megolm_session)

    def find(self, room: str, session_id: str) -> InboundGroupSession | None:
        session = self.by_id[session_id]
        return session if session is not None and session.room_id == room else None

    def get(self, room_id: str, sender_key: str, session_id: str) -> InboundGroupSession | None:
        return self.find(room_id, session_id)

    def add(self, session: InboundGroupSession, sender: str = "") -> bool:
        """Keep a new session, or the same one from an earlier message on. Nobody can put another's place. Of
        too many that one sender gave, the oldest are deleted."""
        known = self.by_id[session.id]
        if known is not None and (
            (known.room_id, known.sender_key, known.ed25519)
            != (session.room_id, session.sender_key, session.ed25519)
            or known.first_known_index <= session.first_known_index
        ):
            return False
        self.by_id[session.id] = session
        self._store.save_inbound_group_session(session)
        for one in self._store.note_sender(session.id, sender) if sender else ():
            self.forget(one)
        return True

    def forget(self, session: str) -> None:
        """Delete a session."""
        self.by_id.pop(session, None)
        self._store.forget_session(session)

    def forget_room(self, room: str) -> None:
        for id in [id for id, session in self.by_id.items() if session and session.room_id == room]:
            del self.by_id[id]
        self._store.forget_room(room)

    def __iter__(self) -> Iterator[InboundGroupSession]:
        return (session for session in self.by_id.values() if session is not None)


class Devices(DeviceStore):
    """Devices `by_user`."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__()
        self._store = store
        self.by_user: Loaded[str, dict[str, OlmDevice]] = Loaded(store.devices_of)
        self._entries = self.by_user  # type: ignore[assignment]

    def add(self, device: OlmDevice) -> bool:
        devices = self[device.user_id]
        if device.id in devices:
            return False
        devices[device.id] = device
        return True

    def forget_gone(self, user: str) -> None:
        """Of many devices of a person that are gone, delete the oldest."""
        gone = [device.id for device in self[user].values() if device.deleted][:-GONE]
        self._store.forget_devices(user, gone)
        for id in gone:
            del self[user][id]


def _date(stored: str) -> datetime:
    return datetime.strptime(stored, _WHEN)  # noqa: DTZ007 - nio's dates are naive local times
