"""Counting requests by address."""

import pytest
from django.core.cache import cache

from unionportal.common import throttling


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()
    monkeypatch.setattr(throttling.time, "time", lambda: 600.0)


def asked(times, address="203.0.113.1", scope="x"):
    return [throttling.is_allowed(scope, address, limit=2) for _ in range(times)]


def test_the_limit_is_allowed_and_one_more_is_not():
    assert asked(3) == [True, True, False]


def test_addresses_and_scopes_count_for_themselves():
    asked(3)
    assert asked(1, address="203.0.113.2") == [True]
    assert asked(1, scope="y") == [True]


def test_the_next_span_begins_anew(monkeypatch):
    asked(3)
    monkeypatch.setattr(throttling.time, "time", lambda: 660.0)
    assert asked(1) == [True]


def test_one_subscriber_of_ipv6_is_one_address():
    assert asked(2, address="2001:db8::1") == [True, True]
    assert asked(1, address="2001:db8::ffff") == [False]
    assert asked(1, address="2001:db8:0:1::1") == [True]


@pytest.mark.parametrize("address", ["", "nonsense", "1.2.3.4; DROP"])
def test_an_odd_address_counts_too(address):
    assert asked(3, address=address) == [True, True, False]
