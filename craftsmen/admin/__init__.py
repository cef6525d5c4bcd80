"""Selections and honours in the admin. States move through services."""

from craftsmen.admin import (
    decisions,
    honours,
    nominations,
    profiles,
    recommendations,
    review,
    setup,
    slates,
)

__all__ = [
    "decisions",
    "honours",
    "nominations",
    "profiles",
    "recommendations",
    "review",
    "setup",
    "slates",
]
