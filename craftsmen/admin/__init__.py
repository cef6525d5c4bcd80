"""Selections and honours in the admin. States move through services."""

from craftsmen.admin import honours, profiles, recommendations, setup

__all__ = ["honours", "profiles", "recommendations", "setup"]
