"""A wire tap between two daemons: passes datagrams on and keeps a copy of every byte."""
import select, socket, threading


class Relay:
    """Who sends to `port` is connected with `target_port`, both on [::1]. `seen` is all that passed, both ways."""

    def __init__(self, target_port):
        self.front, self.back = (socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(2))
        self.front.bind(("::1", 0))
        self.back.connect(("::1", target_port))
        self.port = self.front.getsockname()[1]
        self.seen, self.client, self.ended = bytearray(), None, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            for ready in select.select([self.front, self.back], [], [], 0.1)[0]:
                try:
                    if ready is self.front:
                        data, self.client = self.front.recvfrom(65536)
                        self.back.send(data)
                    else:
                        data = self.back.recv(65536)
                        self.front.sendto(data, self.client)
                    self.seen += data
                except OSError:
                    continue  # nobody listens yet, or any more

    def close(self):
        self.ended.set()
        self.thread.join()
        self.front.close(), self.back.close()
