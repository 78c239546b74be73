"""A crawler and its server: what is still to be read is in a queue, what was seen in a manager's dict under a lock."""

import http.server
import re
import threading
import urllib.request
from multiprocessing import JoinableQueue, Manager, Process

PAGES = {"/": "/a /b", "/a": "/b /c", "/b": "/ /d", "/c": "", "/d": "/a"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def crawl(address, paths, seen, lock):
    while (path := paths.get()) is not None:
        with urllib.request.urlopen(address + path) as page:
            links = re.findall(r"/\w*", page.read().decode())
        for link in links:
            with lock:
                if link in seen:
                    continue
                seen[link] = True
            paths.put(link)
        paths.task_done()


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with Manager() as manager:
        paths, seen, lock = JoinableQueue(), manager.dict({"/": True}), manager.Lock()
        crawlers = [Process(target=crawl, args=(address, paths, seen, lock)) for _ in range(3)]
        for crawler in crawlers:
            crawler.start()
        paths.put("/")
        paths.join()
        for _ in crawlers:
            paths.put(None)
        for crawler in crawlers:
            crawler.join()
        print(sorted(seen.keys()))
    server.shutdown()
    server.server_close()
