"""One tells the other by files, by what is in them or by their names; or each works with files of its own.

Nothing can be lost, so nothing is found.
"""

import contextlib
import json
import os
import time
from multiprocessing import Event, Process
from pathlib import Path

from counting import FILE, PAUSE, both, main, replace_file, update, way


def writes_file():
    update()
    with open("done", "w") as file:
        file.write("yes")


def polls_content():
    while not os.path.exists("done") or Path("done").read_text() != "yes":
        time.sleep(PAUSE)
    update()


@way
def file_as_a_flag():
    both(writes_file, polls_content)


def polls_path():
    while not os.path.exists("done"):
        time.sleep(PAUSE)
    update()


@way
def path_that_exists():
    both(writes_file, polls_path)


def renames():
    update()
    Path("almost").write_text("yes")
    os.replace("almost", "done")


@way
def renamed():
    both(renames, polls_path)


def polls_folder():
    while "done" not in os.listdir():
        time.sleep(PAUSE)
    update()


@way
def seen_in_the_folder():
    both(renames, polls_folder)


def removes():
    update()
    os.remove("busy")


def polls_absence():
    while Path("busy").exists():
        time.sleep(PAUSE)
    update()


@way
def removed():
    Path("busy").touch()
    both(removes, polls_absence)


def logs_its_update():
    update()
    with open("log", "a") as file:
        file.write("updated\n")


def follows_log():
    while "updated" not in Path("log").read_text():
        time.sleep(PAUSE)
    update()


@way
def log():
    Path("log").touch()
    both(logs_its_update, follows_log)


def even():
    turns(0)


def odd():
    turns(1)


def turns(rest):
    for _ in range(3):
        while not (text := Path(FILE).read_text()) or int(text) % 2 != rest:
            time.sleep(PAUSE)
        update()


@way
def turns_by_the_file():
    both(even, odd)


def logs(name="log"):
    for number in range(5):
        with open(name, "a") as file:
            file.write(f"{os.getpid()} {number}\n")


@way
def log_that_grows():
    Path("log").touch()
    both(logs, logs)


def marks_done():
    update()
    Path("done").touch()


def marked(check):
    while not check("done"):
        time.sleep(PAUSE)
    if check("done"):
        update()


def waits_by_opening():
    def check(name):
        try:
            open(name).close()
        except FileNotFoundError:
            return False
        return True

    marked(check)


def waits_by_path():
    marked(lambda name: Path(name).is_file())


def waits_by_glob():
    marked(lambda name: list(Path().glob("do*")))


def waits_by_access():
    marked(lambda name: os.access(name, os.R_OK))


@way
def done_marker_opened():
    both(marks_done, waits_by_opening)


@way
def done_marker_double_checked():
    both(marks_done, waits_by_path)


@way
def done_marker_in_a_glob():
    both(marks_done, waits_by_glob)


@way
def done_marker_accessed():
    both(marks_done, waits_by_access)


def marks_by_replacing():
    update()
    replace_file("ready.json", json.dumps({"ready": True}))


def waits_for_content():
    while True:
        with contextlib.suppress(FileNotFoundError):
            if json.loads(Path("ready.json").read_text())["ready"]:
                break
        time.sleep(PAUSE)
    update()


@way
def renamed_into_place():
    both(marks_by_replacing, waits_for_content)


def marks_by_renaming():
    update()
    Path("ready.tmp").write_text("yes")
    os.rename("ready.tmp", "ready")


def waits_to_open():
    while True:
        with contextlib.suppress(FileNotFoundError), open("ready") as file:
            file.read()
            break
        time.sleep(PAUSE)
    update()


@way
def renamed_and_opened():
    both(marks_by_renaming, waits_to_open)


def marks_by_size():
    update()
    with open("sized", "w") as file:
        file.write("0123456789")


def waits_for_size():
    while not os.path.exists("sized") or os.path.getsize("sized") < 10:
        time.sleep(PAUSE)
    update()


@way
def waits_for_its_size():
    both(marks_by_size, waits_for_size)


def changes_config():
    update()
    with open("config.json", "w") as file:
        json.dump({"name": "new"}, file)


def reloads_config():
    while os.stat("config.json").st_mtime == 1 or os.path.getsize("config.json") == 0:
        time.sleep(PAUSE)
    with open("config.json") as file:
        json.load(file)
    update()


@way
def config_reloaded_by_its_time():
    Path("config.json").write_text('{"name": "old"}')
    os.utime("config.json", (1, 1))
    both(changes_config, reloads_config)


def counts_then_rests():
    update()


def waits_for_a_new_time():
    while os.path.getmtime(FILE) == 1 or os.path.getsize(FILE) == 0:
        time.sleep(PAUSE)
    update()


@way
def time_of_the_file_itself():
    os.utime(FILE, (1, 1))
    both(counts_then_rests, waits_for_a_new_time)


def saves_checkpoints():
    name = f"checkpoint-{os.getpid()}.json"
    Path(name).write_text(json.dumps({"step": 0}))
    for _ in range(4):
        state = json.loads(Path(name).read_text())
        state["step"] += 1
        replace_file(name, json.dumps(state))


@way
def checkpoints_by_pid():
    both(saves_checkpoints, saves_checkpoints)


def beats(stop):
    while not stop.is_set():
        Path("heartbeat").write_text(str(time.time()))
        time.sleep(PAUSE)


@way
def heartbeat_of_a_daemon():
    Path("heartbeat").write_text("0")
    stop = Event()
    child = Process(target=beats, args=(stop,), daemon=True)
    child.start()
    while Path("heartbeat").read_text() == "0":
        time.sleep(PAUSE)
    for _ in range(20):
        Path("heartbeat").read_text()
        time.sleep(PAUSE)
    stop.set()
    child.join()


def claims_a_job():
    for name in sorted(os.listdir("jobs")):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"jobs/{name}", f"taken-{name}")
            Path(f"taken-{name}").write_text(Path(f"taken-{name}").read_text() + f"by {os.getpid()}\n")


@way
def jobs_claimed_by_renaming():
    os.mkdir("jobs")
    for number in range(6):
        Path(f"jobs/{number}").write_text("job\n")
    both(claims_a_job, claims_a_job)


if __name__ == "__main__":
    main()
