"""A process gives up everything but computing: limits, no_new_privs, Landlock, seccomp.

None of it needs root. A container runtime may filter some of it, and an old kernel may lack it, so
`SandboxJail.prepare` tries each part in a child and says what was really reached. What stays possible inside:
reading and writing descriptors that are open already, and memory. Opening a file, listing a folder,
forking and signalling fail with EPERM; sockets and exec kill.

Sources: landlock(7), prctl(2), seccomp(2), libseccomp's seccomp_export_bpf(3).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.documents.document import Limits

Strength = Literal["full", "seccomp", "landlock", "rlimits"]
"""What holds a parser: `full` is Landlock and seccomp; every strength has limits and no_new_privs."""

STRENGTHS: tuple[Strength, ...] = ("rlimits", "landlock", "seccomp", "full")
"""Weakest first."""

Minimum = Literal["kernel", "full", "seccomp", "landlock", "rlimits"]
"""What is demanded: a strength, or `kernel`, the strongest that this kernel offers (the default)."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every architecture
_PROT_EXEC = 4

_ALLOWED = """
    read write readv writev pread64 close fstat newfstatat lseek fcntl dup
    munmap mremap madvise brk futex futex_wait membarrier rseq set_robust_list sched_yield
    sched_getaffinity rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday getrandom getrusage
    getpid gettid getuid geteuid getgid getegid exit exit_group
""".split()  # noqa: SIM905
_FATAL = """
    execve execveat socket socketpair connect bind listen accept accept4 ptrace process_vm_readv
    process_vm_writev bpf mount umount2 pivot_root chroot unshare setns init_module finit_module
    kexec_load keyctl add_key request_key perf_event_open userfaultfd io_uring_setup
""".split()  # noqa: SIM905

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxJail:
    """What this machine can do. Made once in the fork server; `enter` is called in each child."""

    strength: Strength
    filter: bytes
    offered: Strength = "rlimits"
    """What the kernel has, whether it took effect or not: a library may lack, a container may forbid it."""

    @classmethod
    def prepare(cls) -> SandboxJail:
        """Compile the filter, and probe in a child of this process which parts take effect."""
        filter_ = _compile()
        landlock = _holds(_landlock, lambda: os.close(os.open("/", os.O_RDONLY)))
        seccomp = bool(filter_) and _holds(lambda: _seccomp(filter_), lambda: os.kill(os.getpid(), 0))
        offered = _strength(landlock=_landlock_version() >= 1, seccomp=_ACTIONS.exists())
        strength = _strength(landlock=landlock, seccomp=seccomp)
        return cls(strength=strength, filter=filter_, offered=offered)

    def enter(self, limits: Limits, parent: int) -> None:
        """Lock this process down for good. Raises OSError when a part that was probed does not hold."""
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        base = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _prctl(_PR_SET_DUMPABLE, 0)
        for name, value in (
            (resource.RLIMIT_CPU, limits.seconds),
            (resource.RLIMIT_AS, base + limits.memory),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 16),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(name, (value, value + 1 if name == resource.RLIMIT_CPU else value))
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if self.strength in ("landlock", "full"):
            _landlock()
        if self.strength in ("seccomp", "full"):
            _seccomp(self.filter)


_ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")
"""There where the kernel has seccomp filters (seccomp(2))."""


def _strength(*, landlock: bool, seccomp: bool) -> Strength:
    if seccomp:
        return "full" if landlock else "seccomp"
    return "landlock" if landlock else "rlimits"


def _landlock_version() -> int:
    """The version of the kernel's Landlock; below 1 where it has none."""
    return _libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)


def _prctl(option: int, value: int, extra: Any = 0) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), extra, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _landlock() -> None:
    """Deny every access to files that the kernel's Landlock knows, and network and signals where it can."""
    version = _landlock_version()
    if version < 1:
        raise OSError(ctypes.get_errno(), "landlock")
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    network, scoped = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = (ctypes.c_uint64 * 3)(files, network, scoped)
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        if _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _seccomp(filter_: bytes) -> None:
    code = ctypes.create_string_buffer(filter_, len(filter_))
    program = _Program(len(filter_) // 8, ctypes.cast(code, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def _compile() -> bytes:
    """The allow-list as BPF, compiled once: a child only loads it. Empty without libseccomp."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError, TypeError):
        return b""
    import errno

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in _FATAL:
        _rule(rules, pyseccomp.KILL_PROCESS, name)
    for name in _ALLOWED:
        _rule(rules, pyseccomp.ALLOW, name)
    for name in ("mmap", "mprotect"):
        _rule(rules, pyseccomp.ALLOW, name, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _PROT_EXEC, 0))
    descriptor = os.memfd_create("filter")
    with os.fdopen(descriptor, "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _rule(rules: Any, action: int, name: str, *arguments: Any) -> None:
    try:
        rules.add_rule(action, name, *arguments)
    except OSError:  # this kernel or architecture has no such call
        return


def _holds(lock: Any, forbidden: Any) -> bool:
    """Whether, in a child that is locked, what is forbidden really fails (and `lock` itself does not)."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _prctl(_PR_SET_NO_NEW_PRIVS, 1)
            lock()
            try:
                forbidden()
            except PermissionError:
                code = 0
        except BaseException:  # noqa: BLE001 - a probe: whatever fails, this part does not hold
            code = 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
