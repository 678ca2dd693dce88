"""netconfd's subsystem, with a pause between the client's hello and its first request.

netconfd 2.13 reads both at once when they arrive together, looks for chunks only in what it reads
afterwards, and never answers that request (NETCONF 1.1 only). Devices know better, so it is the
test server that waits, not the client: `python patient_subsystem.py PROGRAM ARGUMENT...`
"""

import os
import subprocess
import sys
import time

END_OF_HELLO = b"]]>]]>"
PAUSE_SECONDS = 0.3


def main() -> None:
    """Pass on what the client sends; the subsystem answers it by itself."""
    with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, bufsize=0) as subsystem:
        assert subsystem.stdin is not None
        received = b""
        while END_OF_HELLO not in received and (data := os.read(0, 65536)):
            received += data
        hello, end, rest = received.partition(END_OF_HELLO)
        subsystem.stdin.write(hello + end)
        time.sleep(PAUSE_SECONDS)
        while data := rest or os.read(0, 65536):
            subsystem.stdin.write(data)
            rest = b""


if __name__ == "__main__":
    main()
