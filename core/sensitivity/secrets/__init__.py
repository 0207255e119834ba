"""Credentials: formats that services give out, values that a name calls a secret, and what people write."""
