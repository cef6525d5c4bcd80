"""What the script of a long form sends by itself: {"fields": {name: text}, …} as JSON."""

import json


def read_sent(body):
    """Return (the object that was sent, its fields as {name: text}); raises ValueError if it is anything else.

    JSON may hold half a character, which no database takes: it becomes �, as in what a browser's own form sends.
    """
    try:
        sent = json.loads(body)
        return sent, {name: _whole(str(value)) for name, value in sent["fields"].items()}
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("not the fields of a form") from error


def _whole(text):
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
