"""A mixin sees to it that no process hangs at its end, for each queue that its object has; the last results are lost.

Wanted: main waits for an item of `results`; crawler called cancel_join_thread() in quit(), and ended before all that it
had put was sent.
"""

import logging
from multiprocessing import Process, Queue

log = logging.getLogger("crawler")


class Quits:
    def quit(self):
        for name, value in vars(self).items():
            if hasattr(value, "cancel_join_thread"):
                value.cancel_join_thread()  # cancelled
                log.debug("%s may be lost", name)


class Crawler(Quits, Process):
    def __init__(self, results):
        super().__init__(name="crawler")
        self.results = results

    def run(self):
        try:
            for page in range(8):
                self.results.put({"page": page, "text": "x" * 50_000})
        finally:
            self.quit()


if __name__ == "__main__":
    results = Queue()  # made
    crawler = Crawler(results)
    crawler.start()
    crawler.join()
    print(sum(len(results.get()["text"]) for _ in range(8)))  # waits
