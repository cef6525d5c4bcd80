"""The academies in the admin. States move through services."""

from academies.admin import academies, attendance, courses, enrolments, feedback, lessons, requests, runs

__all__ = ["academies", "attendance", "courses", "enrolments", "feedback", "lessons", "requests", "runs"]
