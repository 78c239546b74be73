"""Two add to an attribute of a Manager's Namespace: an update is lost.

Wanted: updates of board.score lost, with the lines of the read and the write.
"""

from multiprocessing import Barrier, Manager, Process


def play(board, both):
    score = board.score  # reads
    both.wait()
    board.score = score + 1  # writes


if __name__ == "__main__":
    with Manager() as manager:
        board, both = manager.Namespace(score=0), Barrier(2)
        players = [Process(target=play, args=(board, both), name=f"player-{n}") for n in range(2)]
        for player in players:
            player.start()
        for player in players:
            player.join()
        print("score", board.score)
