"""Events in, jobs out: intake, the worker, and what follows a failure."""
