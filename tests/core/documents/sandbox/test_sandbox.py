"""The sandbox: files are read in processes that can do nothing else, and that leave nothing behind."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from core.documents.document import Limits
from core.documents.file_reader import read
from core.documents.sandbox import fork_client
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.errors import SandboxError
from tests.core.documents import make

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("cold")]

SAMPLES = Path(__file__).parents[3] / "data" / "documents"
HERE = "tests.core.documents.tasks"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(cold: None) -> AsyncIterator[Sandbox]:
    """Started, so that its start counts in no time."""
    async with Sandbox(Limits(seconds=2)) as sandbox:
        await sandbox.start()
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def own() -> AsyncIterator[Sandbox]:
    """For what is done to the server, and what it is to be told at its start."""
    async with Sandbox(Limits(seconds=2)) as sandbox:
        yield sandbox


async def attempt(sandbox: Sandbox, name: str) -> str:
    return await sandbox.call(f"{HERE}:attempt", name.encode(), {})


async def test_a_text_is_read(sandbox: Sandbox) -> None:
    """Bytes go in, a document comes out."""
    document = await sandbox.read("Décision n° 4\n\nAdoptée.".encode("cp1252"), name="decision.txt")
    assert document.readable
    assert document.to_markdown() == "Décision n° 4\n\nAdoptée."


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
async def test_a_picture_is_as_large_inside(sandbox: Sandbox, format: str) -> None:
    """A logo is no picture to be recognised in there either: the decoders are all imported before."""
    shown = "".join(_img(size, format) for size in ((20, 10), (400, 300)))
    document = await sandbox.read(f"<html><body><p>Bonjour</p>{shown}</body></html>".encode(), name="a.html")
    assert len(document.pictures) == 1


def _img(size: tuple[int, int], format: str) -> str:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, format)
    data = base64.b64encode(made.getvalue()).decode()
    return f"<img width=400 height=300 src='data:image/{format.lower()};base64,{data}'>"


async def test_nothing_is_missing_inside(sandbox: Sandbox) -> None:
    """What a parser may need is imported before the jail closes: samples read the same in it."""
    samples = {path.name: path.read_bytes() for path in SAMPLES.iterdir() if ".expected" not in path.name}
    samples["russe.txt"] = "Привет, это обычный русский текст без всякой разметки.".encode("cp1251")
    samples["message.msg"] = make.msg("Objet", "Corps", {"a.txt": b"joint"})
    samples["joint.msg"] = make.msg(
        "Objet", "Corps", {"dedans": make.Within("Devis", "Il est de 64 300 euros.")}
    )
    for name, data in samples.items():
        assert await sandbox.read(data, name=name) == read(data, name=name)


async def test_a_path_is_read_without_loading_it_here(sandbox: Sandbox, tmp_path: Path) -> None:
    """A path is opened here and read there: its descriptor is all that travels."""
    path = tmp_path / "note.md"
    path.write_text("# Titre\n\nTexte.")
    document = await sandbox.read(path, name="note.md")
    assert [(section.heading, section.text) for section in document.sections] == [("Titre", "Texte.")]


async def test_a_missing_path_is_the_callers_error(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file that does not exist is no document."""
    with pytest.raises(FileNotFoundError):
        await sandbox.read(tmp_path / "nowhere.pdf", name="nowhere.pdf")


@pytest.mark.parametrize("name", ["open", "listdir", "fork", "kill", "memfd", "executable_memory"])
async def test_inside_nothing_is_permitted(sandbox: Sandbox, name: str) -> None:
    """Opening, listing, forking, signalling and running new code are refused in the jail."""
    if await sandbox.start() != "full":
        pytest.skip("this machine has no full sandbox")
    assert await attempt(sandbox, name) in ("PermissionError", "OSError:1", "OSError:27")


@pytest.mark.parametrize("name", ["socket", "exec"])
async def test_reaching_out_kills(sandbox: Sandbox, name: str) -> None:
    """Sockets and exec end the process at once; people are told that the file is damaged."""
    if await sandbox.start() != "full":
        pytest.skip("this machine has no full sandbox")
    with pytest.raises(Failure) as failure:
        await attempt(sandbox, name)
    assert failure.value.reason == "damaged"


async def test_too_much_memory_has_a_reason(sandbox: Sandbox) -> None:
    """An allocation beyond the limit is refused, and said."""
    with pytest.raises(Failure) as failure:
        await attempt(sandbox, "memory")
    assert failure.value.reason == "memory"


@pytest.mark.parametrize("name", ["loop", "sleep"])
async def test_too_much_time_has_a_reason(sandbox: Sandbox, name: str) -> None:
    """A loop is ended by its CPU time, a sleep by the clock."""
    with pytest.raises(Failure) as failure:
        await attempt(sandbox, name)
    assert failure.value.reason == "time"


async def test_too_much_recursion_has_a_reason(sandbox: Sandbox) -> None:
    """Nesting that exhausts the stack is told as such."""
    with pytest.raises(Failure) as failure:
        await attempt(sandbox, "recursion")
    assert failure.value.reason == "nested"


async def test_too_much_output_has_a_reason() -> None:
    """A flood of text is not collected here."""
    async with Sandbox(Limits(output=1000)) as sandbox:
        with pytest.raises(Failure) as failure:
            await attempt(sandbox, "flood")
        assert failure.value.reason == "output"


async def test_the_childs_secrets_are_none(own: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of this process, keys among them, are not in the environment of the parsers."""
    monkeypatch.setenv("RELAIS_STORE__KEYS", "secret")
    assert await attempt(own, "environment") == ""


async def test_cancelling_kills_the_child(sandbox: Sandbox, tmp_path: Path) -> None:
    """A cancelled call leaves no process at work."""
    await sandbox.start()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(attempt(sandbox, "sleep"))
        await until(lambda: children_of(server_of(sandbox)))
        task.cancel()
    await until(lambda: not children_of(server_of(sandbox)))


async def test_a_dead_server_is_started_again(own: Sandbox) -> None:
    """When the fork server is killed while it works, the task is done by a new one."""
    await own.start()
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(own.call(f"{HERE}:slow", b"", {}))
        await until(lambda: children_of(server_of(own)))
        os.kill(server_of(own), signal.SIGKILL)
    assert reading.result() == "done"


@pytest.mark.parametrize("length", [66_000, 400_000])
async def test_no_name_is_too_long_for_the_server(sandbox: Sandbox, length: int) -> None:
    """A file in an archive may bear a name of 65,535 bytes: it ends no server, which reads for all."""
    server = await sandbox.start(), sandbox.pid
    document = await sandbox.read(b"Bonjour", name="é" * length)
    assert (document.name, document.to_markdown()) == ("é" * length, "Bonjour")
    assert (await sandbox.start(), sandbox.pid) == server


async def test_a_launched_server_is_the_one_that_serves(own: Sandbox) -> None:
    """It imports its parsers beside what else a start does; whoever needs it first waits for it."""
    await own.launch()
    launched = own.pid, own.level
    assert (await own.read(b"Bonjour", name="a.txt")).readable
    assert launched == (own.pid, None)


async def test_a_launched_server_reads_what_tasks_need(own: Sandbox) -> None:
    """The tasks that it is launched with are ready before the first call of any."""
    other = "tests.core.documents.watched_tasks"
    await own.launch(f"{other}:run")
    assert await own.call(f"{HERE}:imported", b"", {"module": other}, limits=Limits())  # after the import


async def test_a_server_that_imports_still_is_ended_at_once() -> None:
    """A start that ends for another reason, a wrong setting for one, does not wait for the parsers."""
    server = await fork_client.Client.launch()
    await server.close()
    assert server._process.returncode == -signal.SIGKILL


async def test_a_launched_server_that_dies_is_started_again(own: Sandbox) -> None:
    """Before it could tell how strong it is: its end is seen by whoever needs it, or before."""
    await own.launch()
    assert own.pid is not None
    os.kill(own.pid, signal.SIGKILL)
    with suppress(SandboxError):
        await own.start()
    assert (await own.read(b"Bonjour", name="a.txt")).readable


async def test_a_server_that_dies_again_is_our_failure(own: Sandbox) -> None:
    """Twice is enough: the caller learns that the sandbox itself failed."""

    async def kill_twice() -> None:
        killed: set[int] = set()
        while len(killed) < 2:
            server = own.pid
            if server and server not in killed and children_of(server):
                os.kill(server, signal.SIGKILL)
                killed.add(server)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(kill_twice())
        with pytest.raises(SandboxError):
            await own.call(f"{HERE}:attempt", b"sleep", {}, limits=Limits())


async def test_nothing_is_left_behind(own: Sandbox) -> None:
    """Closing ends the server and a child at work."""
    await own.start()
    server = server_of(own)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(failing(own))
        await until(lambda: children_of(server))
        children = children_of(server)
        await own.close()
    assert isinstance(reading.result(), SandboxError)
    await until(lambda: not any(map(exists, (server, *children))))


async def failing(sandbox: Sandbox) -> Exception | None:
    try:
        await attempt(sandbox, "sleep")
    except SandboxError as error:
        return error
    return None


async def test_documents_do_not_wait_for_each_other() -> None:
    """A slow document does not hold up a quick one."""
    async with Sandbox(workers=2) as sandbox, asyncio.TaskGroup() as group:
        slow = group.create_task(sandbox.call(f"{HERE}:attempt", b"sleep", {}))
        assert (await sandbox.read(b"vite", name="a.txt")).readable
        assert not slow.done()
        slow.cancel()


async def test_no_text_of_another_document_is_in_reach(sandbox: Sandbox) -> None:
    """Children are copies of the server, whose memory holds nothing of a document that was read."""
    document = await sandbox.read(b"phrase tout a fait secrete " * 1000, name="a.txt")
    assert document.readable
    assert b"core.documents.file_reader" in memory_of(server_of(sandbox))  # what is there is found
    assert b"tout a fait secrete" not in memory_of(server_of(sandbox))


def memory_of(process: int) -> bytes:
    regions: list[bytes] = []
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            bounds, permissions = line.split()[:2]
            if "w" in permissions:
                start, end = (int(bound, 16) for bound in bounds.split("-"))
                memory.seek(start)
                regions.append(memory.read(end - start))
    return b"".join(regions)


async def test_a_weaker_machine_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without libseccomp the level is lower; a policy that demands more refuses every file."""
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('Unable to find libseccomp')")
    known = fork_client.environment()
    weak = known | {"PYTHONPATH": f"{tmp_path}:{known['PYTHONPATH']}"}
    monkeypatch.setattr(fork_client, "environment", lambda: weak)
    async with Sandbox(minimum="rlimits") as sandbox:
        assert await sandbox.start() in ("landlock", "rlimits")
        assert (await sandbox.read(b"texte", name="a.txt")).readable
    async with Sandbox(minimum="full") as sandbox:
        document = await sandbox.read(b"texte", name="a.txt")
        assert (document.readable, document.reason) == (False, "sandbox")


async def test_what_the_kernel_offers_is_demanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By default a library that lacks does not lower the protection: no file is read until it is there."""
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('Unable to find libseccomp')")
    known = fork_client.environment()
    weak = known | {"PYTHONPATH": f"{tmp_path}:{known['PYTHONPATH']}"}
    monkeypatch.setattr(fork_client, "environment", lambda: weak)
    async with Sandbox() as sandbox:
        await sandbox.start()
        if sandbox.demanded in ("landlock", "rlimits"):
            pytest.skip("this kernel has no seccomp filters")
        assert not sandbox.enough
        assert (await sandbox.read(b"texte", name="a.txt")).reason == "sandbox"


async def test_a_file_beyond_the_limit_is_not_opened() -> None:
    """Size is judged before anything is read."""
    async with Sandbox(Limits(file_size=10)) as sandbox:
        document = await sandbox.read(b"0123456789+", name="a.txt")
        assert (document.readable, document.reason) == (False, "too_big")


def server_of(sandbox: Sandbox) -> int:
    assert sandbox.pid is not None
    return sandbox.pid


def children_of(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    try:
        return [int(child) for child in path.read_text().split()]
    except OSError:
        return []


def exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what no event tells: the state of another process."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_many_files_are_read_as_each_by_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    """Small ones in one process; one that kills it harms none of the others, and one that is not there is
    said."""
    paths = [tmp_path / name for name in ("a.txt", "absent.txt", "bombe.docx", "b.pdf", "vide.md")]
    paths[0].write_text("Bonjour")
    paths[2].write_bytes(make.docx("<w:p>" * 5_000))
    paths[3].write_bytes(make.pdf([make.lines(["Une ligne."])]))
    paths[4].write_bytes(b"")
    found = await sandbox.read_many(paths)
    assert found[1] is None
    for path, document in zip(paths, found, strict=True):
        if document is not None:
            assert document == read(path.read_bytes(), name=path.name)


async def test_a_file_that_ends_its_process_ends_no_other(own: Sandbox, tmp_path: Path) -> None:
    """The files that shared it are read again, each in its own."""
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    for path in paths:
        path.write_text(path.stem)
    own.limits = Limits(output=200_000, seconds=2)
    (tmp_path / "1.txt").write_text("très long " * 100_000, encoding="utf-16")
    found = await own.read_many(paths)
    assert [document.readable for document in found if document] == [True, True, True]
    assert [document.to_markdown() for document in (found[0], found[2]) if document] == ["0", "2"]
