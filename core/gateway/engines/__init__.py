"""What answers in the end: a model behind a gateway, one within this process, or extracts without any."""
