"""The commands that read documents hold them in at least what the policy demands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bots.cli import policy_explain, read, scan, workshop
from core.config.settings import Settings
from core.documents.sandbox.sandbox import Sandbox
from core.policy.file import shipped_policy

POLICY = replace(shipped_policy(), sandbox="seccomp")


def explained(path: Path, folder: Path) -> int:
    policy = folder / "policy.toml"
    policy.write_text('[documents]\nsandbox = "seccomp"\n')
    return policy_explain.explain(path, "console", settings=Settings(data_dir=folder, policy=policy))


@pytest.mark.parametrize(
    ("module", "run"),
    [
        (scan, lambda path, folder: scan.scan([path], True, policy=POLICY)),
        (read, lambda path, folder: read.read([path], True, policy=POLICY)),
        (policy_explain, explained),
    ],
    ids=["scan", "read", "policy explain"],
)
def test_the_policy_decides(
    module: object, run: Callable[[Path, Path], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command opens its sandbox with the policy's minimum."""
    demanded: list[str] = []

    def sandbox(*, minimum: str = "nothing") -> Sandbox:
        demanded.append(minimum)
        return Sandbox(minimum=minimum)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "Sandbox", sandbox)
    (tmp_path / "note.txt").write_text("Bonjour")
    run(tmp_path / "note.txt", tmp_path)
    assert demanded == ["seccomp"]


async def test_the_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `digest` and `summarise` work with does so too."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[documents]\nsandbox = "seccomp"\n')
    async with workshop.workshop(Settings(data_dir=tmp_path, policy=policy)) as work:
        assert work.sandbox.minimum == "seccomp"
