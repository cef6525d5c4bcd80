"""A made-up SMS service, and the steps of signing in by phone, for the tests of accounts and people."""

import re

PHONE, OTHER_PHONE = "13812345678", "13912345678"


class Inbox:
    """An SMS service that keeps what it was given; settings.SMS_BACKEND names it."""

    sent = []

    def send(self, phone, text):
        self.sent.append((phone, text))


class Broken:
    def send(self, phone, text):
        raise ConnectionError


BACKEND, BROKEN = f"{__name__}.Inbox", f"{__name__}.Broken"


def code_sent(phone=PHONE):
    """The last code that went to a number."""
    text = [text for number, text in Inbox.sent if number == phone][-1]
    return re.search(r"\d{6}", text)[0]


def ask(client, phone=PHONE, **more):
    return client.post("/account/phone/", {"phone": phone, **more})


def answer(client, code):
    return client.post("/account/phone/code/", {"code": code})


def prove(client, phone=PHONE, **more):
    """Go both steps with the right code; returns the answer to the second."""
    ask(client, phone, **more)
    return answer(client, code_sent(phone))


def signed_in(client):
    """The key of the account that a client is signed in as, or None."""
    return client.session.get("_auth_user_id")
