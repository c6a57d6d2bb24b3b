"""Finds out whether a connection over loopback comes from our own user.

The Pulumi CLI connects to a provider over a TCP port only, without credentials, so the provider asks the system.
"""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

# Linux has these tables, macOS does not: https://docs.kernel.org/networking/proc_net_tcp.html
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LOOPBACK = "{:08X}".format(*struct.unpack("=I", socket.inet_aton("127.0.0.1")))
MAPPED = "{:08X}{:08X}{:08X}".format(*struct.unpack("=III", bytes(10) + b"\xff\xff"))
"""The prefix of an IPv4 address in IPv6, which gRPC's own clients use."""
ESTABLISHED = "01"
"""In every other state the system shows root as the user."""
ATTEMPTS = 3
"""A table may miss a row if it changes while it is read."""


def is_own(peer: str, port: int) -> bool:
    """Return whether the connection from `peer` (`ipv4:127.0.0.1:50000`) to our `port` comes from our own user.

    If the system does not know, it counts as our own.
    """
    if not TABLES[0].exists():
        return True
    peer_port = int(peer.rpartition(":")[2])
    return any(os.geteuid() in _users(peer_port, port) for _ in range(ATTEMPTS))


def _users(from_port: int, to_port: int) -> Iterator[int]:
    rows = [[f"{prefix}{LOOPBACK}:{port:04X}" for port in (from_port, to_port)] for prefix in ("", MAPPED)]
    for table in filter(Path.exists, TABLES):
        for line in table.read_text().splitlines():
            _, *addresses, state, _, _, _, user = line.split()[:8]
            if addresses in rows and state == ESTABLISHED:
                yield int(user)
