# SPDX-License-Identifier: MIT
"""A session of PostgreSQL for tests, over libpq itself: what needs several
statements in one session, several sessions at once, or parameters.

    session = libpq.Session(cluster.socket_url("patchwork1"))
    session.execute("UPDATE patchwork_patch SET name = $1 WHERE id = $2", ("x", 1))
    session.execute("SELECT id, name FROM patchwork_patch")      # [("1", "x"), ...]

Values come as text, NULL as None.
"""
import ctypes
import ctypes.util

COMMAND_OK, TUPLES_OK = 1, 2
BOOL, INTEGERS = 16, (20, 21, 23)       # oids of types
SQLSTATE = ord("C")


class Error(Exception):
    def __init__(self, message, sqlstate=None):
        super().__init__(message)
        self.sqlstate = sqlstate


def library():
    pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, *arguments in (
            ("PQconnectdb", pointer, text), ("PQstatus", number, pointer), ("PQerrorMessage", text, pointer),
            ("PQfinish", None, pointer), ("PQresultStatus", number, pointer), ("PQclear", None, pointer),
            ("PQexecParams", pointer, pointer, text, number, pointer, pointer, pointer, pointer, number),
            ("PQexec", pointer, pointer, text), ("PQsendQuery", number, pointer, text),
            ("PQgetResult", pointer, pointer), ("PQconsumeInput", number, pointer), ("PQisBusy", number, pointer),
            ("PQresultErrorField", text, pointer, number), ("PQntuples", number, pointer),
            ("PQnfields", number, pointer), ("PQgetvalue", text, pointer, number, number),
            ("PQfname", text, pointer, number), ("PQftype", ctypes.c_uint, pointer, number),
            ("PQgetisnull", number, pointer, number, number), ("PQnotifies", pointer, pointer),
            ("PQfreemem", None, pointer)):
        function = getattr(pq, name)
        function.restype, function.argtypes = result, arguments
    return pq


class Session:
    def __init__(self, url):
        self.pq = library()
        self.connection = self.pq.PQconnectdb(url.encode())
        if self.pq.PQstatus(self.connection) != 0:
            message = self.pq.PQerrorMessage(self.connection).decode()
            self.close()
            raise Error(message)

    def close(self):
        if self.connection:
            self.pq.PQfinish(self.connection)
        self.connection = None

    def execute(self, sql, values=None):
        """Without values it may be several statements; the rows are those of the last."""
        if values is None:
            return self._rows(self.pq.PQexec(self.connection, sql.encode()))
        return self._exec_params(sql, values, self._rows)

    def named(self, sql, values=()):
        """The rows as dictionaries, with what is true, false or a whole number as Python has it."""
        return self._exec_params(sql, values, self._dictionaries)

    def send(self, sql):
        """Begins what may have to wait; done() tells when it has ended."""
        if not self.pq.PQsendQuery(self.connection, sql.encode()):
            raise Error(self.pq.PQerrorMessage(self.connection).decode())

    def done(self):
        self.pq.PQconsumeInput(self.connection)
        if self.pq.PQisBusy(self.connection):
            return False
        rows, result = [], self.pq.PQgetResult(self.connection)
        while result:
            rows = self._rows(result)
            result = self.pq.PQgetResult(self.connection)
        return True

    def notified(self):
        """How many notifications have come since."""
        count = 0
        self.pq.PQconsumeInput(self.connection)
        while notification := self.pq.PQnotifies(self.connection):
            self.pq.PQfreemem(notification)
            count += 1
        return count

    def _exec_params(self, sql, values, take):
        texts = (ctypes.c_char_p * len(values))(*[None if v is None else str(v).encode() for v in values])
        return take(self.pq.PQexecParams(self.connection, sql.encode(), len(values), None, texts, None, None, 0))

    def _dictionaries(self, result):
        names, kinds = [], []
        if self.pq.PQresultStatus(result) == TUPLES_OK:
            columns = range(self.pq.PQnfields(result))
            names = [self.pq.PQfname(result, column).decode() for column in columns]
            kinds = [self.pq.PQftype(result, column) for column in columns]
        return [dict(zip(names, map(self._value, kinds, row))) for row in self._rows(result)]

    @staticmethod
    def _value(kind, text):
        if text is None or (kind != BOOL and kind not in INTEGERS):
            return text
        return text == "t" if kind == BOOL else int(text)

    def _rows(self, result):
        try:
            status = self.pq.PQresultStatus(result)
            if status not in (COMMAND_OK, TUPLES_OK):
                state = (self.pq.PQresultErrorField(result, SQLSTATE) or b"").decode()
                raise Error(self.pq.PQerrorMessage(self.connection).decode(), state)
            return [tuple(None if self.pq.PQgetisnull(result, row, column) else
                          self.pq.PQgetvalue(result, row, column).decode()
                          for column in range(self.pq.PQnfields(result)))
                    for row in range(self.pq.PQntuples(result))]
        finally:
            self.pq.PQclear(result)
