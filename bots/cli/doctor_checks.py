"""The checks of `relais doctor` that concern every replica: machine, clocks, folder, policy, HTTP.

Each is a function of the settings that gives one or several `Check`, and raises what it cannot name better
itself: RelaisError, with the remedy of whoever raised it.
"""

from __future__ import annotations

import os
import platform
import resource
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from shutil import disk_usage
from urllib.parse import urlsplit

from bots.cli.policy_check import dangers, remarks
from core.config import checks
from core.config.checks import CheckResult
from core.config.python import needed
from core.config.settings import Settings, replica_name
from core.errors import ConfigurationError, ConfigurationErrors
from core.gateway.one_shot import NoReply, ask
from core.http.server import Health, serve
from core.language.operators import operators_book, tell
from core.metrics import Metrics
from core.policy.file import load_policy
from core.tls import trusting

ROOM = 500_000_000
"""Bytes that should be free in the data folder."""
FILES = 1024
SKEW = 30.0
"""Seconds by which the clocks of machines may differ."""
_ANSWER = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found. `remedy` is what to do when it is not `ok`, and may be a hint when it is."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def named(name: str, found: CheckResult) -> Check:
    """What was found, under the name of what was looked at."""
    return Check(name=name, ok=found.ok, detail=found.said, remedy=found.remedy)


def fine(name: str, key: str, /, **words: object) -> Check:
    """A check that was passed; its remedy is a hint."""
    return named(name, checks.well(key, **words))


def amiss(name: str, key: str, /, **words: object) -> Check:
    """A check that was not."""
    return named(name, checks.amiss(key, **words))


Probe = Callable[[Settings], Awaitable[Sequence[Check]]]


def wrong(name: str, error: ConfigurationError) -> list[Check]:
    """One check for each wrong setting."""
    problems = error.problems if isinstance(error, ConfigurationErrors) else (error,)
    return [named(name, checks.wrong_setting(problem)) for problem in problems]


async def data_folder(settings: Settings) -> Sequence[Check]:
    """Can it be written to, is there room, does it last, and is it nobody else's to read? It is only looked
    at."""
    folder = settings.data_dir.absolute()
    there = next(each for each in (folder, *folder.parents) if each.exists() or each.is_symlink())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        if there.is_dir():
            why = tell("machine.unwritable")
        elif there.exists():
            why = tell("machine.no_folder")
        else:
            why = tell("machine.leads_nowhere", readlink=there.readlink())
        return [Check(name=FOLDER, ok=False, detail=f"{there} {why}", remedy=tell("machine.name_folder"))]
    free = disk_usage(there).free
    room = "" if free >= ROOM else tell("machine.make_room", gigabytes=_gigabytes(ROOM))
    detail = tell("machine.free", folder=folder, room=_gigabytes(free))
    found = [Check(name=FOLDER, ok=not room, detail=detail, remedy=room)]
    disk = os.statvfs(there)
    if disk.f_files and disk.f_favail < FILES:
        found.append(amiss(FOLDER, "machine.few_inodes", folder=folder, f_favail=disk.f_favail))
    if (folder / "replica").exists():
        replica_name(settings)  # what is kept is read, not made
    kind = _filesystem(there)
    if kind in _PASSING | _SHARED:
        key = "machine.passing_disk" if kind in _PASSING else "machine.shared_disk"
        found.append(amiss(FOLDER, key, folder=folder, kind=kind))
    return [*found, *_readable_by_others(folder, settings.environment.values)]


_PASSING = {"tmpfs", "ramfs"}
_SHARED = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"}


def _filesystem(path: Path) -> str:
    """The kind of filesystem that a path is on; empty where that cannot be known."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    at = [(place, kind) for place, kind in mounts if path.is_relative_to(place)]
    return max(at, key=lambda one: len(one[0]), default=("", ""))[1]


def _readable_by_others(folder: Path, given: Mapping[str, str]) -> list[Check]:
    """Secrets that other accounts of the machine may read: those kept, and those that settings name."""
    kept = [folder / "store.key", folder / "tchap" / "device.json", folder / "tchap" / "cross_signing.seed"]
    files = {name: at for name, at in given.items() if name.startswith("RELAIS_") and name.endswith("_FILE")}
    paths = [Path(".env"), *kept, *(Path(at) for name, at in files.items() if name != "RELAIS_CA_FILE")]
    open_ = [path for path in paths if path.is_file() and path.stat().st_mode & 0o007]
    if not open_:
        return []
    names, listed = ", ".join(map(str, open_)), " ".join(map(str, open_))
    return [amiss(FOLDER, "machine.readable_by_others", names=names, open=listed)]


async def machine(_: Settings) -> Sequence[Check]:
    """Python, and how many files and connections this account may hold open."""
    patched = needed()
    advice = tell("machine.update_python", patched=patched) if patched else ""
    found = [Check(name=MACHINE, ok=True, detail=f"Python {platform.python_version()}", remedy=advice)]
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        found.append(amiss(MACHINE, "machine.few_files", soft=soft, files=FILES))
    if proxies := sorted(name for name in os.environ if name.lower() in _PROXIES and os.environ[name]):
        found.append(fine(MACHINE, "machine.proxies_ignored", names=", ".join(proxies)))
    return found


_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


async def clocks(settings: Settings) -> Sequence[Check]:
    """Does our clock agree with those of the homeserver and of the gateways?"""
    context = trusting(settings.ca_file)
    urls = [settings.tchap.homeserver] if settings.tchap else []
    with suppress(ConfigurationError):  # `policy` says what is wrong
        urls += [model.url for model in load_policy(settings).models if model.address == "url"]
    return [check for url in dict.fromkeys(urls) if (check := await _clock(url, context)) is not None]


async def _clock(url: str, context: ssl.SSLContext) -> Check | None:
    host = urlsplit(url).netloc
    try:
        said = (await ask(url, context=context, within=_ANSWER)).date
        late = time.time() - parsedate_to_datetime(said).timestamp()
    except (NoReply, ValueError, TypeError):
        return None  # the checks of this server say that it is away
    if abs(late) <= SKEW:
        return fine(CLOCK, "machine.clock", late=f"{max(1.0, abs(late)):.0f}", host=host)
    return amiss(CLOCK, "machine.wrong_clock", late=f"{late:.0f}", host=host)


def _gigabytes(size: int) -> str:
    return tell("machine.gigabytes", size=operators_book().number(size / 1e9, 1))


async def policy(settings: Settings) -> Sequence[Check]:
    """Is it valid, and what may it have forgotten?"""
    loaded = load_policy(settings)
    models = ", ".join(f"{model.id} ({model.clearance})" for model in loaded.models)
    detail = tell("machine.policy", policy=settings.policy or tell("machine.shipped"), models=models)
    found = [Check(name=POLICY, ok=True, detail=detail, remedy=" ".join(remarks(loaded)))]
    return found + [named(POLICY, danger) for danger in dangers(loaded, settings)]


async def notice(settings: Settings) -> Sequence[Check]:
    """Is all said that the law has people told (GDPR, article 13)?"""
    from bots.base import contacts_of

    missing = contacts_of(settings).notice.missing
    names = ["RELAIS_DPO_CONTACT" if name == "dpo" else f"RELAIS_NOTICE__{name.upper()}" for name in missing]
    key = "machine.notice_incomplete" if names else "machine.notice_complete"
    return [fine(NOTICE, key, names=", ".join(names)), *await _page(settings)]


async def _page(settings: Settings) -> list[Check]:
    """Is the page there to which welcomes link? That the network leads from here to it is not needed."""
    url = settings.notice.url
    if url is None:
        return []
    remedy = tell("machine.publish_notice")
    try:
        status = (await ask(url, context=trusting(settings.ca_file), within=_ANSWER)).status
    except NoReply as none:
        return [fine(NOTICE, "machine.page_unreached", url=url, reason=none.reason, remedy=remedy)]
    well = status < 400
    detail = tell("doctor.answers", url=url, status=status)
    return [Check(name=NOTICE, ok=well, detail=detail, remedy="" if well else remedy)]


async def http(settings: Settings) -> Sequence[Check]:
    """Can the address be had, unless a relais has it already, and who is believed of whom it lets in?"""
    return [*await _bound(settings), *_believed(settings)]


_SENT_BY_ALL = {"accept", "accept-encoding", "accept-language", "connection", "cookie", "host", "user-agent"}
"""What each browser sends by itself (RFC 9110)."""


def _believed(settings: Settings) -> list[Check]:
    """A header that opens `/chiffres` must be one that nobody but the reverse proxy can send."""
    header = settings.http.proxy_header
    if header is None:
        return []
    found: list[Check] = []
    if header.lower() in _SENT_BY_ALL:
        found.append(amiss(HTTP, "machine.header_of_all", header=header))
    if wide := [str(each) for each in settings.http.proxies if each.prefixlen == 0]:
        found.append(amiss(HTTP, "machine.anyone_is_proxy", wide=", ".join(wide)))
    return found


async def _bound(settings: Settings) -> Sequence[Check]:
    host, port = settings.http.bind
    address = f"{host}:{port}"
    try:
        async with serve(Health(dict, Metrics()), settings.http.bind):
            return [fine(HTTP, "machine.address_free", address=address)]
    except ConfigurationError:
        if await _is_relais(host, port):
            return [fine(HTTP, "machine.address_ours", address=address)]
        raise


async def _is_relais(host: str, port: int) -> bool:
    near = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    near = f"[{near}]" if ":" in near and not near.startswith("[") else near
    try:
        reply = await ask(f"http://{near}:{port}/readyz", within=_ANSWER)
    except NoReply:
        return False
    return b'"parts"' in reply.body


MACHINE, CLOCK, NOTICE = "Machine", "Horloge", "Mentions d’information"
FOLDER, POLICY, HTTP = "Dossier de données", "Politique", "Adresse HTTP"
