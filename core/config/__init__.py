"""Settings: where they come from, how each is read, and what is said of a wrong one."""
