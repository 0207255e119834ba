"""Finds how sensitive a text is: markings and personal data, without any model."""
