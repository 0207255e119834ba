"""The container's health check asks the right address and believes only a 200."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.healthcheck import alive, configured, target


@pytest.mark.parametrize(
    ("bind", "asked"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:9000", ("127.0.0.1", 9000)),
        ("[::]:9000", ("::1", 9000)),
        (":8080", ("127.0.0.1", 8080)),
        ("10.1.2.3:80", ("10.1.2.3", 80)),
    ],
)
def test_asks_where_the_replica_listens(bind: str, asked: tuple[str, int]) -> None:
    """An address that binds everything is asked over loopback, any other as it is."""
    assert target(bind) == asked


@pytest.fixture
def bind() -> Iterator[str]:
    """A server whose /livez answers 200 and everything else 503."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/livez" else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_is_alive_when_livez_answers(bind: str) -> None:
    """The path asked is /livez."""
    assert alive(bind)


def test_is_not_alive_when_nothing_listens() -> None:
    """A refused connection is a failed check, not a trace."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert not alive(f"127.0.0.1:{free.getsockname()[1]}")


def test_reads_the_settings_where_the_service_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment, then `.env` in the working directory, then what relais does without either."""
    monkeypatch.delenv("RELAIS_HTTP__BIND", raising=False)
    assert configured(tmp_path) == "127.0.0.1:8080"
    (tmp_path / ".env").write_text("RELAIS_HTTP__BIND='0.0.0.0:9000'\n")
    assert configured(tmp_path) == "0.0.0.0:9000"
    monkeypatch.setenv("RELAIS_HTTP__BIND", "[::]:9001")
    assert configured(tmp_path) == "[::]:9001"
