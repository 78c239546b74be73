"""A loop of asyncio awaits the end of a program, and would read its output after it; the pipe between them is full."""

import asyncio
import sys

LINES = 'print("x" * 99)\n' * 10_000


async def read_it_all():
    program = await asyncio.create_subprocess_exec(sys.executable, "-", stdin=-1, stdout=-1)
    program.stdin.write(LINES.encode())
    program.stdin.close()
    await program.wait()
    print(len(await program.stdout.read()))


if __name__ == "__main__":
    asyncio.run(read_it_all())
