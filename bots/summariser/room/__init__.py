"""What a room keeps with the summariser: settings, schedules, its list of actions, corrections."""
