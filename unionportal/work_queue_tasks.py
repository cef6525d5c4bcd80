"""What a line of the work queue is made of."""

from dataclasses import dataclass

from django.urls import reverse

NAMED = 4


@dataclass(frozen=True)
class Task:
    """One line of the queue: how many, of what, which ones, and where to do it."""

    count: int
    title: str
    detail: str
    url: str
    is_urgent: bool = False


def listed(model, **query):
    """Return the address of an admin list with these filters."""
    pairs = "&".join(f"{key}={value}" for key, value in query.items())
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{pairs}" if pairs else url


def joined(names):
    """Return the first few names, and how many there are in all where that is more."""
    names = [str(name) for name in names]
    return "、".join(names[:NAMED]) + (f" 等 {len(names)} 项" if len(names) > NAMED else "")
