"""Documents are read in jailed processes: the fork server, its jail, and our end of it."""
