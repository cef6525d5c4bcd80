"""Locks on values that no row stands for yet: two makings of the same thing at once wait for each other."""

from django.db import connection


def lock_value(space, text):
    """Hold the lock on a text (such as a keyed hash) within a space of such texts until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{space}:{text}"])
