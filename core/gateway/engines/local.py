"""A model served within this process from a GGUF file, by llama.cpp (extra `local`: xllamacpp).

It answers the same requests with the same chunks as a gateway. One request is computed at a time, in a
thread of the model's own: the event loop never waits for it. Loading does hold the interpreter, hence
`load`, to be called at start before anything else runs.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import secrets
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError, GatewayRejected, GatewayUnavailable
from core.gateway.ask import Ask, Chunk
from core.gateway.catalogue import Model
from core.gateway.engines.remote import Json, joined, request
from core.language.operators import Phrase


def check(model: Model) -> None:
    """Raises ConfigurationError when a local model cannot be served here."""
    name = f"[[models]] {model.id}"
    if importlib.util.find_spec("xllamacpp") is None:
        raise ConfigurationError(name, "policy.local_extra")
    path = Path(model.url)
    if not path.is_file():
        raise ConfigurationError(name, "policy.local_file", path=path)
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigurationError(name, "policy.local_gguf", path=path)


class LocalModels:
    """The models of this process, each loaded by `load`, else when it is first asked."""

    def __init__(self) -> None:
        self._of = cache(LocalModel)

    def load(self, model: Model) -> None:
        """Load a model now. Raises ConfigurationError when that is impossible."""
        self._of(model).load()

    def chunks(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """The chunks of one answer. A reader that leaves stops the computation at its next token."""
        return self._of(model).computed(ask)


class LocalModel:
    """One model, loaded by `load`, else when it is first asked."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"local-{model.id}")
        self._server: Any = None

    def load(self) -> None:
        """Load the model now. Raises ConfigurationError when that is impossible."""
        check(self._model)
        if self._server is None:
            self._server = _server(self._model)

    async def computed(self, ask: Ask) -> AsyncGenerator[Chunk]:
        """The chunks of one answer. A reader that leaves stops the computation at its next token."""
        body = request(ask, self._model)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Json | None] = asyncio.Queue()
        left = threading.Event()

        def arrive(event: Json | None) -> bool:
            if not left.is_set():
                loop.call_soon_threadsafe(arrived.put_nowait, event)
            return left.is_set()

        running = loop.run_in_executor(self._thread, self._compute, body, arrive, left)
        running.add_done_callback(lambda _: arrived.put_nowait(None))
        try:
            while (event := await arrived.get()) is not None:
                for chunk in joined([event]):
                    yield chunk
            await running
        finally:
            left.set()

    def _compute(self, body: Json, arrive: Any, left: threading.Event) -> None:
        """In the model's thread: load it if need be, then stream. `arrive` answers True to stop."""
        if left.is_set():
            return
        try:
            self.load()
            self._server.handle_chat_completions(body, arrive)
        except ConfigurationError as error:
            raise GatewayRejected(str(error)) from error
        except RuntimeError as error:
            raise GatewayUnavailable(Phrase("gateway.local")) from error


def _server(model: Model) -> Any:
    name = f"[[models]] {model.id}"
    try:
        llama: Any = importlib.import_module("xllamacpp")
    except ImportError as error:  # its own libraries are in it, that of OpenMP is the system's
        raise ConfigurationError(name, "policy.local_library", why=error) from error
    params = llama.CommonParams()
    params.model.path = model.url
    params.n_ctx = model.context
    params.n_parallel = 1
    params.cpuparams.n_threads = max(1, (os.cpu_count() or 2) - 1)  # one core stays for the event loop
    params.verbosity = -1
    # llama.cpp also listens on the loopback address: nobody else gets an answer or a look there.
    params.api_keys = [secrets.token_urlsafe(32)]
    params.endpoint_slots = params.endpoint_metrics = params.ui = False
    try:
        return llama.Server(params)
    except RuntimeError as error:
        raise ConfigurationError(name, "policy.local_load", path=model.url) from error
