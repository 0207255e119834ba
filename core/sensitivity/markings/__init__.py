"""Markings: stamps that a text carries, and how each is placed."""
