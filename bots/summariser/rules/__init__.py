"""Summaries without a model: plain patterns over sentences."""
