"""Compare windows of rows with a reference."""
