"""One file for each way of telling somebody. A failure says whether trying again could help."""
