# SPDX-License-Identifier: MIT
"""The statements that thimble sends for a request, as the database got them
(PostgreSQL's log, or a trace of SQLite), for the bare loops to run again."""
import re

CONTROL = re.compile(r"BEGIN|COMMIT$")


class Statement:
    """`values` as the loops' file has them: a text, an int, None, or a Name."""

    def __init__(self, session, text, values=()):
        self.session, self.text, self.values = session, text, list(values)


class Name(str):
    """What is another value each time."""


def from_log(path, start=0):
    """What thimble sent, by a log with the prefix "%a:%p|"."""
    with open(path, "rb") as f:
        f.seek(start)
        lines = f.read().decode(errors="replace").split("\n")
    found = []
    for entry in join_lines(lines):
        session, _, entry = entry.removeprefix("thimble:").partition("|")
        statement = re.match(r"LOG:  (?:execute [^:]*|statement): (.*)", entry, re.S)
        values = re.match(r"DETAIL:  parameters: (.*)", entry, re.S)
        if statement:
            found.append(Statement(session, statement.group(1)))
        elif values:
            found[-1].values = [None if v == "NULL" else v[1:-1].replace("''", "'")
                                for v in re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", values.group(1))]
    return found


def join_lines(lines):
    """The entries that are thimble's; their further lines begin with a tab."""
    entry = None
    for line in [*lines, ""]:
        if entry is not None and line.startswith("\t"):
            entry += "\n" + line[1:]
            continue
        if entry is not None:
            yield entry
        entry = line if line.startswith("thimble:") else None


def from_trace(path, start=0):
    """What was done by SQLite, by bare_trace."""
    with open(path) as f:
        f.seek(start)
        lines = f.read().splitlines()
    found = []
    for line in lines:
        session, text, expanded = line.split(" ")
        text = bytes.fromhex(text).decode()
        found.append(Statement(session, text, expanded_values(text, bytes.fromhex(expanded).decode())))
    return found


def expanded_values(text, expanded):
    """What stands in the place of each parameter; SQLite puts the values there."""
    pieces = re.split(r"\?\d*", text)
    pattern = r"(NULL|-?\d+|'(?:[^']|'')*')".join(map(re.escape, pieces))
    found = re.fullmatch(pattern, expanded, re.S)
    if found is None:
        raise AssertionError("a text with other parameters than its values: %s\n%s" % (text, expanded))
    return [None if v == "NULL" else v[1:-1].replace("''", "'") if v[0] == "'" else int(v) for v in found.groups()]


def request_of(statements, of):
    """The session that one of them, which has the text `of` in it, belongs to: what that did."""
    sessions = {s.session for s in statements if of in s.text}
    if len(sessions) != 1:
        raise AssertionError("%d sessions: %s" % (len(sessions), [s.text for s in statements]))
    return [s for s in statements if s.session in sessions]


def trips_of(statements, counts):
    """The round trip of each; `counts`: how many are in each, without BEGIN and COMMIT.

    A BEGIN goes with what follows; so does a COMMIT, whose answer is read then, but for the last."""
    plain = [trip for trip, count in enumerate(counts) for _ in range(count)]
    if len(plain) != sum(not CONTROL.match(s.text) for s in statements):
        raise AssertionError("%s: %s" % (counts, [s.text for s in statements]))
    trips = []
    for s in statements:
        trips.append(plain[0] if plain else len(counts) - 1)
        if not CONTROL.match(s.text):
            plain.pop(0)
    return trips


def write(path, statements, trips):
    """The file that the loops read (bare_script.h)."""
    with open(path, "w") as f:
        for s, trip in zip(statements, trips):
            f.write("%d\n%s\n%d\n" % (trip, s.text.encode().hex(), len(s.values)))
            for v in s.values:
                f.write("-\n" if v is None else "=%s\n" % v if isinstance(v, Name) else "#%d\n" % v if isinstance(v, int)
                        else v.encode().hex() + "\n")
    return path
