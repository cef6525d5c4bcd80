"""Short messages to phones through the backend that settings.SMS_BACKEND names; none set means none are sent.

A backend is a class with `send(phone, text)`, where phone is 11 clean digits; it raises SmsError where the service has not taken the message.
"""

import logging

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger("unionportal.sms")


class SmsError(Exception):
    """The service has not taken the message; the sentence must not hold the phone number."""


class ConsoleBackend:
    """For trying the portal: writes each message to the log instead of sending it. Refused in production."""

    def send(self, phone, text):
        logger.info("短信（未真正发送） %s：%s", phone, text)


def is_on():
    """Say whether the portal can send short messages at all."""
    return bool(settings.SMS_BACKEND)


def send(phone, text):
    """Send one message; raises SmsError for whatever keeps it from being sent."""
    if not is_on():
        raise SmsError("没有配置短信服务。")
    try:
        import_string(settings.SMS_BACKEND)().send(phone, text)
    except SmsError:
        raise
    except Exception as error:
        # A backend talks to somebody else's service: whatever it raises is one and the same trouble to us.
        raise SmsError(type(error).__name__) from error
