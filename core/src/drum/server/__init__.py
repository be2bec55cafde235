"""The front: an event loop that takes requests, keeps its word about limits, and leaves scoring to workers.

It imports no framework, no pandas and no user code.
"""
