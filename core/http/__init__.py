"""The HTTP server of a replica: health, metrics and webhooks."""
