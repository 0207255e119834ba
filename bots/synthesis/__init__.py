"""The bot of mailboxes: documents that are sent or forwarded come back condensed."""

from bots.synthesis.bot import Synthesis

__all__ = ["Synthesis"]
