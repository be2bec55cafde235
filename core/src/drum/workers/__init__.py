"""Worker processes: each has a scorer of its own on its main thread; the front talks to them by frames."""
