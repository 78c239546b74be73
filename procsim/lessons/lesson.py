"""The lessons: for each statement that procsim teaches, its two ways, and what to tell and to ask a class about it.

In the order in which they are taught, those of one command together.
"""

from typing import NamedTuple

from procsim.language import N_


class Question(NamedTuple):
    """What to ask the class, and what is behind it."""

    asked: str
    answer: str


class Lesson(NamedTuple):
    """One statement, and how to teach it. The texts are messages, to be translated where they are shown."""

    id: str
    """Such as "M1"; the claims under a run bear it, too."""
    statement: str
    right: str
    """The arguments of `procsim` that show it done well."""
    wrong: str
    """Those that show what goes wrong otherwise; empty where nothing does."""
    about: str
    look: str
    """What to look for on the screen."""
    questions: tuple[Question, ...]

    @property
    def scenario(self) -> str:
        """The command of its scenario."""
        return self.right.split()[0]

    @property
    def ways(self) -> tuple[str, ...]:
        """The arguments of its ways, the right one first."""
        return (self.right, self.wrong) if self.wrong else (self.right,)


LESSONS = (
    Lesson(
        "D1",
        N_("A daemon process ends when the process it guards ends"),
        "daemon",
        "daemon --no-daemon",
        N_(
            "Main starts a guard and is done long before the guard's watch is over. A daemon is not asked whether it "
            "has finished: as main ends, it is terminated."
        ),
        N_(
            "The guard says that it is on guard. Then main has no more to do, and the guard's row turns to “ended by "
            "SIGTERM”. Its last line never comes."
        ),
        (
            Question(
                N_("The guard wanted to say one more thing. Why did it not?"),
                N_(
                    "It was still asleep when main ended. Main's last act is to terminate its daemons; it does not "
                    "wait for them."
                ),
            ),
            Question(
                N_("Would you let a daemon write your homework to disk?"),
                N_(
                    "Rather not: it may be ended in the middle of a line. A daemon is for work that nobody misses "
                    "when it stops."
                ),
            ),
        ),
    ),
    Lesson(
        "D2",
        N_("A child that is no daemon is waited for"),
        "daemon --no-daemon",
        "daemon",
        N_(
            "The same guard, but an ordinary child this time. Main has no more to do, and yet it cannot end: Python "
            "waits for every child that is no daemon."
        ),
        N_(
            "Main says that it has no more to do, and then its row says “waiting for guard to end”. The guard says "
            "its last line, and only then both are gone."
        ),
        (
            Question(
                N_("Nobody has called join(). Who waits here?"),
                N_(
                    "multiprocessing does, at the end of every main process: it joins all children that are no daemons."
                ),
            ),
            Question(
                N_("Which of the two ways is right?"),
                N_("Both: it depends on whether the child's work still counts when main is done."),
            ),
        ),
    ),
    Lesson(
        "D3",
        N_("daemon = True must stand before start()"),
        "daemon",
        "daemon --set-after-start",
        N_(
            "Whether a process is a daemon is decided when it starts. Afterwards it is too late, and Python says so "
            "by an AssertionError."
        ),
        N_("Main says what the assignment raised. The child goes on as an ordinary child, and main waits for it."),
        (
            Question(
                N_("The program caught the error and went on. What has the child become?"),
                N_("An ordinary child: the assignment has changed nothing, and main waits for it to the end."),
            ),
            Question(
                N_("Why must Python know it so early?"),
                N_("The new process takes the mark with it as it begins. Nobody can put it there from outside later."),
            ),
        ),
    ),
    Lesson(
        "D4",
        N_("A daemon may have no children of its own"),
        "daemon",
        "daemon --grandchild",
        N_(
            "The guard tries to start a helper. A daemon can be terminated at any moment, and then nobody would be "
            "left to look after that helper; so Python forbids it."
        ),
        N_(
            "An AssertionError is raised in the guard, at the line of its own start(). The guard ends with exit code "
            "1; main is not hurt."
        ),
        (
            Question(
                N_("Where was the exception raised: in main, or in the child?"),
                N_("In the child. Main sees nothing of it but the exit code 1."),
            ),
            Question(
                N_("Who would end the grandchild, if it were allowed?"),
                N_("Nobody. The daemon is terminated without a chance to do so: an orphan would stay behind."),
            ),
        ),
    ),
    Lesson(
        "D5",
        N_("A main that is killed takes no daemon with it"),
        "daemon",
        "daemon --kill-main",
        N_(
            "It is main itself that ends its daemons, as its last act. A main that is killed by SIGKILL does nothing "
            "any more, so its daemon lives on."
        ),
        N_(
            "Main's row says “ended by SIGKILL”, and the guard is still running, an orphan. procsim ends it, and "
            "tells for how long it lived on."
        ),
        (
            Question(
                N_("What does “a daemon ends with main” rest on, then?"),
                N_("On main coming to its end in good order. It is a courtesy of Python's, not a law of the system."),
            ),
            Question(
                N_("How would you find such an orphan on your own machine?"),
                N_("ps shows it with another parent, mostly number 1."),
            ),
        ),
    ),
    Lesson(
        "M1",
        N_("Several processes changing one number at once corrupt it"),
        "tickets --users 10 --lock",
        "tickets --users 10 --no-lock",
        N_(
            "Ten people want one of three tickets. Buying is three steps: read the number left, take a moment, write "
            "the number less one. Without a lock they all stand between the first step and the last at the same time."
        ),
        N_(
            "Many say that they read 3. Each of them writes 2. In the end the file says that 2 are left, and far more "
            "tickets are sold than there ever were."
        ),
        (
            Question(
                N_("Nobody made a mistake in arithmetic. Where did the tickets come from?"),
                N_(
                    "From old news. Each wrote a number that was right when it was read, and over what the others had "
                    "written since."
                ),
            ),
            Question(
                N_("Would it help to make the pause shorter?"),
                N_(
                    "It would happen less often, and be harder to find. The gap between reading and writing never "
                    "closes by itself."
                ),
            ),
            Question(
                N_("Run it twice. Are the figures the same?"),
                N_("Hardly ever. That is what makes a race so unpleasant: the test was green yesterday."),
            ),
        ),
    ),
    Lesson(
        "M2",
        N_("A lock turns concurrent into serial, and the data is safe"),
        "tickets --users 10 --lock",
        "tickets --users 10 --no-lock",
        N_(
            "The same ten people, but who buys holds the lock from reading to writing. All the others wait for it, "
            "one goes after the other, and every number read is the newest."
        ),
        N_(
            "One row says “holds mutex”, the others “waiting for mutex”. The number left goes 3, 2, 1, 0, and whoever "
            "comes then gets none."
        ),
        (
            Question(
                N_("How many are between reading and writing at any moment?"),
                N_("Never more than one: that is what “mutual exclusion” means. The verdict has counted it."),
            ),
            Question(
                N_("Do they get the lock in the order in which they came?"),
                N_("Nobody promises that. The system wakes one of those who wait."),
            ),
        ),
    ),
    Lesson(
        "M3",
        N_("…and efficiency falls"),
        "tickets --compare",
        "",
        N_(
            "Safety has its price: with the lock the purchases stand in a line, where before they went side by side. "
            "Both ways are run, one after the other, and put beside each other."
        ),
        N_(
            "The wall time of each way, their ratio, and how long all the processes together stood waiting for the "
            "lock."
        ),
        (
            Question(
                N_("Ten times as many people: how much longer does each way take?"),
                N_(
                    "Without the lock hardly longer, with it about as much longer as there are tickets to sell: the "
                    "line grows."
                ),
            ),
            Question(
                N_("Which of the two is faster at selling three tickets rightly?"),
                N_("Only one of them does it at all. Fast and wrong is no competitor."),
            ),
        ),
    ),
    Lesson(
        "M4",
        N_("The lock is made in main and handed to the children"),
        "tickets --lock-made-in main",
        "tickets --lock-made-in child",
        N_(
            "Every process locks before it buys, and still too many tickets are sold: each has made a lock of its "
            "own. A lock keeps out only those who share it."
        ),
        N_(
            "Nobody waits, although everybody locks. Several stand between reading and writing at once, and the "
            "verdict says how many."
        ),
        (
            Question(
                N_("Ten doors to one room, each with a key of its own. Who is kept out?"),
                N_("Nobody. One room needs one lock, and everybody has to use that one."),
            ),
            Question(
                N_("How does a child get hold of main's lock?"),
                N_("As an argument: Process(target=…, args=(lock,))."),
            ),
        ),
    ),
    Lesson(
        "M5",
        N_("Lock only what needs it"),
        "tickets --lock-around buy",
        "tickets --lock-around all",
        N_(
            "Looking how many are left harms nobody; only buying must be guarded. Who holds the lock while looking, "
            "too, makes everybody wait for that as well."
        ),
        N_(
            "Compare the time waited: with the lock round buying alone, all of them look at once; with the lock round "
            "everything they stand in line even for a look."
        ),
        (
            Question(
                N_("Is it wrong to lock too much?"),
                N_(
                    "The result is right, but it is slower for nothing. Lock too little, and it is wrong: begin at "
                    "the read that the write depends on."
                ),
            ),
            Question(
                N_("May one buy by the number seen when looking?"),
                N_("No. It may be old by then: inside the lock the number is read again."),
            ),
        ),
    ),
    Lesson(
        "M7",
        N_("A process that dies holding the lock leaves the others waiting"),
        "tickets --lock",
        "tickets --crash-holder",
        N_(
            "The first buyer is killed at the counter with the lock in hand. A lock of multiprocessing does not "
            "notice that its holder is gone; nobody will ever release it."
        ),
        N_(
            "One row is red: ended by SIGKILL. All the others wait for the mutex, for ever, and the finding says "
            "whose hand it is in."
        ),
        (
            Question(
                N_("Would “with lock:” have released it?"),
                N_(
                    "After an exception, yes. After SIGKILL no line of the program runs any more, and the lock stays "
                    "taken."
                ),
            ),
            Question(
                N_("How could the others protect themselves?"),
                N_("By acquire(timeout=…), and a thought about what to do then: the data may be half written."),
            ),
        ),
    ),
    Lesson(
        "M6",
        N_("Careless locking deadlocks"),
        "deadlock --ordered",
        "deadlock",
        N_(
            "Two eaters need a bowl and a spoon. One has taken the bowl, the other the spoon, and each waits for what "
            "the other has. It never ends, and no error is raised."
        ),
        N_(
            "Both rows say for what they wait, for ever. The finding names the circle: who holds what, who waits for "
            "it, at which line. “--ordered” shows the cure, “--self” one who waits for itself."
        ),
        (
            Question(
                N_("Which of the two should give way?"),
                N_("Neither can: both stand inside acquire(). The order must be agreed on beforehand."),
            ),
            Question(
                N_("Why does it help when both take the bowl first?"),
                N_(
                    "Who has the bowl can be sure of the spoon, since nobody takes the spoon without the bowl. So "
                    "there is no circle."
                ),
            ),
            Question(
                N_("How often does it happen, without the agreement?"),
                N_("In real programs seldom enough to pass the tests, and often enough to stop the shop on a holiday."),
            ),
        ),
    ),
    Lesson(
        "Q1",
        N_("A Queue(5) holds five"),
        "queue --size 5",
        "",
        N_(
            "Main puts message after message into a queue that holds five, and asks from time to time whether it is "
            "full."
        ),
        N_("The bar of the queue grows to 5/5. full() is False at three and True at five."),
        (
            Question(
                N_("Why would one want a queue that holds so little?"),
                N_("A limit slows down whoever is too fast, before the memory is full."),
            ),
            Question(
                N_("What does Queue() without a number hold?"),
                N_("As many as you like: it is full only when the memory is."),
            ),
        ),
    ),
    Lesson(
        "Q2",
        N_("put on a full queue blocks until there is room"),
        "queue --size 5",
        "",
        N_(
            "The sixth message finds no room. put() does not raise and does not throw anything away: it waits until "
            "somebody has taken one."
        ),
        N_(
            "Main's row says that the queue is full and stays so, until the taker has taken one. The verdict tells "
            "how long that took, and whose get() it was."
        ),
        (
            Question(
                N_("What if nobody ever takes one?"),
                N_("Then put() waits for ever. procsim would say so, with the line."),
            ),
            Question(
                N_("Is waiting here good or bad?"),
                N_(
                    "Good: the fast side is held back to the pace of the slow one, and nobody had to write code for it."
                ),
            ),
        ),
    ),
    Lesson(
        "Q3",
        N_("get on an empty queue blocks until there is an item"),
        "queue --size 5",
        "",
        N_(
            "The taker has emptied the queue and asks for another message. There is none yet, so get() waits for the "
            "next put()."
        ),
        N_("The taker's row says that the queue is empty. Then main puts one more, and at once the taker goes on."),
        (
            Question(
                N_("Does a process that waits in get() use the processor?"),
                N_("No. It sleeps in the system until something comes. Asking again and again would."),
            ),
            Question(
                N_("How can a taker be told that nothing more will come?"),
                N_("By an agreed last message, or it is a daemon and ends with main."),
            ),
        ),
    ),
    Lesson(
        "Q4",
        N_("get_nowait on an empty queue raises at once"),
        "queue --size 5",
        "",
        N_(
            "Sometimes one would rather have an answer than wait. get_nowait() takes an item if there is one, and "
            "else raises queue.Empty."
        ),
        N_("The narration tells of queue.Empty; the verdict says after how many milliseconds it came."),
        (
            Question(
                N_("What is the difference between no item and an error?"),
                N_("Here none: “nothing there now” is an answer, and Python gives it as an exception, to be caught."),
            ),
            Question(
                N_("From which module does the exception come?"),
                N_("From queue, not from multiprocessing: except queue.Empty."),
            ),
        ),
    ),
    Lesson(
        "Q5",
        N_("What full() and empty() said is stale a moment later"),
        "queue --stale",
        "",
        N_(
            "Between asking and acting, another process may have put or taken something. Several processes ask and "
            "then act, many times, and it is counted how often the answer was no longer true."
        ),
        N_("Of so many tries so many met something else than they had been told."),
        (
            Question(
                N_("The queue said that it was not full, and put_nowait() raised queue.Full. Did it lie?"),
                N_("No, it spoke the truth of a moment ago. Only the act itself can tell what is true now."),
            ),
            Question(
                N_("Where have you seen the same mistake today?"),
                N_("At the tickets: read, take a moment, act on old news."),
            ),
        ),
    ),
    Lesson(
        "Q6",
        N_("First in, first out"),
        "queue --size 5",
        "",
        N_("A queue keeps the order: what was put first is taken first."),
        N_(
            "The verdict puts both orders beside each other, that in which they went in and that in which they came "
            "out."
        ),
        (
            Question(
                N_("Does that hold with several takers, too?"),
                N_("They are taken in order; who is done with which first, nobody can say."),
            ),
            Question(
                N_("And with several who put?"),
                N_("For each of them its own order holds; how they mingle is up to chance."),
            ),
        ),
    ),
    Lesson(
        "Q7",
        N_("Each message is taken by one process only"),
        "queue --takers 4",
        "",
        N_(
            "Four processes take from one queue. No message reaches two of them, and none is lost: so a queue shares "
            "out work without a lock of one's own."
        ),
        N_("Who has taken how many. The sum is what was put."),
        (
            Question(
                N_("Do all four take the same number?"),
                N_("Hardly. Who is ready takes the next: the quick do more."),
            ),
            Question(
                N_("The tickets needed a lock of ours. Why not this?"),
                N_("The queue has its locks inside: taking is one step, not reading and then writing."),
            ),
        ),
    ),
    Lesson(
        "Q8",
        N_("A queue takes up bursts"),
        "queue --burst",
        "",
        N_(
            "Much comes at once, and is worked off steadily. A message stays in the queue until somebody takes it, so "
            "that nobody has to be as fast as the worst moment."
        ),
        N_("The depth of the queue over time: it leaps up, and then drains step by step."),
        (
            Question(
                N_("What happens if the burst never ends?"),
                N_("The queue grows without end, or the puts block. It evens out; it does not make anybody faster."),
            ),
            Question(
                N_("Where do you stand in such a queue?"),
                N_("At the canteen at noon."),
            ),
        ),
    ),
    Lesson(
        "J1",
        N_("join() waits until every item was handled, not merely taken"),
        "queue --joinable",
        "queue --joinable --no-task-done",
        N_(
            "All messages were taken, the queue is empty, and still join() does not return: nobody has reported that "
            "the work is done."
        ),
        N_("The depth is 0, but “unfinished” is not. Main waits, for ever, and the finding says for how many reports."),
        (
            Question(
                N_("The queue is empty. What does it still count?"),
                N_("The items put, less the calls of task_done(). Taking does not count."),
            ),
            Question(
                N_("Why is “taken” not enough?"),
                N_("Who has taken a dumpling has not eaten it yet. Main wants to know that the work is done."),
            ),
        ),
    ),
    Lesson(
        "J2",
        N_("With task_done() it returns"),
        "queue --joinable",
        "queue --joinable --no-task-done",
        N_("Each taker reports every message once it has handled it. With the last report join() returns."),
        N_(
            "“unfinished” counts down. The verdict puts the moment of the last task_done() beside that of join()'s "
            "return."
        ),
        (
            Question(
                N_("Where in the loop should task_done() stand?"),
                N_("After the work, and in a finally, if the work may fail: else one failure stops everybody."),
            ),
            Question(
                N_("Does main see the results then?"),
                N_("No. It learns only that all is done. Results need a way of their own."),
            ),
        ),
    ),
    Lesson(
        "J3",
        N_("One task_done() too many raises"),
        "queue --joinable",
        "queue --joinable --extra-task-done",
        N_(
            "The queue counts what is unfinished. Below nothing there is nothing: one report more than there were "
            "messages is a ValueError."
        ),
        N_("Who reported once too often, at which line, and what Python said."),
        (
            Question(
                N_("Why is that an error and not just ignored?"),
                N_("Somebody has counted wrongly. Another join() would have returned too early, in silence."),
            ),
            Question(
                N_("How does one report twice by mistake?"),
                N_("Once in the loop and once in the finally, mostly."),
            ),
        ),
    ),
    Lesson(
        "I1",
        N_("Processes cannot see each other's data"),
        "ipc",
        "ipc --via memory",
        N_(
            "A child changes a variable, and main looks at it afterwards. Each process has a memory of its own: what "
            "the child has changed was its own copy."
        ),
        N_("The child says what it has made of the number; main finds the old one. Two PIDs, two values."),
        (
            Question(
                N_("It is the same variable in the same file. Why two values?"),
                N_("The program is the same, but it runs twice, and each run has its own memory."),
            ),
            Question(
                N_("Would it be the same with threads?"),
                N_("No. Threads share the memory of their process, with all that comes of it."),
            ),
        ),
    ),
    Lesson(
        "I2",
        N_("A queue carries data from one child to another"),
        "ipc",
        "ipc --via memory",
        N_(
            "The process p puts a message into a queue, and c takes it out. Neither has to know the other; both have "
            "been given the queue by main."
        ),
        N_(
            "c waits, since the queue is empty. p puts the message, and at once c has got it. The verdict says how "
            "long it was on its way."
        ),
        (
            Question(
                N_("Is it the same object that arrives?"),
                N_("No, a copy: it was packed into bytes here and unpacked there."),
            ),
            Question(
                N_("What cannot be sent like that?"),
                N_("What cannot be pickled: a lambda, an open file, a generator."),
            ),
        ),
    ),
    Lesson(
        "I3",
        N_("The other ways: pipe, value, manager"),
        "ipc --compare",
        "",
        N_(
            "A pipe joins two processes, a shared Value is one number that both can see, a manager is a process that "
            "keeps data for the others. They differ in what they can do, and in speed."
        ),
        N_("Messages a second and the time that one takes, for each way, in one run."),
        (
            Question(
                N_("Why is the manager so slow?"),
                N_("Every access is a question to a third process, and an answer."),
            ),
            Question(
                N_("When would you take a pipe instead of a queue?"),
                N_("Between just two processes, when speed counts: the queue is made of a pipe and locks."),
            ),
        ),
    ),
    Lesson(
        "P1",
        N_("Producers make, consumers take, the queue stands between"),
        "prodcons --producers 3",
        "",
        N_(
            "Three cooks make food and put it into a queue, a guest takes it out and eats. They never speak to each "
            "other: all they know is the queue."
        ),
        N_("Who makes what, who eats what; in the end as much is eaten as was made."),
        (
            Question(
                N_("What would a cook have to know without the queue?"),
                N_("Who is hungry, and when. With it he need not even know how many guests there are."),
            ),
            Question(
                N_("Can you put in a fourth cook while the others work?"),
                N_("Yes, without changing a line of the others."),
            ),
        ),
    ),
    Lesson(
        "P2",
        N_("It evens out supply and demand that do not match"),
        "prodcons --producers 3 --consumers 3",
        "prodcons --producers 3 --consumers 1",
        N_(
            "One side is always faster. The queue takes up the difference: when it is full the makers wait, when it "
            "is empty the eaters do."
        ),
        N_(
            "Run it with one consumer, then with three. The first time the queue is full and the producers wait, the "
            "second time it is empty and the consumers do."
        ),
        (
            Question(
                N_("How many guests would be just right?"),
                N_(
                    "As many as eat in a second what is made in a second. The two waiting times tell which side is "
                    "too many."
                ),
            ),
            Question(
                N_("Does a larger queue help?"),
                N_("Against ups and downs, yes. Against a side that is always slower, no."),
            ),
        ),
    ),
    Lesson(
        "P3",
        N_("The consumer must be a daemon, or the program never ends"),
        "prodcons --producers 3",
        "prodcons --no-daemon",
        N_(
            "The consumer asks for the next dish for ever. When all cooks are gone, nobody is left to put one; and "
            "main waits for a child that waits for nothing."
        ),
        N_("The consumer waits in get(), for ever; main waits for the consumer. The finding names the line."),
        (
            Question(
                N_("Everything is eaten. Why does it not end?"),
                N_("The consumer does not know that this was the last one. A queue has no end by itself."),
            ),
            Question(
                N_("What else would help besides a daemon?"),
                N_("A last message for each consumer that means: go home."),
            ),
        ),
    ),
    Lesson(
        "P4",
        N_("Main must join the queue, or items are lost"),
        "prodcons --producers 3",
        "prodcons --no-join",
        N_(
            "As main ends, so do the daemons, also in the middle of a bite. Unless main waits until all is handled, "
            "what is in the queue and what is half eaten is lost."
        ),
        N_("What was made, what was eaten, and the difference: so many in the queue, so many half eaten."),
        (
            Question(
                N_("No error, exit code 0. How would you notice?"),
                N_("By counting. That is why such losses live long in programs."),
            ),
            Question(
                N_("Why is joining the producers not enough?"),
                N_("It says that all is made, not that all is eaten."),
            ),
        ),
    ),
    Lesson(
        "P5",
        N_("The consumer must call task_done(), or join() never returns"),
        "prodcons --producers 3",
        "prodcons --no-task-done",
        N_(
            "Everything is made and eaten, but the consumer has reported nothing. Main waits for reports that nobody "
            "will ever make."
        ),
        N_("The queue is empty, and main waits for its tasks, for ever."),
        (
            Question(
                N_("Who could still help main?"),
                N_("Nobody: the consumer waits for the next dish, and all cooks are gone."),
            ),
            Question(
                N_("At which line is the mistake?"),
                N_(
                    "At one that is not there: after eating, task_done() is missing. Main's line is only where it "
                    "shows."
                ),
            ),
        ),
    ),
)
"""All of them."""


def about(word: str) -> list[Lesson]:
    """The lesson of that id, or those of that scenario; none where there is neither."""
    return [lesson for lesson in LESSONS if word.upper() == lesson.id or word == lesson.scenario]
