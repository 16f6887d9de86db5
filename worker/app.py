"""The Celery application: `celery -A worker.app worker`. The schedule has one of its own (`worker/beat.py`)."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import worker_before_create_process

from app.core.logs import init_logs
from app.core.settings import load_worker
from referrals import mappers
from worker.config import celery_settings

init_logs()
mappers.configure()
app = Celery("spean", include=["worker.tasks"])
app.conf.update(celery_settings(load_worker(os.environ)))


def _share(**_given: object) -> None:
    """The processes of the pool part from here: what the collector leaves alone stays shared between them."""
    gc.collect()
    gc.freeze()


worker_before_create_process.connect(_share)
