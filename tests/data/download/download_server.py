"""An HTTP server on the loopback that breaks off, refuses ranges, or serves what it should not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Behaviour:
    """What the server has, how it behaves, and what was asked of it.

    Args:
        files: bytes by path.
        cuts: after how many bytes each of the next answers breaks off; None: not at all.
        ranges: whether it serves parts.
        status: an error to answer with instead.
        tag: the version of its files.
    """

    def __init__(self, files, *, cuts=(), ranges=True, status=None, tag='"1"'):
        self.files, self.cuts, self.ranges, self.status, self.tag = files, list(cuts), ranges, status, tag
        self.asked = []
        self.sent = 0
        self.address = ""


def handler(behaviour):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            behaviour.asked.append(self.headers.get("Range"))
            content = behaviour.files.get(self.path)
            if behaviour.status or content is None:
                self.send_error(behaviour.status or 404)
                return
            start = self.start_of(content)
            if start is None:
                return
            self.send_header("Content-Length", str(len(content) - start))
            if behaviour.tag:
                self.send_header("ETag", behaviour.tag)
            self.end_headers()
            cut = behaviour.cuts.pop(0) if behaviour.cuts else None
            sent = content[start:] if cut is None else content[start : start + cut]
            self.wfile.write(sent)
            behaviour.sent += len(sent)
            self.close_connection = True

        def start_of(self, content):
            """Where to begin, with the status line sent; None if an error was."""
            asked = self.headers.get("Range")
            same = self.headers.get("If-Range") in (None, behaviour.tag)
            if not asked or not behaviour.ranges or not same:
                self.send_response(200)
                return 0
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return None
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            return start

    return Handler


@contextmanager
def serving(behaviour) -> Iterator[Behaviour]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(behaviour)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        behaviour.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield behaviour
        finally:
            server.shutdown()
            thread.join()
