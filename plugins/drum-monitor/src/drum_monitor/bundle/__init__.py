"""``drum monitor bundle``: a folder that serves a model, watches it, and shows what was seen."""
