"""What gunicorn serves. A start that must not be is one sentence on stderr and the code that stops gunicorn too."""

from __future__ import annotations

import gc
import os
import sys

from app.core.errors import BadSetting
from app.core.kek_checks import check_at_start
from app.core.settings import load_web
from app.factory import create_app

_BOOT_FAILED = 3  # gunicorn does not start such a worker again

try:
    settings = load_web(os.environ)
    check_at_start(settings.web_url, settings.kek)
except BadSetting as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(_BOOT_FAILED)
app = create_app(settings)
gc.collect()
gc.freeze()  # gunicorn's workers part from here: what the collector leaves alone stays shared between them
