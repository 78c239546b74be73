"""A callback asks the same Pool for the next page, and waits for it: in the thread that would bring it."""

from multiprocessing import Pool


def fetch(page):
    return page


class Crawler:
    def __init__(self):
        self.pool = Pool(2)  # made
        self.pages = []

    def follow(self, page):
        self.pages.append(page)
        if page < 3:
            self.pages.append(self.pool.apply(fetch, (page + 1,)))  # waits


if __name__ == "__main__":
    crawler = Crawler()
    crawler.pool.apply_async(fetch, (1,), callback=crawler.follow).wait()
    crawler.pool.close()
    crawler.pool.join()
    print(crawler.pages)
