"""Real races: jobs that start at the same moment, each on a database connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections


def in_threads(*jobs):
    """Run the jobs at once; returns for each its result, or the exception it ended with."""
    start = threading.Barrier(len(jobs))

    def run(job):
        try:
            start.wait(timeout=10)
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def only_error(results):
    """Return the one exception among the results of in_threads."""
    (error,) = [result for result in results if isinstance(result, Exception)]
    return error
