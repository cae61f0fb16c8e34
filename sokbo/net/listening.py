"""Where a service listens: the same for whoever looks beforehand whether it can."""

import socket

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the first address that `host`, a name or an address, stands for; at a free port if `port` is 0.

    The remains of closed connections don't count, another listener does. Raises OSError; socket.gaierror for a name that stands
    for none.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address, family=family, backlog=BACKLOG)
