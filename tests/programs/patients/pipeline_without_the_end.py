"""Three stages; the middle one ends at the end mark, and does not pass it on.

Wanted: sink waits for an item of `parsed`, and parse, which alone put there, put 5 and ended; have it put a last item.
"""

from multiprocessing import Process, Queue

END = "END"


def source(raw):
    for number in range(5):
        raw.put(str(number))
    raw.put(END)


def parse(raw, parsed):
    for text in iter(raw.get, END):
        parsed.put(int(text))


def sink(parsed):
    total = 0
    while (value := parsed.get()) != END:  # waits
        total += value
    print("total", total)


if __name__ == "__main__":
    raw, parsed = Queue(), Queue()  # made
    stages = [(source, (raw,)), (parse, (raw, parsed)), (sink, (parsed,))]
    running = [Process(target=stage, args=queues, name=stage.__name__) for stage, queues in stages]
    for process in running:
        process.start()
    for process in running:
        process.join()
