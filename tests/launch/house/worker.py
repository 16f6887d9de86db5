"""A real Celery application with nothing to do."""

import os

from celery import Celery

url = os.environ["SPEAN_REDIS_URL"].replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
app = Celery("worker", broker=url)
