"""What the commands of the shell work with: the policy, the jail of documents, and the way to a model.

They run what a conversation runs: the sandbox that the policy demands, its rules, rights and masking. The
person is the one whose account runs the command, under the name that `relais chat` gives them.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bots.cli.inputs import Progress, person_here
from core.config.settings import Settings
from core.documents.sandbox.sandbox import Sandbox
from core.models.access import ModelAccess, Models, open_models
from core.policy.file import PolicyFile, load_policy
from core.sensitivity.level import Assessment, Level, Part
from core.turn.assessor import assessed


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Open while a command works."""

    settings: Settings
    policy: PolicyFile
    sandbox: Sandbox
    progress: Progress
    shared: Models

    async def assess(self, parts: Sequence[Part]) -> Assessment:
        """Assess a text of the terminal's. Raises Denied, SandboxError."""
        return await assessed(parts, "console", policy=self.policy, jail=self.sandbox)

    def access(self, level: Level) -> ModelAccess:
        """The way to a model for a text of this level."""
        return ModelAccess(shared=self.shared, audience="console", person=person_here(), level=lambda: level)


@asynccontextmanager
async def workshop(settings: Settings) -> AsyncGenerator[Workshop]:
    """Raises ConfigurationError."""
    policy = load_policy(settings)
    progress = Progress(sys.stderr)
    async with Sandbox(minimum=policy.sandbox) as sandbox, open_models(settings, policy, sandbox) as shared:
        try:
            yield Workshop(
                settings=settings,
                policy=policy,
                sandbox=sandbox,
                progress=progress,
                shared=shared,
            )
        finally:
            progress.clear()
