"""What is done to panels: seating judges, opening and closing, marking, deciding what counts."""
