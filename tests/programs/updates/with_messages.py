"""One tells the other: by a queue, a pipe, an event, a barrier, a condition.

Nothing can be lost, so nothing is found.
"""

import contextlib
import os
import time
from multiprocessing import (
    Barrier,
    Condition,
    Event,
    JoinableQueue,
    Manager,
    Pipe,
    Process,
    Queue,
    RawValue,
    SimpleQueue,
    Value,
)
from multiprocessing.connection import Client, Listener, wait
from pathlib import Path

from counting import FILE, PAUSE, both, main, update, way


def puts(queue):
    update()
    queue.put("done")


def gets(queue):
    queue.get()
    update()


@way
def queue():
    both(puts, gets, Queue())


@way
def simple_queue():
    both(puts, gets, SimpleQueue())


@way
def manager_queue():
    with Manager() as manager:
        both(puts, gets, manager.Queue())


def works(tasks):
    for _ in range(3):
        tasks.get()
        update()
        tasks.task_done()


@way
def joinable_queue():
    tasks = JoinableQueue()
    child = Process(target=works, args=(tasks,))
    child.start()
    for number in range(3):
        tasks.put(number)
    tasks.join()
    update()
    child.join()


def takes_the_place(places):
    for _ in range(3):
        places.put("mine")
        update()
        places.get()


@way
def queue_with_one_place():
    both(takes_the_place, takes_the_place, Queue(1))


def sends(first, second):
    update()
    first.send("done")


def receives(first, second):
    second.recv()
    update()


@way
def pipe():
    both(sends, receives, *Pipe())


def pipe_ends(reader, writer):
    writer.close()
    with contextlib.suppress(EOFError):
        reader.recv()
    update()


@way
def pipe_closed():
    reader, writer = Pipe(False)
    child = Process(target=pipe_ends, args=(reader, writer))
    child.start()
    update()
    writer.close()
    child.join()


def speaks(address):
    update()
    with Client(address) as client:
        client.send("done")


@way
def listener():
    with Listener() as listens:
        child = Process(target=speaks, args=(listens.address,))
        child.start()
        with listens.accept() as client:
            client.recv()
        update()
        child.join()


def sets(event):
    update()
    event.set()


def waits(event):
    event.wait()
    update()


@way
def event():
    both(sets, waits, Event())


@way
def event_set_before():
    done = Event()
    child = Process(target=sets, args=(done,))
    child.start()
    while not done.is_set():
        time.sleep(PAUSE)
    update()
    child.join()


@way
def event_waited_for_late():
    done = Event()
    children = [Process(target=sets, args=(done,)), Process(target=waits, args=(done,))]
    children[0].start()
    while not done.is_set():
        time.sleep(PAUSE)
    children[1].start()
    for child in children:
        child.join()


def before_the_barrier(barrier):
    update()
    barrier.wait()


def after_the_barrier(barrier):
    barrier.wait()
    update()


@way
def barrier():
    both(before_the_barrier, after_the_barrier, Barrier(2))


def notifies(condition, ready):
    update()
    with condition:
        ready.value = 1
        condition.notify_all()


def waits_for_notice(condition, ready):
    with condition:
        while not ready.value:
            condition.wait()
    update()


@way
def condition():
    both(notifies, waits_for_notice, Condition(), Value("i", 0))


@way
def condition_with_raw_memory():
    both(notifies, waits_for_notice, Condition(), RawValue("i", 0))


def notifies_and_updates(condition):
    with condition:
        update()
        condition.notify_all()


def waits_for_the_file(condition):
    with condition:
        while Path(FILE).read_text() == "0":
            condition.wait()
        update()


@way
def condition_about_the_file():
    both(notifies_and_updates, waits_for_the_file, Condition())


def polls(event):
    while not event.is_set():
        time.sleep(PAUSE)
    update()


@way
def event_polled():
    both(sets, polls, Event())


def waits_again_and_again(event):
    while not event.wait(PAUSE):
        pass
    update()


@way
def event_waited_for_in_turns():
    both(sets, waits_again_and_again, Event())


def polls_queue(queue):
    while queue.empty():
        time.sleep(PAUSE)
    update()


@way
def queue_no_longer_empty():
    both(puts, polls_queue, Queue())


def takes_token(queue):
    for _ in range(3):
        queue.get()
        update()
        queue.put("token")


@way
def token_in_a_queue():
    queue = Queue()
    queue.put("token")
    both(takes_token, takes_token, queue)


@way
def token_in_a_bounded_queue():
    queue = Queue(1)
    queue.put("token")
    both(takes_token, takes_token, queue)


def makes_room(queue):
    update()
    queue.get()


def needs_room(queue):
    queue.put("second")
    update()


@way
def room_for_one_more():
    queue = Queue(1)
    queue.put("first")
    time.sleep(PAUSE)
    both(makes_room, needs_room, queue)


def polls_pipe(one, other):
    while not other.poll():
        time.sleep(PAUSE)
    update()


@way
def message_polled():
    both(sends, polls_pipe, *Pipe())


def waits_for_pipe(one, other):
    wait([other])
    update()


@way
def message_waited_for():
    both(sends, waits_for_pipe, *Pipe())


def plays(end, begins):
    for _ in range(3):
        if not begins:
            end.recv()
        update()
        end.send("token")
        if begins:
            end.recv()


def begins(one, other):
    plays(one, True)


def follows(one, other):
    plays(other, False)


@way
def token_in_a_pipe():
    both(begins, follows, *Pipe())


def serves(address, ready):
    with Listener(address) as listener:
        ready.set()
        with listener.accept() as connection:
            update()
            connection.send("done")
            connection.recv()


def asks(address, ready):
    ready.wait()
    with Client(address) as connection:
        connection.recv()
        update()
        connection.send("bye")


@way
def connection_of_a_listener():
    both(serves, asks, os.path.abspath("socket"), Event())


if __name__ == "__main__":
    main()
