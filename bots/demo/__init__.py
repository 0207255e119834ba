"""Try relais in minutes: a homeserver of one's own, a bot and a person on it."""
