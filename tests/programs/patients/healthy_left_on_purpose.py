"""Healthy: a helper in a session of its own goes on after main."""

import subprocess
import sys

if __name__ == "__main__":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"], start_new_session=True)
    print("helper started")
