"""As pool_waits_for_itself, cured: the callback submits the next page, and does not wait for it."""

import threading
from multiprocessing import Pool


def fetch(page):
    return page


class Crawler:
    def __init__(self):
        self.pool = Pool(2)
        self.pages = []
        self.done = threading.Event()

    def follow(self, page):
        self.pages.append(page)
        if page < 3:
            self.pool.apply_async(fetch, (page + 1,), callback=self.follow)
        else:
            self.done.set()


if __name__ == "__main__":
    crawler = Crawler()
    crawler.pool.apply_async(fetch, (1,), callback=crawler.follow)
    crawler.done.wait()
    crawler.pool.close()
    crawler.pool.join()
    print(crawler.pages)
