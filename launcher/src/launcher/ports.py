"""Free TCP ports on the loopback interface."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes the ports of outgoing connections: a port chosen once stays free.
FIRST, LAST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Return distinct ports that were free a moment ago, chosen at random so that two stacks rarely meet."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.randint(FIRST, LAST)  # noqa: S311 - not a secret
        if port not in chosen and is_free(port):
            chosen.append(port)
    return chosen
