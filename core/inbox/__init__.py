"""Events stored before they are handled, and the one job that each claim makes of them."""
