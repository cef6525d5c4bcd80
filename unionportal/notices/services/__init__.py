"""What is done to notices (lifecycle) and to the objections raised to them (objections)."""
