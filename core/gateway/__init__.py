"""The way to the models: the only part of relais that sends anything to one."""
