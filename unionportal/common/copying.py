"""A row saved once more, for whoever copies last year's set-up."""


def duplicate(row, **changes):
    """Save a row once more under a new key with these changes and return it."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values.pop(row._meta.pk.attname)
    names = {row._meta.get_field(name).attname: value for name, value in changes.items()}
    keys = {
        key: getattr(value, "pk", value) if key.endswith("_id") else value for key, value in names.items()
    }
    return type(row).objects.create(**{**values, **keys})
