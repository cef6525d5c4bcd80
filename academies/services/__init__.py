"""What is done in an academy: runs, enrolment, attendance, completion."""
