"""What somebody has seen of a video, and whether a lesson is done: pure, no database, no Django."""

MOST_AT_ONCE = 600  # seconds that one report may add, however long ago the last one was
SLACK = 2  # clocks of phones and of servers
ENOUGH = 90  # percent of a video


def merge(ranges):
    """Return ranges of seconds in their order, those that touch made one."""
    merged = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def length(ranges):
    """Return how many seconds merged ranges cover."""
    return sum(end - start for start, end in ranges)


def add(known, reported, allowed):
    """Return the merged ranges known and reported, of which no more than `allowed` seconds are new."""
    kept = merge(known)
    left = max(allowed, 0)
    for start, end in merge(reported):
        for first, last in _gaps(kept, start, end):
            take = min(last - first, left)
            if take:
                kept, left = merge([*kept, [first, first + take]]), left - take
    return kept


def _gaps(kept, start, end):
    """Return the parts of a range that merged ranges do not cover."""
    gaps = []
    for first, last in kept:
        if last <= start:
            continue
        if first >= end:
            break
        if first > start:
            gaps.append((start, first))
        start = max(start, last)
    return [*gaps, (start, end)] if start < end else gaps


def is_done(*, has_text, is_read, watched, seconds):
    """Tell whether a lesson is done: its text read to the end, and each of its videos seen nearly whole.

    `watched` and `seconds` are lists of the same order, one figure for each video.
    """
    seen = all(mine * 100 >= whole * ENOUGH for mine, whole in zip(watched, seconds, strict=True))
    return seen and (is_read or not has_text)
