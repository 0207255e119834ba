"""The assistant in a terminal: `relais chat`, and the prompt of `make demo`."""
