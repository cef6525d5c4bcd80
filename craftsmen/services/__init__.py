"""What is done in a selection."""
