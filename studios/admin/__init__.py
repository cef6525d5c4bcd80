"""Studios in the admin. States move through services."""

from studios.admin import achievements, campaigns, ceremonies, help_requests, reviews, studios, work

__all__ = ["achievements", "campaigns", "ceremonies", "help_requests", "reviews", "studios", "work"]
