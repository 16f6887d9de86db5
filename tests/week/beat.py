"""The test's own beat: everything that the schedule names, in quick succession. `celery -A tests.week.beat beat`."""

from __future__ import annotations

from worker.beat import app
from worker.schedule import SCHEDULE

SECONDS = 3.0
app.conf.beat_schedule = {
    name: {**entry, "schedule": SECONDS, "options": {"expires": 4 * SECONDS}} for name, entry in SCHEDULE.items()
}
