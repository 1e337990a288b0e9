"""People at work while something is broken or changed: threads, from entering a block to leaving it."""

import threading
from abc import ABC, abstractmethod
from typing import Self


class People(ABC):
    """Some people who do the same again and again until they are told to stop."""

    def __init__(self, number: int = 1) -> None:
        """Nobody has begun."""
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=self.work, daemon=True) for _ in range(number)]

    @abstractmethod
    def work(self) -> None:
        """Do it until `stop` is set; each person runs this once."""

    def __enter__(self) -> Self:
        """Let them begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Tell them to stop, and wait until they did."""
        self.stop.set()
        for thread in self._threads:
            thread.join()
