"""Stands where the mail sink stands: it ends when it is told to, and as it is told to."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

order = Path(os.environ["SPEAN_MAIL_DIR"]) / "end-sink"
sys.stdout.write("The sink is here.\n")
sys.stdout.flush()
while not order.exists():
    time.sleep(0.05)
sys.exit(order.read_text(encoding="utf-8") or 0)
