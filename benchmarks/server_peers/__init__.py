"""What ``benchmarks/server.py`` needs: models and rows, the servers it compares, the load, the report."""
