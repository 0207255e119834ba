"""Summarises what a team said: decisions, actions, open questions, disagreements, each with its messages."""
