"""How fast a model is served, where the time goes, and which options make it faster: ``drum perf-test``."""
