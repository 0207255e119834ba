"""Slack: the assistant among partners and open communities, on slack-bolt; nothing above N0 belongs there."""
