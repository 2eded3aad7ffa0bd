"""Exit with 0 where the service in this container is ready to answer."""

import sys
import urllib.request

with urllib.request.urlopen(
    sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/health", timeout=5
) as answered:
    sys.exit(answered.status != 200)
