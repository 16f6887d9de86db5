"""The schedule's process: `celery -A worker.beat beat`. It sends names of tasks and does none of them.

So it needs no table, no database's address and no mail server's, and takes half the memory of a worker.
"""

from __future__ import annotations

import os

from celery import Celery

from app.core.logs import init_logs
from app.core.settings import load_shared
from worker.config import celery_settings
from worker.schedule import SCHEDULE

init_logs()
app = Celery("spean")
app.conf.update(celery_settings(load_shared(os.environ)), beat_schedule=SCHEDULE)
