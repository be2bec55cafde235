"""What it takes to try a model out: its features read and written again, and a client that asks a server for it."""
