FILES: dict[str, tuple[str, bytes]] = {}
