"""Opens files in every usual way, and compares each with what the `open` below all, which is not traced, gives."""

import _io
import json
import os
import pickle
import tempfile
from multiprocessing import Process
from pathlib import Path

MODES = ["", "U", "q", "rw", *(f"{way}{kind}" for way in "rwax" for kind in ("", "b", "t", "+", "b+", "+b"))]


def description(file):
    layers = [file, getattr(file, "buffer", None)]
    return [
        (type(layer), layer.mode, layer.name, repr(layer), layer.readable(), layer.writable(), layer.tell())
        for layer in layers
        if layer is not None
    ] + [getattr(file, name, None) for name in ("encoding", "errors", "newlines", "line_buffering")]


def outcome(opener, path, *args, **kwargs):
    try:
        with opener(path, *args, **kwargs) as file:
            told = description(file)
            if file.writable():
                file.write(b"\xc3\xa9\n" if "b" in file.mode else "é\n")
            if file.readable() and file.seekable():
                file.seek(0)
                told.append(file.read())
        told.append(file.closed)
    except Exception as error:
        told = [type(error), str(error)]
    return told, path.read_bytes() if path.is_file() else None


def compare(folder):
    for there in (True, False):
        for args, kwargs in [((mode,), {}) for mode in MODES] + [
            ((), {}),
            ((), {"encoding": "latin-1", "errors": "replace", "newline": ""}),
            (("w",), {"encoding": "ascii"}),
            (("w",), {"encoding": "no such"}),
            (("rb",), {"encoding": "utf-8"}),
            (("rb", 0), {}),
            (("w", 1), {}),
            ((5,), {}),
            ((), {"wrong": 1}),
        ]:
            results = []
            for opener in (open, _io.open):
                path = Path(folder, "same")
                path.unlink(missing_ok=True)
                if there:
                    path.write_bytes("zwölf\n".encode())
                result = outcome(opener, path, *args, **kwargs)
                results.append(result)
            ours, plain = results
            if "wrong" not in kwargs:  # the words of a wrong call are those of the function
                assert ours == plain, (args, kwargs, ours, plain)
    for wrong in (folder, Path(folder, "no", "such"), "a\0b", None, 3.5):
        errors = []
        for opener in (open, _io.open):
            try:
                opener(wrong)
            except Exception as error:
                errors.append((type(error), str(error)))
        assert len(errors) == 2 and errors[0] == errors[1], errors


class Reader:
    opener = open  # a builtin does not become a method


def main():
    with tempfile.TemporaryDirectory() as folder:
        compare(folder)
        idiom = f"{folder}/idiom.txt"
        open(idiom, "w").write("hello")  # noqa: SIM115 - this is how it is often written
        assert open(idiom).read() == "hello"  # noqa: SIM115
        data = f"{folder}/data.json"
        with open(data, "w") as file:
            json.dump([1, 2], file)
        with open(data) as file:
            assert json.load(file) == [1, 2]  # json
        path = Path(folder, "path.txt")
        path.write_text("text")  # write_text
        assert path.read_text() == "text"  # read_text
        assert Reader().opener(path).read() == "text"  # opener
        assert pickle.loads(pickle.dumps(open)) is open
        descriptor = os.open(path, os.O_RDONLY)
        with open(descriptor) as file:
            assert file.read() == "text"
    print("all the same")


if __name__ == "__main__":
    process = Process(target=main)
    process.start()
    process.join()
    raise SystemExit(process.exitcode)
