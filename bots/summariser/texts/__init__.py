"""What people read of the summariser, in French and English."""
