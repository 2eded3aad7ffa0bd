"""What recording conditions cost: scores, losses, robust scores and stability of a saved run."""
