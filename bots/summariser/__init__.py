"""Summarises what a team said: decisions, actions, open questions, disagreements, each with its messages."""

from bots.summariser.bot import Summariser

__all__ = ["Summariser"]
