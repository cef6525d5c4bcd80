"""Real races: jobs that start at the same moment, each on a database connection of its own."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections


def in_threads(*jobs, patience=None):
    """Run the jobs at once; returns for each its result, or the exception it ended with.

    `patience`: the seconds each waits for a lock instead of the portal's three. Many jobs on a slow machine would
    time out in an orderly queue, and it is the order that such a test asks about.
    """
    start = threading.Barrier(len(jobs))

    def run(job):
        try:
            if patience:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = %s", [f"{patience}s"])
            start.wait(timeout=60)
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def meeting(people=2, seconds=3):
    """Return a function in which so many threads wait for each other; who cannot come, held by a lock, is not waited for.

    A pause instead would let a loaded machine run them one after the other, and a race would prove nothing.
    """
    place = threading.Barrier(people)

    def meet():
        with contextlib.suppress(threading.BrokenBarrierError):
            place.wait(timeout=seconds)

    return meet


def only_error(results):
    """Return the one exception among the results of in_threads."""
    (error,) = [result for result in results if isinstance(result, Exception)]
    return error
