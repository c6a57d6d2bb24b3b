"""Who is at the other end of a connection over loopback.

The Pulumi CLI reaches a provider by a TCP port only, and cannot show it a key. So the provider asks the system whose
the connection is.
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
"""What is before an IPv4 address in IPv6, which gRPC's own clients use."""
ESTABLISHED = "01"
"""In every other state the system has forgotten the user, and shows root."""
ATTEMPTS = 3
"""A table can lack a row when it changes while it is read."""


def is_own(peer: str, port: int) -> bool:
    """Return whether the connection from `peer` (`ipv4:127.0.0.1:50000`) to our port is our own user's.

    Where the system does not say whose it is, it counts as our own.
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
