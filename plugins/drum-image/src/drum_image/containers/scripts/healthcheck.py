#!/opt/drum/bin/python -IS
"""Ask the server in this container whether it is alive; for that, neither model nor worker is needed."""

import http.client
import os
import sys

host, _, port = os.environ["ADDRESS"].rpartition(":")
host = host.strip("[]")
prefix = os.environ.get("URL_PREFIX", "").strip("/")
everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
connection = http.client.HTTPConnection(everywhere.get(host, host), int(port), timeout=4)
try:
    connection.request("GET", f"/{prefix}/livez" if prefix else "/livez")
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"no answer: {error}")
sys.exit(0 if status == 200 else f"answered {status}")
