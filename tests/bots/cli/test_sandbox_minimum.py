"""The commands that read documents hold them in at least what the policy demands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bots.cli import policy_explain, read, scan, workshop
from core.config.settings import Settings
from core.documents.sandbox.sandbox import Sandbox


@pytest.mark.parametrize(
    ("module", "run"),
    [
        (scan, lambda path, settings: scan.scan([path], True, settings=settings)),
        (read, lambda path, settings: read.read([path], True, settings=settings)),
        (policy_explain, lambda path, settings: policy_explain.explain(path, "console", settings=settings)),
    ],
    ids=["scan", "read", "policy explain"],
)
def test_the_policy_decides(
    module: object, run: Callable[[Path, Settings], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command opens its sandbox with the policy's minimum."""
    demanded: list[str] = []

    def sandbox(*, minimum: str = "nothing") -> Sandbox:
        demanded.append(minimum)
        return Sandbox(minimum=minimum)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "Sandbox", sandbox)
    (tmp_path / "note.txt").write_text("Bonjour")
    policy = tmp_path / "policy.toml"
    policy.write_text('[documents]\nsandbox = "seccomp"\n')
    run(tmp_path / "note.txt", Settings(data_dir=tmp_path, policy=policy))
    assert demanded == ["seccomp"]


async def test_the_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `digest` and `summarise` work with does so too."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[documents]\nsandbox = "seccomp"\n')
    async with workshop.workshop(Settings(data_dir=tmp_path, policy=policy)) as work:
        assert work.sandbox.minimum == "seccomp"
