"""What may go where: the policy file, the one gate `decide`, and the routes to models."""
