"""Craftsman academies (工匠学院): courses, runs, enrolment, attendance, completion certificates."""
