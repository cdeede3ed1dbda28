# SPDX-License-Identifier: MIT
"""What was written and what was read, and whether the two go together.

A *register* is one value that the API shows: a patch's commit_ref, the name of a bundle,
whether a user is active.  It has one writer, so its writes have an order, and numbers: 0 is what was
there at first.  Each read of it has a time at which it began and one at which it ended, of the same
monotonic clock, and the node that answered.

    history = History(max_stale=1.0)
    register = history.register("patch 3 commit_ref", "first")
    write = register.begin("c-1")
    ... the request ...
    write.acknowledge("a")              # by node a; None: made past all nodes
    history.read("b", "/api/patches/3/", begin, end, [(register, "c-1")])
    history.violations()                # a list of Violation, best empty

What is demanded of a read on node N that began at B and ended at E:

* nothing older than the last write that N itself had acknowledged before B;
* nothing older than the last write that anybody had acknowledged max_stale before B;
* nothing that nobody had begun to write before E.

A write that failed, or whose outcome nobody knows, may be seen or not.  Where one value stands for several
writes, one of them that fits is enough.

`Cut`: the database was put back to what it was at an earlier time.  The writes since are lost, and not ours to
demand; but max_stale after it is back nobody may show them.

Errors are noted with the time in which they happened, and allowed only where they overlap a `window`, in which
a fault makes them unavoidable.
"""
import bisect
import collections
import time

ALL = "all"             # window of whatever node
DATABASE = "database"   # window: 503 with Retry-After is right
BROKEN = "broken"       # window: connections break

Violation = collections.namedtuple("Violation", "kind what text")
Window = collections.namedtuple("Window", "kind node begin end")
Failure = collections.namedtuple("Failure", "node what begin end status retry_after text")
Read = collections.namedtuple("Read", "node url begin end seen")

BEFORE_ALL = float("-inf")
AFTER_ALL = float("inf")


class Write:
    __slots__ = ("register", "number", "value", "begin", "end", "acknowledged", "node")

    def __init__(self, register, number, value, begin):
        self.register, self.number, self.value, self.begin = register, number, value, begin
        self.end, self.acknowledged, self.node = AFTER_ALL, False, None

    def acknowledge(self, node, end=None):
        self.end = time.monotonic() if end is None else end
        self.acknowledged, self.node = True, node

    def lose_sight(self, end=None):
        """It failed, or nobody knows."""
        self.end = time.monotonic() if end is None else end


class Cut:
    """The database went away at `away` and came back at `back` as it was between the two times of `copied`."""

    def __init__(self, copied, away, back):
        self.copied, self.away, self.back = copied, away, back


class _Line:
    """The writes of a register between two cuts, as far as they may be in the database."""

    def __init__(self, register, begin, end, base):
        self.base = base                        # numbers, of which one was there at its beginning
        self.writes = [w for w in register.writes if w.begin < end and w.end >= begin]
        self.numbers = {w.number for w in self.writes}
        acknowledged = [w for w in self.writes if w.acknowledged and w.begin >= begin and w.end < end]
        self.by_anyone = _Floor(acknowledged)
        self.by_node = {node: _Floor([w for w in acknowledged if w.node == node])
                        for node in {w.node for w in acknowledged} - {None}}

    def floor(self, node, begin, max_stale):
        """The number below which nothing may be read; -1: only what was there at the beginning of the line may."""
        floor = self.by_anyone.before(begin - max_stale)
        if node in self.by_node:
            floor = max(floor, self.by_node[node].before(begin))
        return floor

    def allows(self, number, floor):
        if number in self.numbers:
            return number >= floor
        return number in self.base and floor < 0


class _Floor:
    """The highest number acknowledged before a time."""

    def __init__(self, writes):
        writes = sorted(writes, key=lambda w: w.end)
        self.times = [w.end for w in writes]
        self.numbers = []
        for w in writes:
            self.numbers.append(max(w.number, self.numbers[-1] if self.numbers else -1))

    def before(self, when):
        index = bisect.bisect_left(self.times, when)
        return self.numbers[index - 1] if index else -1


class Register:
    """Written by one thread; `writes` grows at its end."""

    def __init__(self, name, value):
        self.name = name
        first = Write(self, 0, value, BEFORE_ALL)
        first.acknowledge(None, BEFORE_ALL)
        self.writes = [first]
        self.by_value = {value: [0]}

    def begin(self, value, begin=None):
        write = Write(self, len(self.writes), value, time.monotonic() if begin is None else begin)
        self.by_value.setdefault(value, []).append(write.number)
        self.writes.append(write)
        return write

    @property
    def value(self):
        """What was written last, be it there or not."""
        return self.writes[-1].value

    def lines(self, cuts):
        lines = [_Line(self, BEFORE_ALL, cuts[0].away if cuts else AFTER_ALL, set())]
        for index, cut in enumerate(cuts):
            end = cuts[index + 1].away if index + 1 < len(cuts) else AFTER_ALL
            lines.append(_Line(self, cut.back, end, self._base(lines[-1], cut)))
        return lines

    def _base(self, line, cut):
        """Of a copy made of that line: what it may have."""
        floor = line.by_anyone.before(cut.copied[0])
        return {number for number in line.numbers | line.base
                if line.allows(number, floor) and self.writes[number].begin <= cut.copied[1]}


class History:
    def __init__(self, max_stale):
        self.max_stale = max_stale
        self.registers, self.reads, self.failures, self.windows, self.cuts = [], [], [], [], []
        self.notes = []

    # --- what happened; from any thread

    def register(self, name, value):
        register = Register(name, value)
        self.registers.append(register)
        return register

    def read(self, node, url, begin, end, seen):
        """`seen`: pairs of a register and the value it had."""
        self.reads.append(Read(node, url, begin, end, seen))

    def failure(self, node, what, begin, end, status=None, retry_after=None, text=""):
        """No answer (status None), or one that is the server's fault."""
        self.failures.append(Failure(node, what, begin, end, status, retry_after, text))

    def window(self, kind, begin, end, node=ALL):
        self.windows.append(Window(kind, node, begin, end))

    def cut(self, copied, away, back):
        self.cuts.append(Cut(copied, away, back))

    def accuse(self, kind, what, text):
        """What somebody else found out."""
        self.notes.append(Violation(kind, what, text))

    # --- what to think of it

    def violations(self):
        lines = {register: register.lines(self.cuts) for register in self.registers}
        found = list(self.notes)
        for read in list(self.reads):
            for register, value in read.seen:
                self._judge(found, read, register, value, lines[register])
        found.extend(filter(None, map(self._judge_failure, list(self.failures))))
        return found

    def _judge(self, found, read, register, value, lines):
        numbers = [n for n in register.by_value.get(value, ()) if register.writes[n].begin <= read.end]
        possible = [line for index, line in enumerate(lines) if self._may_show(index, read)]
        floors = [(line, line.floor(read.node, read.begin, self.max_stale)) for line in possible]
        if any(line.allows(number, floor) for line, floor in floors for number in numbers):
            return
        found.append(self._violation(read, register, value, numbers, floors))

    def _may_show(self, index, read):
        """Whether the read may have been of the database as it was after that many cuts."""
        if index > 0 and read.end < self.cuts[index - 1].away:
            return False
        return index >= len(self.cuts) or read.begin <= self.cuts[index].back + self.max_stale

    def _violation(self, read, register, value, numbers, floors):
        text = "%s on node %s, from %.6f to %.6f: %r" % (read.url, read.node, read.begin, read.end, value)
        if not numbers:
            return Violation("never written", register.name, text)
        number = numbers[-1]
        line, floor = floors[-1]
        if number not in line.numbers and number not in line.base:
            return Violation("not in the restored database", register.name, text)
        newer = register.writes[max(floor, 0)]
        own = read.node in line.by_node and line.by_node[read.node].before(read.begin) > number
        text += ", number %d; number %d was acknowledged by %s %.3f s before it began" % (
            number, newer.number, "it" if own else newer.node or "the database", read.begin - newer.end)
        return Violation("older than its own node's write" if own else "older than max_stale", register.name, text)

    def _judge_failure(self, failure):
        if failure.status is None:
            kinds = (BROKEN,)
        elif failure.status == 503 and failure.retry_after is not None:
            kinds = (DATABASE,)
        else:
            kinds = ()
        for window in self.windows:
            if (window.kind in kinds and window.node in (ALL, failure.node) and
                    window.begin <= failure.end and failure.begin <= window.end):
                return None
        return Violation("error", failure.what, "on node %s, from %.6f to %.6f: %s %s" % (
            failure.node, failure.begin, failure.end, failure.status or "no answer", failure.text))

    def judge_end(self, register, value, when):
        """The database itself, asked after all writes had ended."""
        line = register.lines(self.cuts)[-1]
        floor = line.by_anyone.before(when)
        numbers = register.by_value.get(value, [])
        if any(line.allows(number, floor) for number in numbers):
            return
        lost = register.writes[max(floor, 0)]
        self.accuse("lost" if numbers else "never written", register.name,
                    "the database has %r at the end; %r was acknowledged by %s" % (value, lost.value, lost.node))

    # --- figures

    def lag(self):
        """The greatest age that was seen of a value: seconds since one that is newer was acknowledged elsewhere."""
        worst = 0.0
        for read in list(self.reads):
            for register, value in read.seen:
                numbers = register.by_value.get(value)
                if not numbers or numbers[-1] + 1 >= len(register.writes):
                    continue
                newer = register.writes[numbers[-1] + 1]
                if newer.acknowledged and newer.end < read.begin:
                    worst = max(worst, read.begin - newer.end)
        return worst
