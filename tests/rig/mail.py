"""A real mail server: Dovecot and Postfix on loopback, with a few mailboxes, for tests.

    async with mail_server("synthese", "anne") as server:
        await server.post(message, sender="anne@ministere.example", to=["synthese@ministere.example"])
        (answer,) = await server.until("anne")

Postfix starts as root only, so these tests need root, as in CI's container. It adds no
Authentication-Results: the test writes the header that the border server would have written.
"""

from __future__ import annotations

import asyncio
import grp
import itertools
import os
import pwd
import shutil
import smtplib
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from subprocess import DEVNULL

from tests.rig import mail_extras as extras
from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port

DOMAIN = "ministere.example"
PASSWORD = "secret"
AUTHSERV = "mx.ministere.example"
_laid = itertools.count()

_DOVECOT = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
listen = 127.0.0.1
protocols {{
  imap = yes
  lmtp = yes
}}
ssl = no
auth_allow_cleartext = yes
mail_driver = maildir
mail_home = {root}/mail/%{{user | lower}}
mail_path = ~/Maildir
mail_uid = mail
mail_gid = mail
first_valid_uid = 8
passdb passwd-file {{
  passwd_file_path = {root}/users
}}
userdb passwd-file {{
  passwd_file_path = {root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    port = {sasl}
  }}
}}
"""

_MAIN = """\
compatibility_level = 3.9
queue_directory = {root}/queue
data_directory = {root}/lib
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.ministere.example
mydestination =
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:outside is closed
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtp_dns_support_level = disabled
recipient_delimiter = +
message_size_limit = 36700160
"""

_MASTER = """\
{smtp} inet n - n - - smtpd
{submission} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why these servers cannot run here; empty when they can."""
    programs = [name for name in ("dovecot", "postfix") if shutil.which(name, path=_PATH) is None]
    if programs:
        return f"not installed: {', '.join(programs)}"
    return "" if os.geteuid() == 0 else "Postfix starts as root only"


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class MailServer:
    """`imap_url` and `smtp_url` of a mailbox are those of a bot's settings."""

    def __init__(self, root: Path, ports: dict[str, int], authority: extras.Authority | None) -> None:
        self._root = root
        self._mails: dict[str, EmailMessage] = {}
        """By the name of their file without its flags: what was delivered never changes."""
        self._ports = ports
        self.authority = authority

    def port(self, name: str) -> int:
        return self._ports[name]

    def imap_url(self, box: str, *, port: int | None = None) -> str:
        """`port`: that of a proxy before it."""
        return f"imap://{box}%40{DOMAIN}:{PASSWORD}@{LOOPBACK}:{port or self._ports['imap']}"

    def smtp_url(self, box: str, *, port: int | None = None) -> str:
        return f"smtp://{box}%40{DOMAIN}:{PASSWORD}@{LOOPBACK}:{port or self._ports['submission']}"

    async def change_password(self, box: str, password: str) -> None:
        """Give a mailbox another password, and end the sessions that it has."""
        users = self._root / "users"
        lines = [line for line in users.read_text().splitlines() if not line.startswith(f"{box}@")]
        users.write_text("\n".join([*lines, f"{box}@{DOMAIN}:{{PLAIN}}{password}::::::", ""]))
        kick = ("doveadm", "-c", str(self._root / "dovecot.conf"), "kick", f"{box}@{DOMAIN}")
        await (await asyncio.create_subprocess_exec(*kick, stdout=DEVNULL, stderr=DEVNULL)).wait()

    def lay(self, box: str, mail: EmailMessage) -> None:
        """Put a mail into a mailbox as if it had been delivered, without a server."""
        home = self._root / "mail" / f"{box}@{DOMAIN}"
        new = home / "Maildir" / "new"
        if not new.exists():
            for part in ("new", "cur", "tmp"):
                (home / "Maildir" / part).mkdir(parents=True, exist_ok=True)
            for path in (home, home / "Maildir", *(home / "Maildir").iterdir()):
                shutil.chown(path, "mail", "mail")
        path = new / f"{time.time_ns()}.M{next(_laid)}.rig"
        path.write_bytes(mail.as_bytes())
        shutil.chown(path, "mail", "mail")

    def secure_urls(self, box: str, *, password: str = PASSWORD, starttls: bool = False) -> tuple[str, str]:
        """The same by TLS, from the first byte or by STARTTLS, IMAP and SMTP."""
        login = f"{box}%40{DOMAIN}:{password}@{LOOPBACK if not starttls else 'localhost'}"
        if starttls:
            return f"imap://{login}:{self._ports['imap']}", f"smtp://{login}:{self._ports['submission']}"
        return f"imaps://{login}:{self._ports['imaps']}", f"smtps://{login}:{self._ports['smtps']}"

    async def post(self, mail: EmailMessage | bytes, *, sender: str, to: list[str]) -> None:
        """Hand in a mail from outside, with this envelope."""
        data = mail if isinstance(mail, bytes) else mail.as_bytes()

        def work() -> None:
            with smtplib.SMTP(LOOPBACK, self._ports["smtp"]) as client:
                client.sendmail(sender, to, data)

        await asyncio.to_thread(work)

    def mails(self, box: str, folder: str = "") -> list[EmailMessage]:
        """What lies in a folder of a mailbox, in order of arrival, as the server keeps it."""
        place = self._root / "mail" / f"{box}@{DOMAIN}" / "Maildir"
        if folder:
            place /= f".{folder.encode('utf-7').decode().replace('+', '&')}"
        while True:  # until no file was renamed or removed meanwhile
            files = [path for part in ("new", "cur") for path in (place / part).glob("*")]
            try:
                files.sort(key=lambda path: path.stat().st_mtime_ns)
                return [self._mail(path) for path in files]
            except FileNotFoundError:
                continue

    def _mail(self, path: Path) -> EmailMessage:
        name = path.name.partition(":")[0]
        if name not in self._mails:
            self._mails[name] = message_from_bytes(path.read_bytes(), policy=default)
        return self._mails[name]

    async def until(
        self,
        box: str,
        count: int = 1,
        *,
        most: int | None = None,
        folder: str = "",
        where: Callable[[EmailMessage], bool] = lambda _: True,
        patience: float = 60.0,
    ) -> list[EmailMessage]:
        """The mails of a folder, once there are so many, and no more than `most`."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    found = [mail for mail in self.mails(box, folder) if where(mail)]
                    if len(found) >= count and (most is None or len(found) <= most):
                        return found
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{box}/{folder}: not {count} mails (at most {most})") from None

    @property
    def log(self) -> str:
        return "\n".join(
            path.read_text(errors="replace")
            for path in (self._root / "postfix.log", self._root / "log")
            if path.exists()
        )


@asynccontextmanager
async def mail_server(
    *boxes: str,
    tls: bool = False,
    introspection: str = "",
    scripts: Mapping[str, str] | None = None,
) -> AsyncGenerator[MailServer]:
    """A running server with these mailboxes of `DOMAIN`. `introspection`: an OAuth2 server that says whose a
    token is; `scripts`: Sieve scripts by mailbox."""
    names = ("imap", "lmtp", "sasl", "smtp", "submission", "imaps", "smtps")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mail-")))
        ports = {name: port_of(stack.enter_context(reserve_port())) for name in names}
        values = {"root": folder, "domain": DOMAIN, "introspection": introspection} | ports
        values["boxes"] = ", ".join(f"{{ {box}@{DOMAIN} = x }}" for box in boxes)
        _prepare(folder, _texts(values, tls=tls, oauth=bool(introspection), sieve=bool(scripts)), boxes)
        authority = extras.authority(folder / "tls") if tls else None
        for box, script in (scripts or {}).items():
            _script(folder / "mail" / f"{box}@{DOMAIN}", script)
        dovecot = await _start(folder, "dovecot", "-F", "-c", str(folder / "dovecot.conf"))
        stack.push_async_callback(_end, dovecot)
        postfix = await _start(folder, "/usr/lib/postfix/sbin/master", "-c", str(folder / "postfix"), "-s")
        stack.push_async_callback(_end, postfix)
        for name in ("imap", "smtp", "submission"):
            await _answers(ports[name])
        yield MailServer(folder, ports, authority)


def _texts(values: dict[str, object], *, tls: bool, oauth: bool, sieve: bool) -> dict[str, str]:
    """The configuration files."""
    dovecot, main, master = _DOVECOT, _MAIN, _MASTER
    if tls:
        dovecot = dovecot.replace("ssl = no\n", "ssl = yes\n") + extras.DOVECOT_TLS
        main, master = main + extras.POSTFIX_TLS, master + extras.MASTER_TLS
    dovecot += (extras.DOVECOT_OAUTH if oauth else "") + (extras.DOVECOT_SIEVE if sieve else "")
    files = {"dovecot.conf": dovecot, "postfix/main.cf": main, "postfix/master.cf": master}
    return {name: text.format(**values) for name, text in files.items()}


def _script(home: Path, script: str) -> None:
    home.mkdir()
    (home / "active.sieve").write_text(script)
    for path in (home, home / "active.sieve"):
        shutil.chown(path, "mail", "mail")


def _prepare(folder: Path, texts: dict[str, str], boxes: tuple[str, ...]) -> None:
    folder.chmod(0o711)  # the servers' own users must come in
    (folder / "users").write_text("".join(f"{box}@{DOMAIN}:{{PLAIN}}{PASSWORD}::::::\n" for box in boxes))
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "mail", "mail")
    (folder / "queue").mkdir()
    (folder / "lib").mkdir()
    shutil.chown(folder / "lib", "postfix", "postfix")
    (folder / "postfix").mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    owner, group = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    for name, mode in _QUEUES.items():
        path = folder / "queue" / name
        path.mkdir(parents=True)
        path.chmod(mode)
        if name != "pid":
            os.chown(path, owner, group if name in ("maildrop", "public") else -1)


_QUEUES = dict.fromkeys(("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold"), 0o700) | {
    "incoming": 0o700,
    "private": 0o700,
    "saved": 0o700,
    "trace": 0o700,
    "maildrop": 0o730,
    "public": 0o710,
    "pid": 0o755,
}


async def _start(folder: Path, *command: str) -> asyncio.subprocess.Process:
    program = shutil.which(command[0], path=_PATH) or command[0]
    with (folder / "servers.out").open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *dies_with_us(program, *command[1:]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(port: int) -> None:
    async with asyncio.timeout(60):
        while not await _greeted(port):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _greeted(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    except OSError:
        return False
    return bool(line)
