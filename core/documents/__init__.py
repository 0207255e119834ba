"""Any file an agent has, read safely: bytes → `Document`, in a process that can do nothing else."""
