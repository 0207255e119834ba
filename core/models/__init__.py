"""The one way to a model: decided by the policy, masked, within the quota, counted and noted."""
