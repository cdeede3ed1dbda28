# SPDX-License-Identifier: MIT
"""What the tests of the Review Board API share: a client that speaks as RBTools does
(reviewboard-api.md, 2.9), and a repository with a series to post.

    client = review.Client(server, "maint")         # the password is the name
    answer = client.post("review-requests/", {"repository": 1, "create_with_history": True})
    answer.status, answer.json["review_request"]["id"], answer.type

On the wire it is the stock client: Authorization in the first request only,
the cookie from then on; POST and PUT are multipart with an unquoted boundary that has `=`
in it, text parts first, files last; a POST without fields has no body; no Accept; a connection for
each request.

    with review.Repository() as repo:
        review.post_series(client, repo.commits, repository=1)
"""
import base64
import email.utils
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse

import thimble

PREFIX = "/reviews"
TYPE = re.compile(r"application/vnd\.reviewboard\.org\.([a-z-]+)\+json\Z")
REALM = 'Basic realm="Web API"'
ZERO = "0" * 40


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self):
        """The label of the media type: "draft-commit"; other types as they are."""
        value = self.headers["Content-Type"] or ""
        found = TYPE.match(value)
        return found.group(1) if found else value

    @property
    def code(self):
        """Of an error; None of anything else."""
        try:
            return self.json["err"]["code"]
        except (ValueError, KeyError, TypeError):
            return None

    def __repr__(self):
        return "%d %s %r" % (self.status, self.type, self.body[:2000])


def text_of(value):
    """A field's value as the stock client spells it."""
    return value if isinstance(value, bytes) else str(value).encode()


def multipart(fields, files, boundary):
    """fields: {name: value} or [(name, value)]; files: {name: bytes or (filename, bytes)}."""
    parts = []
    for name, value in fields.items() if isinstance(fields, dict) else fields:
        parts.append(b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), text_of(value)))
    for name, value in files.items():
        filename, data = value if isinstance(value, tuple) else ("diff", value)
        parts.append(b'Content-Disposition: form-data; name="%s"; filename="%s"\r\n'
                     b"Content-Type: application/octet-stream\r\n\r\n%s" % (name.encode(), filename.encode(), data))
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


class Client:
    """One process of `rbt`, as far as the server sees it.  Without a user: anonymous."""
    number = 3453081919291499276

    def __init__(self, server, user=None, password=None, prefix=PREFIX, authorization=None):
        self.server = server
        self.prefix = prefix
        self.cookies = {}
        self.authorization = authorization
        self.user = user
        if user is not None and authorization is None:
            self.authorization = "Basic " + base64.b64encode(
                ("%s:%s" % (user, user if password is None else password)).encode()).decode()
        self.headers = {}           # sent with every request
        self.last = None            # the headers of the last request

    def url(self, path, query=None):
        """Of "review-requests/7/" (below the API), "/reviews/r/7/", or an absolute URL that an answer had."""
        if path.startswith("http://"):
            path = path[path.index("/", len("http://")):]
        elif not path.startswith("/"):
            path = "%s/api/%s" % (self.prefix, path)
        if query:
            path += ("&" if "?" in path else "?") + urllib.parse.urlencode(query)
        return path

    def request(self, method, path, query=None, fields=None, files=None, headers=None, body=None):
        """`fields` or `files`: a form is sent; `body` is sent as it is."""
        sent = {"Host": "tracker.example.org", "User-Agent": "RBTools/6.0", "Accept-Encoding": "identity",
                "Connection": "close", **self.headers}
        if self.cookies:
            sent["Cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        elif self.authorization is not None:
            sent["Authorization"] = self.authorization
        if body is None and (fields or files):
            Client.number += 1
            boundary = "===============%d==" % Client.number
            body = multipart(fields or {}, files or {}, boundary)
            sent["Content-Type"] = "multipart/form-data; boundary=" + boundary
        if body is not None or method in ("POST", "PUT"):
            body = body or b""
            sent["Content-Length"] = str(len(body))
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        self.last = sent
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=thimble.DEADLINE)
        try:
            connection.putrequest(method, self.url(path, query), skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        self.keep_cookies(answer)
        return answer

    def keep_cookies(self, answer):
        for line in answer.headers.get_all("Set-Cookie") or []:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if re.search(r"Max-Age=0\b", attributes, re.I) or not value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def get(self, path, query=None, **headers):
        """Headers as keyword arguments: If_None_Match="..."."""
        return self.request("GET", path, query, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path, fields=None, files=None, query=None, **more):
        return self.request("POST", path, query, fields, files, **more)

    def put(self, path, fields=None, files=None, query=None, **more):
        return self.request("PUT", path, query, fields, files, **more)

    def delete(self, path, query=None, **more):
        return self.request("DELETE", path, query, **more)


class Error(AssertionError):
    pass


def want(answer, status=200):
    """The answer's JSON, if it has that status."""
    if answer.status != status:
        raise Error("%d wanted: %r" % (status, answer))
    return answer.json


# ---- the database

def quote(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "'%s'" % value.replace("'", "''")


def insert(database, table, **columns):
    """Puts a row in; returns its id."""
    database.execute("INSERT INTO %s (%s) VALUES (%s)" % (
        table, ", ".join(columns), ", ".join(quote(value) for value in columns.values())))
    return int(database.rows("SELECT max(id) FROM %s" % table)[0][0])


def add_repository(database, name="compiler", path=None, mirror_path="", project=1, git_dir=None, public=True,
                   visible=True, history=True, access=()):
    """As `thimblectl repository add`; access: ids of users."""
    repository = insert(database, "thimble_rb_repository", name=name,
                        path=path or "https://git.example.org/%s.git" % name, mirror_path=mirror_path,
                        project_id=project, git_dir=git_dir, is_public=public, visible=visible, with_history=history,
                        extra_data="")
    for user in access:
        insert(database, "thimble_rb_access", repository_id=repository, user_id=user)
    return repository


def add_right(database, user, name):
    """can_edit_reviewrequest, can_submit_as_another_user."""
    return insert(database, "thimble_rb_right", user_id=user, name=name)


def add_group(database, name, *users):
    """A group of Django's, which review requests name in target_groups."""
    group = insert(database, "auth_group", name=name)
    for user in users:
        insert(database, "auth_user_groups", user_id=user, group_id=group)
    return group


# ---- commits

class Commit:
    """A commit as the client sends it."""

    def __init__(self, commit_id, parent_id, message, diff, author=("Lin Tester", "lin@example.org", "2024-05-04T09:15:00+02:00"),
                 committer=("Max Integrator", "mx@example.org", "2024-05-04T07:20:00+00:00")):
        self.id, self.parent, self.message, self.diff = commit_id, parent_id, message, diff
        self.author, self.committer = author, committer

    def fields(self, info=None):
        """The text fields, in the order of the stock client."""
        fields = {"commit_id": self.id, "parent_id": self.parent, "commit_message": self.message,
                  "author_name": self.author[0], "author_email": self.author[1], "author_date": self.author[2]}
        if info is not None:
            fields["validation_info"] = info
        if self.committer is not None:
            fields.update(committer_name=self.committer[0], committer_email=self.committer[1],
                          committer_date=self.committer[2])
        return fields


def unquote(name):
    """A file name of a diff, as git quotes those with odd bytes."""
    if not name.startswith('"'):
        return name
    return name[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1").decode()


def tree_of(diff):
    """What a diff of git's says of files (reviewboard-api.md, 1.3)."""
    tree = {"added": [], "modified": [], "removed": []}
    for section in re.split(rb"(?m)^(?=diff --git )", diff)[1:]:
        head = re.split(rb"(?m)^(?:@@|GIT binary patch)", section)[0].decode("utf-8", "replace")
        index = re.search(r"^index ([0-9a-f]+)\.\.([0-9a-f]+)", head, re.M)
        old_blob, new_blob = index.groups() if index else ("", "")
        moved = re.search(r"^(rename|copy) from (.*)\n(?:rename|copy) to (.*)$", head, re.M)
        if moved:
            old, new = unquote(moved.group(2)), unquote(moved.group(3))
        else:
            names = re.match(r'diff --git ("?)a/(.*?)\1 ("?)b/(.*)\3$', head, re.M)
            old, new = (unquote('"%s"' % n) if q else n for q, n in ((names.group(1), names.group(2)),
                                                                      (names.group(3), names.group(4))))
        deleted = "\ndeleted file mode" in head
        if deleted or (moved and moved.group(1) == "rename"):
            tree["removed"].append({"filename": old, "revision": old_blob})
        if deleted:
            continue
        added = moved or "\nnew file mode" in head
        if not added and not index:
            continue
        tree["added" if added else "modified"].append({"filename": new, "revision": new_blob})
    return tree


def encode_info(info):
    return base64.b64encode(json.dumps(info).encode()).decode()


def validation_info(commits):
    """What the server would say of these commits, which are a chain."""
    return encode_info({c.id: {"parent_id": c.parent, "tree": tree_of(c.diff)} for c in commits})


# ---- git

def git(directory, *arguments, environment=None, stdin=None, check=True):
    """Bytes that it wrote; without anybody's configuration."""
    done = subprocess.run(
        ["git", "-C", directory, *arguments], input=stdin if stdin is not None else b"", stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=thimble.DEADLINE,
        env={"PATH": os.environ["PATH"], "HOME": directory, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC",
             "GIT_AUTHOR_NAME": "Nobody", "GIT_AUTHOR_EMAIL": "nobody@example.org", "GIT_COMMITTER_NAME": "Nobody",
             "GIT_COMMITTER_EMAIL": "nobody@example.org", **(environment or {})})
    if check and done.returncode != 0:
        raise Error("git %s: %s" % (" ".join(arguments), done.stderr.decode("utf-8", "replace")))
    return done.stdout


LEXER = "".join("/* line %d */\n" % i for i in range(40))

# message, author, committer, files: {name: bytes, None: gone}, {old: new} moved, executable
SERIES = [
    ("lexer: accept tabs\n", ("Lin Tester", "lin@example.org", "2024-05-04T09:15:00+0200"),
     ("Max Integrator", "mx@example.org", "2024-05-04T07:20:00+0000"),
     {"src/lex.c": (LEXER + "int tabs = 1;\n").encode(), "doc/readme.txt": b"one\r\ntwo and a half\r\nthree\r\n"}, {}, ()),
    ("lexer: count columns\n\nTabs count as one column.\n\nReviewed-by: Rev Iewer <rev@example.org>\n",
     ("Lin Tester", "lin@example.org", "2024-05-04T09:17:11+0545"), ("Max Integrator", "mx@example.org", "2024-05-04T07:21:00-0330"),
     {"src/columns.c": b"int columns;\n", "src/lex.c": (LEXER + "int tabs = 1;\nint columns = 1;\n").encode()},
     {"src/util.c": "src/utility.c"}, ()),
    ("tests: cover the lexer\n\nAlso Latin-1 bytes, and the script may run.\n",
     ("J\u00f6rg \u00dcnicode", "joerg@example.org", "2024-05-05T00:00:01-0330"), ("Lin Tester", "lin@example.org", "2024-05-05T00:00:02+0000"),
     {"src/old.c": None, "tests/latin.txt": b"caf\xe9\n", "src/utility.c": ("int utility;\n" + LEXER + "int last;\n").encode(),
      "tests/a name with \u00fc.txt": b"new\n", "run.sh": b"#!/bin/sh\nexit 1\n"}, {}, ("run.sh",)),
]

# what does not come through: the stock client sends no binary data, and a change of nothing but a mode is dropped
LOSSY = [
    ("data: a logo\n", ("Lin Tester", "lin@example.org", "2024-05-04T09:15:00+0200"),
     ("Lin Tester", "lin@example.org", "2024-05-04T09:15:00+0200"),
     {"data/logo.bin": bytes(range(256)) * 3, "src/old.c": b"int older;\n"}, {}, ("run.sh",)),
]


class Repository:
    """A repository with a commit, `base`, on `main`, and a series of three above it on `topic`: other authors than
    committers, odd time zones, CRLF, Latin-1, a rename, files that come and go, a mode."""

    def __init__(self, series=SERIES):
        self.directory = tempfile.mkdtemp(prefix="thimble-repo.")
        try:
            self.make(series)
        except BaseException:
            self.drop()
            raise

    def make(self, series):
        self.git("init", "-q", "-b", "main")
        self.git("config", "core.autocrlf", "false")
        for name, data in {"src/lex.c": LEXER.encode(), "src/util.c": ("int utility;\n" + LEXER).encode(),
                           "src/old.c": b"int old;\n", "doc/readme.txt": b"one\r\ntwo\r\nthree\r\n",
                           "run.sh": b"#!/bin/sh\nexit 0\n"}.items():
            self.write(name, data)
        self.base = self.commit("base\n", ("Base Maker", "base@example.org", "2024-01-01T00:00:00+0000"))
        self.git("checkout", "-q", "-b", "topic")
        self.ids = []
        for message, author, committer, files, moves, executable in series:
            for old, new in moves.items():
                self.git("mv", old, new)
            for name, data in files.items():
                self.write(name, data)
            for name in executable:
                os.chmod(os.path.join(self.directory, name), 0o755)
            self.ids.append(self.commit(message, author, committer))
        self.git("checkout", "-q", "main")
        self.commits = self.between(self.base, "topic")

    def write(self, name, data):
        path = os.path.join(self.directory, name)
        if data is None:
            os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def commit(self, message, author, committer=None):
        committer = committer or author
        self.git("add", "-A")
        self.git("commit", "-q", "--cleanup=verbatim", "-F", "-", stdin=message.encode(), environment={
            "GIT_AUTHOR_NAME": author[0], "GIT_AUTHOR_EMAIL": author[1], "GIT_AUTHOR_DATE": author[2],
            "GIT_COMMITTER_NAME": committer[0], "GIT_COMMITTER_EMAIL": committer[1], "GIT_COMMITTER_DATE": committer[2]})
        return self.id("HEAD")

    def git(self, *arguments, **more):
        return git(self.directory, *arguments, **more)

    def id(self, name):
        return self.git("rev-parse", name).decode().strip()

    def diff(self, old, new):
        """As the stock client makes it."""
        return self.git("diff", "--full-index", "--no-color", "--find-renames", "--no-ext-diff", "--ignore-submodules", old, new)

    def between(self, old, new):
        """The commits above `old`, oldest first, as Commit."""
        return [self.commit_of(i) for i in self.git("rev-list", "--reverse", "%s..%s" % (old, new)).decode().split()]

    def commit_of(self, commit_id):
        text = self.git("log", "-1", "--format=%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B", "--encoding=UTF-8", commit_id)
        parent, *who, message = text[:-1].decode().split("\0", 7)
        return Commit(commit_id, parent, message, self.diff(parent, commit_id), tuple(who[:3]), tuple(who[3:6]))

    def bare(self):
        """A bare clone with all of it but the series; for a repository that is looked up in."""
        path = os.path.join(self.directory, "bare.git")
        if not os.path.exists(path):
            self.git("clone", "-q", "--bare", "--single-branch", "--branch", "main", "file://" + self.directory, path)
        return path

    def clone(self):
        """A work tree at `base`, to apply a series in."""
        path = tempfile.mkdtemp(prefix="clone.", dir=self.directory)
        self.git("clone", "-q", "--branch", "main", "file://" + self.directory, path)
        git(path, "config", "core.autocrlf", "false")
        return path

    def drop(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.drop()


def synthetic(count, size=200, base=ZERO.replace("0", "b")):
    """Commits that need no git: each makes a file and changes the one of the commit before."""
    commits, parent, blob = [], base, None
    for i in range(1, count + 1):
        name, new_blob = "%040x" % (0xc0 << 32 | i), "%040x" % (0xb10b << 32 | i)
        text = "".join("+line %d of %d\n" % (k, i) for k in range(max(4, size // 16)))
        diff = ("diff --git a/file%d.c b/file%d.c\nnew file mode 100644\nindex %s..%s\n--- /dev/null\n+++ b/file%d.c\n@@ -0,0 +1,%d @@\n%s" %
                (i, i, ZERO, new_blob, i, text.count("\n"), text))
        if blob is not None:
            other = "%040x" % (0xb10c << 32 | i)
            diff += ("diff --git a/file%d.c b/file%d.c\nindex %s..%s 100644\n--- a/file%d.c\n+++ b/file%d.c\n@@ -1,4 +1,4 @@\n-line 0 of %d\n+changed by %d\n%s" %
                     (i - 1, i - 1, blob, other, i - 1, i - 1, i - 1, i, "".join(" line %d of %d\n" % (k, i - 1) for k in (1, 2, 3))))
        blob = new_blob
        commits.append(Commit(name, parent, "commit %d\n\nThe text of it.\n" % i, diff.encode()))
        parent = name
    return commits


def cumulative(commits):
    """A diff for finalising a series of synthetic(): that of new files, as if each had been made at once."""
    return b"".join(re.split(rb"(?m)^(?=diff --git )", commit.diff)[1] for commit in commits)


# ---- the steps of rbt post

def new_request(client, repository=1, history=True, **fields):
    """Step 7; returns the review request."""
    given = {"repository": repository, **({"create_with_history": True} if history else {}), **fields}
    return want(client.post("review-requests/", given), 201)["review_request"]


def new_diff(client, request_id, base=None):
    """Step 10; returns the draft diff, its revision in it."""
    return want(client.post("review-requests/%d/draft/diffs/" % request_id, {"base_commit_id": base} if base else None), 201)["diff"]


def draft_commits(request_id, revision):
    return "review-requests/%d/draft/diffs/%d/draft-commits/" % (request_id, revision)


def post_commits(client, request_id, revision, commits):
    """Step 12; returns the items."""
    items = []
    for i, commit in enumerate(commits):
        info = validation_info(commits[:i]) if i > 0 else None
        items.append(want(client.post(draft_commits(request_id, revision), commit.fields(info), {"diff": commit.diff}), 201)["draft_commit"])
    return items


def finalize(client, request_id, revision, commits, diff):
    """Step 13; returns the draft diff."""
    return want(client.put("review-requests/%d/draft/diffs/%d/" % (request_id, revision),
                           {"finalize_commit_series": 1, "validation_info": validation_info(commits)},
                           {"cumulative_diff": diff}))["diff"]


def publish(client, request_id, **fields):
    """Step 16; returns the draft as it was."""
    return want(client.put("review-requests/%d/draft/" % request_id, {**fields, "public": True}))["draft"]


def post_series(client, commits, diff, base=None, repository=1, request_id=None, published=True, **fields):
    """All of it; returns the id of the review request and the revision.  `diff` is the cumulative one."""
    if request_id is None:
        request_id = new_request(client, repository)["id"]
        fields = {"summary": commits[0].message.split("\n")[0], "description": "What it is for.", "target_people": client.user, **fields}
    revision = new_diff(client, request_id, base or commits[0].parent)["revision"]
    post_commits(client, request_id, revision, commits)
    finalize(client, request_id, revision, commits, diff)
    if published:
        publish(client, request_id, **fields)
    return request_id, revision


def mail_date(text):
    """The instant of a date as git prints it in a mail."""
    return email.utils.parsedate_to_datetime(text)
