"""What `ssh -L PORT:SOCKET host` does, on this machine: a port whose connections go to a Unix socket."""
import contextlib
import socket
import threading


class Forwarding:
    """Listens on a free port of the loopback interface until the block ends."""

    def __init__(self, path):
        self.path = path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    @property
    def address(self):
        return f"http://localhost:{self.port}"

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            daemon = socket.socket(socket.AF_UNIX)
            try:
                daemon.connect(self.path)
            except OSError:
                client.close()  # As sshd does when nobody listens.
                continue
            threading.Thread(target=_join, args=(client, daemon), daemon=True).start()


def _join(one, other):
    """Passes on what comes from either side until one of them ends."""
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()
    one.close()
    other.close()


def _pump(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
