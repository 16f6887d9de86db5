"""A Spean that is broken on purpose, to show that the checks can fail: an outbox that publishes each row once.

On the same throw-away database a job that was once leased is never given out again. Then the worker dies with jobs in
its hands; a bell takes a third of a second there, so that it certainly has some. The unbroken Spean tells of these
events when their lease runs out; this one never does, so `telling.covered` must find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_BREAK = """
CREATE FUNCTION public.publish_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_at := now() + interval '10 years';
    RETURN NEW;
END $$;
CREATE TRIGGER publish_once BEFORE UPDATE ON app.outbox FOR EACH ROW
    WHEN (NEW.attempts > OLD.attempts) EXECUTE FUNCTION public.publish_once();
CREATE FUNCTION public.ring_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.3);
    RETURN NULL;
END $$;
CREATE TRIGGER ring_slowly BEFORE INSERT ON app.notifications EXECUTE FUNCTION public.ring_slowly();
"""
_MEND = """
DROP TRIGGER ring_slowly ON app.notifications;
DROP FUNCTION public.ring_slowly();
DROP TRIGGER publish_once ON app.outbox;
DROP FUNCTION public.publish_once();
"""


@contextmanager
def publishing_once(admin_url: str) -> Iterator[None]:
    """Within, the outbox is broken. The administrator changes the schema here, and reads no row."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(_BREAK)
    try:
        yield
    finally:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(_MEND)
