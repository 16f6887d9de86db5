"""What staff do with their organisation's client records."""

from orgs.clients.use_cases.episodes import end_episode, end_referred, open_episode, walk_in
from orgs.clients.use_cases.erasure import erase, hold_for_erasing
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import archive, create_client, edit_client, reassign, unarchive

__all__ = [
    "add_note",
    "archive",
    "create_client",
    "edit_client",
    "end_episode",
    "end_referred",
    "erase",
    "hold_for_erasing",
    "open_episode",
    "reassign",
    "unarchive",
    "walk_in",
]
