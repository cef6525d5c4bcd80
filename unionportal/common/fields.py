"""Model fields whose value follows from another field of the same row."""

from django.db import models

from unionportal.common.identity import match_key
from unionportal.common.pinyin import pinyin_key


class DerivedCharField(models.CharField):
    """Text computed from the field named `source` at each save, bulk inserts included."""

    derive = staticmethod(str)

    def __init__(self, *args, source="", **kwargs):
        self.source = source
        kwargs.update(editable=False)
        kwargs.setdefault("max_length", 200)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        # Migrations see a plain column: how its value is made is no part of the schema.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance, add):
        value = self.derive(getattr(model_instance, self.source))[: self.max_length]
        setattr(model_instance, self.attname, value)
        return value


class PinyinField(DerivedCharField):
    """Sorts Chinese names by pinyin: no collation of the database does (its builds carry no ICU)."""

    derive = staticmethod(pinyin_key)


class MatchKeyField(DerivedCharField):
    """Finds a name however its spaces, brackets and widths are typed."""

    derive = staticmethod(match_key)
