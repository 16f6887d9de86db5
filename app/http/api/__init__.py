"""The base of the JSON API: how it reads, what it answers, how it is documented. The houses bring the resources."""
