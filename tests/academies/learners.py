"""Learners with accounts, and liaisons with a union and its unit."""

from tests import factories


def make_learner(name="张三", **fields):
    """A worker whose account has joined the worker's record; sign in as `person.user`."""
    unit = fields.pop("unit", None) or factories.make_unit()
    return factories.make_person(name, user=factories.make_user(name=name), unit=unit, **fields)


def make_liaison(*names):
    """A union's liaison; returns (account, union body, people of its one unit)."""
    user, unit = factories.make_user(), factories.make_unit()
    body = factories.make_union_body("", "basic", None, user)
    body.units.add(unit)
    return user, body, [factories.make_person(name, unit=unit) for name in names]
