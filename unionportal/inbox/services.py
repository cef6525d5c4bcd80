"""Sending messages, reading them, and getting them out by SMS and mail.

A message is a row, written in its sender's transaction: it is there if and only if what it tells of has happened. What goes
out besides follows after the commit, so that no service of others can break or slow down what a sender does.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from unionportal.audit.services import record
from unionportal.inbox.models import Delivery, Message

logger = logging.getLogger("unionportal.inbox")

MOST_AT_ONCE = (
    20  # beyond it a request would wait for the services of others: `manage.py tend_inbox` sends the rest
)
MOST_ATTEMPTS = 5
BATCH = 500


def send(*, to, title, body, url="", kind=""):
    """Send one account a message and return it; `url` is a path of this portal, `kind` reads app.what_happened."""
    (message,) = send_many(to=[to], title=title, body=body, url=url, kind=kind)
    return message


@transaction.atomic
def send_many(*, to, title, body, url="", kind=""):
    """Send the same message to several accounts, once to each, and return the messages.

    Must not be audited by itself: the row is the record, and the act it tells of has a line of its own.
    """
    if url and (not url.startswith("/") or url.startswith("//")):
        raise ValueError(f"a message leads to a path of this portal, not to {url}")
    users = {user.pk: user for user in to}
    line = kind.partition(".")[0] if "." in kind else ""
    messages = Message.objects.bulk_create(
        [
            Message(user=user, line=line, kind=kind, title=title[:100], body=body, url=url)
            for user in users.values()
        ],
        batch_size=BATCH,
    )
    deliveries = Delivery.objects.bulk_create(
        [
            Delivery(message=message, channel=channel)
            for message in messages
            for channel, way in channels().items()
            if message.user.is_active and way.address_of(message.user)
        ],
        batch_size=BATCH,
    )
    soon = [delivery.pk for delivery in deliveries[:MOST_AT_ONCE]]
    if soon:
        transaction.on_commit(lambda: deliver(soon), robust=True)
    return messages


def channels():
    """Return {channel: the object that sends by it}, as settings name them."""
    return {name: import_string(path)() for name, path in settings.INBOX_CHANNELS.items()}


def deliver(keys=None):
    """Try the deliveries of these keys, or all that wait or have failed; returns how many went out.

    Each in a transaction of its own that holds its row: two runs at once send nothing twice, and one that fails
    leaves the others alone.
    """
    waiting = Delivery.objects.exclude(state=Delivery.State.SENT).filter(attempts__lt=MOST_ATTEMPTS)
    if keys is None:
        keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    return sum(_deliver_one(waiting, key, channels()) for key in keys)


@transaction.atomic
def _deliver_one(waiting, key, ways):
    rows = waiting.select_related("message__user").filter(pk=key)
    delivery = rows.select_for_update(of=("self",), skip_locked=True).first()
    if delivery is None:
        return False
    delivery.attempts += 1
    try:
        way = ways[delivery.channel]
        way.send(way.address_of(delivery.message.user), delivery.message)
    except Exception as error:
        # Somebody else's service: nothing it does may stop the next delivery. No address goes into the log.
        delivery.state, delivery.error = Delivery.State.FAILED, type(error).__name__
        logger.warning("delivery %s by %s failed: %s", delivery.pk, delivery.channel, type(error).__name__)
    else:
        delivery.state, delivery.error = Delivery.State.SENT, ""
    delivery.save()
    return delivery.state == Delivery.State.SENT


def mark_read(*, message):
    """Note that its owner has read a message; the first time counts. Returns the message."""
    Message.objects.unread().filter(pk=message.pk).update(read_at=timezone.now())
    message.refresh_from_db(fields=["read_at"])
    return message


def mark_all_read(*, user, until):
    """Note that an account has read all that had come until then, and return how many were new."""
    return Message.objects.of(user).unread().filter(sent_at__lte=until).update(read_at=timezone.now())


@transaction.atomic
def forget_old(*, actor=None):
    """Delete the messages older than settings say, read or not, and return how many."""
    before = timezone.now() - timedelta(days=settings.MESSAGES_KEPT_DAYS)
    old = Message.objects.filter(sent_at__lt=before)
    count = old.count()
    if count:
        old.delete()
        record(actor, "inbox.messages_forgotten", None, count=count, days=settings.MESSAGES_KEPT_DAYS)
    return count
