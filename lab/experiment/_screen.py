"""Text as a terminal shows it, kept in a file: what was drawn again is there as it was last.

Only the standard library is imported here, for this is used by a process that loads nothing else.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable

__all__ = ["LogFile", "Screen"]

_LIMIT = 100_000_000  # bytes of the file; then the middle is taken out
_UNWRITTEN = 4_000_000  # bytes that wait for a file that cannot be written
_ROWS = 100  # rows that can be drawn again; a terminal has fewer
_WIDEST = 1_000_000  # characters of a row; a longer one is broken

_CONTROL = re.compile(
    r"\x1b(?:\[([0-?]*)[ -/]*([@-~])"  # CSI: parameters and a letter
    r"|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS and other text that is not shown
    r"|[ -/]*[0-Z\\`-~])"  # the rest
    r"|[\x00-\x08\x0a-\x1f\x7f]"
)
_PLAIN = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")  # with tabs and ends of lines
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]{0,4096}\x1b?|[ -/]*)\Z")


class LogFile:
    """A file that grows at its end, where what was drawn again can be taken back.

    Args:
        descriptor: the open file.
        note: told once where it cannot be written.
        limit: its size in bytes.
    """

    def __init__(self, descriptor: int, note: Callable[[str], None], limit: int = _LIMIT) -> None:
        self._file, self._note, self._limit = descriptor, note, limit
        self._base = self._size = os.fstat(descriptor).st_size
        self._buffer = bytearray()  # what belongs at `_base`
        self._lost = self._cut = 0
        self.owner: object = None  # whose rows are the last ones
        self.is_failing = False

    @property
    def end(self) -> int:
        """Where the next text will be."""
        return self._base + len(self._buffer)

    def append(self, text: str) -> None:
        """Add text."""
        self._buffer += text.encode("utf-8", "replace")

    def take_back(self, offset: int) -> None:
        """Forget what was added from there on."""
        if offset >= self._base:
            del self._buffer[offset - self._base :]
        else:
            self._base = offset
            self._buffer.clear()

    def flush(self) -> None:
        """Write what was added."""
        try:
            self._write(self._base, bytes(self._buffer))
            if self._size > self.end:
                os.ftruncate(self._file, self.end)
            self._base = self._size = self.end
            self._buffer.clear()
            self.is_failing = False
            if self._size > self._limit:
                self._take_out_middle()
        except OSError as error:
            self._failed(error)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, offset: int, data: bytes) -> None:
        os.lseek(self._file, offset, os.SEEK_SET)
        while data:
            data = data[os.write(self._file, data) :]
            self._size = max(self._size, os.lseek(self._file, 0, os.SEEK_CUR))

    def _failed(self, error: OSError) -> None:
        if not self.is_failing:
            self.is_failing = True
            self._note(f"cannot be written: {error.strerror or error}")
        if len(self._buffer) > _UNWRITTEN:
            self._lost += len(self._buffer)
            self._buffer[:] = b"[... %d bytes could not be written ...]\n" % self._lost
            self.owner = None

    def _take_out_middle(self) -> None:
        keep = self._limit // 4
        head = keep + self._line_end(keep)
        tail = self._size - keep
        tail += self._line_end(tail)
        os.lseek(self._file, tail, os.SEEK_SET)
        last = os.read(self._file, keep)
        self._cut += tail - head
        note = b"[... about %d bytes were left out here ...]\n" % self._cut
        self._write(head, note + last)
        self._base = self._size = head + len(note) + len(last)
        os.ftruncate(self._file, self._size)
        self.owner = None

    def _line_end(self, offset: int) -> int:
        os.lseek(self._file, offset, os.SEEK_SET)
        return os.read(self._file, 65536).find(b"\n") + 1


class Screen:
    """What stands on a terminal after all was drawn, row by row, as text.

    Args:
        file: where finished rows go.
    """

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rows = [""]
        self._starts: list[int] = []  # where in the file the rows begin that are in it
        self._changed = 0
        self._row = self._column = 0
        self._rest = ""  # the beginning of a sequence
        self._is_aside = False  # a full-screen program has the terminal

    def feed(self, data: bytes) -> None:
        """Draw."""
        text = (self._rest + self._decoder.decode(data)).replace("\r\n", "\n")
        self._rest = ""
        unfinished = "\x1b" in text and _UNFINISHED.search(text, max(0, len(text) - 4200))
        if unfinished:
            text, self._rest = text[: unfinished.start()], unfinished[0]
        at = 0
        while at < len(text):
            plain = _PLAIN.match(text, at)
            if plain and plain.end() > at:
                self._write(plain[0])
                at = plain.end()
            control = _CONTROL.match(text, at)
            if control:
                self._control(control)
            at = control.end() if control else at + (at < len(text))
        self._commit(len(self._rows) - 1)

    def finish(self) -> None:
        """Keep the last row as well."""
        self.feed(self._decoder.decode(b"", True).encode())
        self._commit(len(self._rows) - (not self._rows[-1]))
        self._rows, self._starts, self._row, self._column, self._changed = [""], [], 0, 0, 0

    def _write(self, text: str) -> None:
        if self._is_aside:
            return
        first, *more = text.split("\n")
        self._put(first)
        if more and self._row == len(self._rows) - 1:
            self._rows += more
            self._row, self._column = len(self._rows) - 1, len(more[-1])
        else:
            for line in more:
                self._next_row()
                self._put(line)

    def _put(self, text: str) -> None:
        row = self._rows[self._row]
        if text and self._column == len(row) < _WIDEST:
            self._set(row + text)
        elif text and len(row) < _WIDEST:
            self._set(
                row[: self._column].ljust(self._column) + text + row[self._column + len(text) :]
            )
        elif text:
            self._next_row()
            self._put(text)
            return
        self._column += len(text)

    def _set(self, text: str) -> None:
        self._rows[self._row] = text
        self._changed = min(self._changed, self._row)

    def _next_row(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._rows):
            self._rows.append("")

    def _control(self, found: re.Match[str]) -> None:
        parameters, letter = found[1] or "", found[2] or found[0]
        if parameters[:1] == "?":
            if parameters == "?1049":
                self._is_aside = letter == "h"
        elif not self._is_aside:
            number = int(parameters) if parameters.isdecimal() else None
            self._move(letter, 1 if number is None else min(max(number, 1), 10_000))
            if letter in "JK":
                self._erase(letter, number or 0)

    def _move(self, letter: str, count: int) -> None:
        if letter == "\n":  # after something else than text
            self._next_row()
        elif letter in "\rG":
            self._column = 0 if letter == "\r" else count - 1
        elif letter in "\bD":
            self._column = max(0, self._column - count)
        elif letter == "C":
            self._column += count
        elif letter in "AF":
            self._row = max(0, self._row - count)
        elif letter in "BE":
            self._row = min(len(self._rows) - 1, self._row + count)
        elif letter in "Hf":  # where that is nobody knows: what follows stands below
            self._row = len(self._rows) - 1
            if self._rows[self._row]:
                self._next_row()
        if letter in "EFHf":
            self._column = 0

    def _erase(self, letter: str, which: int) -> None:
        row = self._rows[self._row]
        if letter == "J" and which >= 2:  # the whole screen: what was on it was printed
            self._move("H", 1)
        elif which == 1:
            self._set(" " * self._column + row[self._column :])
        else:
            self._set("" if which else row[: self._column])
            if letter == "J":
                del self._rows[self._row + 1 :]

    def _commit(self, complete: int) -> None:
        """Bring into the file what of the first rows is not there as it is now."""
        first = min(self._changed, len(self._starts))
        if first < complete or first < len(self._starts):
            if self._file.owner is not self:  # what others wrote since stays
                self._starts = [self._file.end] * len(self._starts)
                self._file.owner = self
            if first < len(self._starts):
                self._file.take_back(self._starts[first])
                del self._starts[first:]
            for row in self._rows[first:complete]:
                self._starts.append(self._file.end)
                self._file.append(row.rstrip(" ") + "\n")
        self._changed = complete
        extra = min(len(self._rows) - _ROWS, self._row, complete)
        if extra > 0:
            del self._rows[:extra], self._starts[:extra]
            self._row -= extra
            self._changed -= extra
