"""What is done in a competition: set-up, rosters, marks, stages, results."""
