"""What is done with studios: registering, recognising, plaques, achievements, reviews, grants, questions."""
