"""Every mapped class of this house, by import. A test holds that none is missing."""

from __future__ import annotations

import orgs.areas.models
import orgs.clients.models
import orgs.programmes.models
import orgs.retention.models
import orgs.staff.models
