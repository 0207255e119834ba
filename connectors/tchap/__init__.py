"""Tchap, the State's Matrix: end-to-end encrypted rooms."""
