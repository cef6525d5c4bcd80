"""The admin of craftsmen."""

from craftsmen.admin import honours, profiles, recommendations

__all__ = ["honours", "profiles", "recommendations"]
