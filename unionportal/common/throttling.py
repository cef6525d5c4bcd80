"""Counting how often an address asks, for pages that everybody may ask."""

import ipaddress
import time

from django.core.cache import cache


def network_of(address):
    """Return whom an address stands for: itself, or with IPv6 the /64 that one subscriber may use freely."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def is_allowed(scope, address, *, limit, seconds=60):
    """Count one request and say whether it is within `limit` in the running span of `seconds`.

    The counter lives in the process's own cache: with several workers the real limit is up to that many times higher.
    """
    key = f"throttle:{scope}:{network_of(address)}:{int(time.time() // seconds)}"
    cache.add(key, 0, 2 * seconds)
    try:
        return cache.incr(key) <= limit
    except ValueError:  # thrown out of a full cache between the two calls
        return True
