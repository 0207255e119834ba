"""The commands of `relais`, one module each."""
