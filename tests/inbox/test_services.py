"""Sending messages: in the sender's transaction, out by SMS and mail after it, whatever those services do."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from tests.factories import make_user
from tests.portal.threads import in_threads
from unionportal import roles, work_queue
from unionportal.common import sms
from unionportal.inbox import services
from unionportal.inbox.models import Delivery, Message

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


class Recorder:
    """An SMS service that keeps what it was given."""

    sent = []

    def send(self, phone, text):
        self.sent.append((phone, text))


class Broken:
    def send(self, phone, text):
        raise ConnectionError(f"no route to {phone}")


@pytest.fixture(autouse=True)
def _services(settings):
    Recorder.sent = []
    settings.SMS_BACKEND = f"{__name__}.Recorder"
    settings.MAIL_IS_ON = True


def reachable(**fields):
    user = make_user(email="zhang@example.cn", **fields)
    user.phone = PHONE
    user.save()
    return user


def states(message):
    return {item.channel: (item.state, item.attempts) for item in message.deliveries.all()}


def test_a_message_goes_out_by_every_way_the_account_can_be_reached(django_capture_on_commit_callbacks):
    user = reachable()
    with django_capture_on_commit_callbacks(execute=True):
        message = services.send(
            to=user, title="您已递补入班", body="请于周五前确认。", url="/my/", kind="academies.offered"
        )
        assert (Recorder.sent, mail.outbox) == ([], [])
    ((phone, text),) = Recorder.sent
    assert phone == PHONE
    assert "您已递补入班" in text
    assert "周五" not in text
    (letter,) = mail.outbox
    assert (letter.to, "请于周五前确认。" in letter.body) == (["zhang@example.cn"], True)
    assert states(message) == {"sms": ("sent", 1), "mail": ("sent", 1)}
    assert (message.line, message.read_at) == ("academies", None)


def test_who_has_no_address_gets_the_page_alone(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        message = services.send(to=make_user(), title="通知", body="")
    assert (callbacks, states(message)) == ([], {})


def test_what_is_not_set_up_is_not_tried(settings, django_capture_on_commit_callbacks):
    settings.SMS_BACKEND, settings.MAIL_IS_ON = "", False
    with django_capture_on_commit_callbacks(execute=True):
        message = services.send(to=reachable(), title="通知", body="")
    assert states(message) == {}


def test_many_get_the_same_once_each():
    first, second = make_user(), make_user()
    messages = services.send_many(
        to=[first, second, first], title="停课", body="改期", kind="academies.moved"
    )
    assert {message.user for message in messages} == {first, second}
    assert Message.objects.count() == 2


def test_a_service_that_fails_breaks_nobody_and_is_tried_again(settings, django_capture_on_commit_callbacks):
    settings.SMS_BACKEND = f"{__name__}.Broken"
    with django_capture_on_commit_callbacks(execute=True):
        message = services.send(to=reachable(), title="通知", body="")
    assert states(message) == {"sms": ("failed", 1), "mail": ("sent", 1)}
    assert PHONE not in message.deliveries.get(channel="sms").error
    settings.SMS_BACKEND = f"{__name__}.Recorder"
    call_command("tend_inbox")
    assert states(message)["sms"] == ("sent", 2)
    call_command("tend_inbox")
    assert (len(Recorder.sent), len(mail.outbox)) == (1, 1)


def test_a_service_that_never_works_is_given_up(settings):
    settings.SMS_BACKEND = f"{__name__}.Broken"
    message = services.send(to=reachable(), title="通知", body="")
    for _ in range(services.MOST_ATTEMPTS + 2):
        services.deliver()
    assert states(message)["sms"] == ("failed", services.MOST_ATTEMPTS)


def test_a_sender_that_is_undone_has_told_nobody(django_capture_on_commit_callbacks):
    user = reachable()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.send(to=user, title="通知", body="")
        transaction.set_rollback(True)
    assert (Recorder.sent, mail.outbox, Message.objects.count()) == ([], [], 0)


def test_a_great_many_wait_for_the_command(django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(services, "MOST_AT_ONCE", 1)
    second = make_user(email="b@example.cn")
    with django_capture_on_commit_callbacks(execute=True):
        services.send_many(to=[make_user(email="a@example.cn"), second], title="通知", body="")
    assert [letter.to for letter in mail.outbox] == [["a@example.cn"]]
    call_command("tend_inbox")
    assert [letter.to for letter in mail.outbox] == [["a@example.cn"], ["b@example.cn"]]


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "my/"])
def test_a_message_leads_to_this_portal_only(url):
    with pytest.raises(ValueError, match="this portal"):
        services.send(to=make_user(), title="通知", body="", url=url)


def test_what_is_old_is_forgotten(settings):
    user = make_user()
    old, new = (services.send(to=user, title=title, body="") for title in ("旧", "新"))
    age = timedelta(days=settings.MESSAGES_KEPT_DAYS + 1)
    Message.objects.filter(pk=old.pk).update(sent_at=timezone.now() - age)
    assert services.forget_old() == 1
    assert Message.objects.get() == new


@pytest.mark.parametrize("backend", ["", "unionportal.no.such.Backend"])
def test_whatever_keeps_a_text_from_going_is_one_kind_of_trouble(settings, backend):
    settings.SMS_BACKEND = backend
    with pytest.raises(sms.SmsError):
        sms.send(PHONE, "文")


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_send_nothing_twice():
    message = services.send(to=reachable(), title="通知", body="")
    Delivery.objects.update(state=Delivery.State.WAITING, attempts=0)
    Recorder.sent = []
    in_threads(*[services.deliver] * 4)
    assert len(Recorder.sent) == 1
    assert states(message) == {"sms": ("sent", 1), "mail": ("sent", 1)}


def test_what_does_not_go_out_waits_in_the_queue_of_who_keeps_the_services(settings):
    settings.SMS_BACKEND = f"{__name__}.Broken"
    services.send(to=reachable(), title="通知", body="")
    services.deliver()
    keeper = make_user(roles.SYSTEM_ADMINISTRATOR, is_staff=True)
    tasks = {task.title: (task.count, task.detail) for task in work_queue.tasks_of(keeper)}
    assert tasks["没有发出的短信、邮件"] == (1, "短信 1")
