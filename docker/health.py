"""Health check of the container: exit with status 0 if the service is ready."""

import sys
import urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/health"
with urllib.request.urlopen(URL, timeout=5) as response:
    sys.exit(response.status != 200)
