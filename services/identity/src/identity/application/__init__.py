"""What happens when someone asks; access is decided here and nowhere else."""
