"""The assistant: answers questions in a conversation."""

from bots.assistant.bot import Assistant

__all__ = ["Assistant"]
