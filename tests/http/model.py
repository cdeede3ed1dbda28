# SPDX-License-Identifier: MIT
"""What the API says of the rows of a database, written a second time: straight
from the description of the API, in the plainest Python that does it, one row at
a time.  Tests compare the server's answers with it to the byte.

    rows = model.Rows("/path/to/sqlite.db")
    view = model.View(rows, "http://testserver", "1.2")
    view.patch(1, detail=True)
"""
import json
import re
import sqlite3
from urllib.parse import quote

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "")
CHECK_STATES = ("pending", "success", "warning", "fail")
COMMENT_EVENTS = ("cover-comment-created", "patch-comment-created")

# The subject cleaner is a program of its own: here are its answers for the names of the fixture.
PREFIXES = {"[1/2] p": ["1/2"], "[2/2] p": ["2/2"], "[PATCH] elsewhere": [], "[RFC,v2,1/1] [next] x": ["RFC", "v2",
    "1/1", "next"],
            "[1 of 2] <script>alert(\"x\")</script>\u2028 & 😀": ["1", "of", "2"]}


def dump(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


class Rows:
    """All rows of all tables, by id."""

    def __init__(self, path):
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if name.startswith("patchwork_") or name == "auth_user":
                rows = [dict(r) for r in connection.execute('SELECT * FROM "%s" ORDER BY 1' % name)]
                setattr(self, name.partition("_")[2], {r.get("id", i): r for i, r in enumerate(rows)})
        connection.close()

    def where(self, table, **conditions):
        return [r for r in getattr(self, table).values() if all(r[k] == v for k, v in conditions.items())]


def moment(text):
    return text.replace(" ", "T")


def path_escape(text):
    return quote(text, safe="-._~!$&'()*+,;=:@/")


def bare(msgid):
    return msgid.strip("<>")


def msgid_escape(msgid):
    return path_escape(bare(msgid).replace("/", "%2F"))


def parse_headers(text):
    """[(name, value)] of a stored header block."""
    found, current = [], None
    for line in re.split(r"\r\n|\r|\n", text):
        if line == "":
            break
        match = re.match(r"([!-9;-~]*):[ \t]*(.*)$", line, re.S)
        if line[0] in " \t":
            if current is not None:
                current[1] += "\n" + line
        elif line.startswith("From "):
            current = None
        elif match:
            current = None
            if match.group(1):
                current = [match.group(1), match.group(2)]
                found.append(current)
        else:
            break
    return [(name, value.rstrip("\r\n")) for name, value in found]


def headers(text):
    pairs = parse_headers(text)
    result = {}
    for name, _ in pairs:
        values = [v for n, v in pairs if n.lower() == name.lower()]
        result[name] = values if len(values) > 1 else values[0]
    return result


def subject(text):
    return next((v for n, v in parse_headers(text) if n.lower() == "subject"), "")


class View:
    """How one request sees the rows: its host, its version, its caller."""

    def __init__(self, rows, base, version="", suffix="", user=None):
        self.rows, self.base, self.version, self.suffix, self.user = rows, base, version, suffix, user
        self.level = 3 if version == "" else int(version[2])

    def since(self, level, **fields):
        return fields if self.level >= level else {}

    def url(self, path):
        return self.base + "/api/" + (self.version + "/" if self.version else "") + path + self.suffix

    def plain(self, path):
        return self.base + "/api/" + path

    def web(self, path):
        return self.base + path

    def index(self):
        return {name: self.url(name + "/")
                for name in ("projects", "users", "people", "patches", "covers", "series", "events", "bundles")}

    def archive_url(self, project_id, msgid):
        template = self.rows.project[project_id]["list_archive_url_format"]
        if not template or not msgid:
            return {"list_archive_url": None}
        try:
            return {"list_archive_url": template.format(bare(msgid))}
        except (KeyError, IndexError, ValueError):
            return {}

    def message(self, row, kind):
        """URLs of a patch or cover: web_url, mbox."""
        path = "/project/%s/%s/%s/" % (path_escape(self.rows.project[row["project_id"]]["linkname"]), kind,
                                       msgid_escape(row["msgid"]))
        return self.web(path), self.web(path + "mbox/")

    # --- embedded

    def project_in(self, id):
        if id is None:
            return None
        r = self.rows.project[id]
        return {"id": id, "url": self.url("projects/%d/" % id), "name": r["name"], "link_name": r["linkname"],
                "list_id": r["listid"], "list_email": r["listemail"], "web_url": r["web_url"], "scm_url": r["scm_url"],
                "webscm_url": r["webscm_url"],
                **self.since(2, list_archive_url=r["list_archive_url"],
                             list_archive_url_format=r["list_archive_url_format"],
                             commit_url_format=r["commit_url_format"])}

    def person_in(self, id):
        r = self.rows.person[id]
        return {"id": id, "url": self.url("people/%d/" % id), "name": r["name"], "email": r["email"]}

    def user_in(self, id, shown_id=None):
        if id is None:
            return None
        r = self.rows.user[id]
        shown_id = shown_id or id
        return {"id": shown_id, "url": self.url("users/%d/" % shown_id), "username": r["username"],
                "first_name": r["first_name"], "last_name": r["last_name"], "email": r["email"]}

    def series_in(self, id):
        r = self.rows.series[id]
        return {"id": id, "url": self.url("series/%d/" % id), **self.since(1, web_url=self.series_web_url(r)),
                "date": moment(r["date"]), "name": r["name"], "version": r["version"],
                "mbox": self.web("/series/%d/mbox/" % id)}

    def series_web_url(self, r):
        if r["project_id"] is None:
            return None
        return self.web("/project/%s/list/?series=%d" % (path_escape(self.rows.project[r["project_id"]]["linkname"]),
                                                         r["id"]))

    def cover_in(self, id):
        if id is None:
            return None
        r = self.rows.cover[id]
        web_url, mbox = self.message(r, "cover")
        archive = self.archive_url(r["project_id"], r["msgid"])
        return {"id": id, "url": self.url("covers/%d/" % id), **self.since(1, web_url=web_url), "msgid": r["msgid"],
                **self.since(2, **archive), "date": moment(r["date"]), "name": r["name"], **self.since(1, mbox=mbox)}

    def patch_in(self, id):
        r = self.rows.patch[id]
        web_url, mbox = self.message(r, "patch")
        archive = self.archive_url(r["project_id"], r["msgid"])
        return {"id": id, "url": self.url("patches/%d/" % id), **self.since(1, web_url=web_url), "msgid": r["msgid"],
                **self.since(2, **archive), "date": moment(r["date"]), "name": r["name"], "mbox": mbox}

    def patches_in(self, rows):
        return [self.patch_in(r["id"]) for r in sorted(rows, key=lambda r: (r["date"], r["id"]))]

    def check_in(self, id):
        r = self.rows.check[id]
        return {"id": id, "url": self.check_url(r), "date": moment(r["date"]), "state": CHECK_STATES[r["state"]],
                "target_url": r["target_url"], "context": r["context"]}

    def check_url(self, r):
        return self.url("patches/%d/checks/%d/" % (r["patch_id"], r["id"]))

    def comment_in(self, kind, id):
        r, parent, url = self.comment_row(kind, id)
        return {"id": id, "url": url, "web_url": self.web("/comment/%d/" % id), "msgid": r["msgid"],
                **self.archive_url(parent["project_id"], r["msgid"]), "date": moment(r["date"])}

    def comment_row(self, kind, id):
        r = getattr(self.rows, kind + "comment")[id]
        parent = getattr(self.rows, kind)[r[kind + "_id"]]
        return r, parent, self.url("%s/%d/comments/%d/" % ({"patch": "patches", "cover": "covers"}[kind], parent["id"],
                                                           id))

    # --- objects

    def users(self, id, detail=False):
        result = self.user_in(id)
        if detail and id == self.user and self.level >= 2:
            profile, = self.rows.where("userprofile", user_id=id)
            result["settings"] = {"send_email": bool(profile["send_email"]),
                                  "items_per_page": profile["items_per_page"],
                                  "show_ids": bool(profile["show_ids"])}
        return result

    def people(self, id, detail=False):
        return {**self.person_in(id), "user": self.user_in(self.rows.person[id]["user_id"])}

    def projects(self, id, detail=False):
        r = self.rows.project[id]
        maintainers = self.rows.where("userprofile_maintainer_projects", project_id=id)
        profiles = [self.rows.userprofile[m["userprofile_id"]] for m in maintainers]
        result = self.project_in(id)
        tail = {k: result.pop(k) for k in list(result) if k in ("list_archive_url", "list_archive_url_format",
                                                                "commit_url_format")}
        result["maintainers"] = [self.user_in(p["user_id"], p["id"]) for p in sorted(profiles, key=lambda p: p["id"])]
        return {**result, **self.since(1, subject_match=r["subject_match"]), **tail}

    def combined_check(self, patch_id):
        kept = {}
        for c in self.rows.where("check", patch_id=patch_id):
            key = (c["user_id"], c["context"])
            if key not in kept or not kept[key]["date"] > c["date"]:
                kept[key] = c
        states = {CHECK_STATES[c["state"]] for c in kept.values()}
        return "pending" if not states else next((s for s in ("fail", "warning", "pending") if s in states), "success")

    def patches(self, id, detail=False):
        r = self.rows.patch[id]
        web_url, mbox = self.message(r, "patch")
        archive = self.archive_url(r["project_id"], r["msgid"])
        related = self.rows.where("patch", related_id=r["related_id"]) if r["related_id"] else []
        result = {
            "id": id, "url": self.url("patches/%d/" % id), **self.since(1, web_url=web_url),
            "project": self.project_in(r["project_id"]), "msgid": r["msgid"], **self.since(2, **archive),
            "date": moment(r["date"]), "name": r["name"], "commit_ref": r["commit_ref"], "pull_url": r["pull_url"],
            "state": r["state_id"] and self.rows.state[r["state_id"]]["slug"], "archived": bool(r["archived"]),
            "hash": r["hash"], "submitter": self.person_in(r["submitter_id"]),
            "delegate": self.user_in(r["delegate_id"]),
            "mbox": mbox, "series": [self.series_in(r["series_id"])] if r["series_id"] else [],
            **self.since(1, comments=self.plain("patches/%d/comments/" % id)), "check": self.combined_check(id),
            "checks": self.plain("patches/%d/checks/" % id), "tags": {},
            **self.since(2, related=self.patches_in([p for p in related if p["id"] != id])),
        }
        if detail:
            result.update(headers=headers(r["headers"]), content=r["content"], diff=r["diff"],
                          prefixes=PREFIXES.get(r["name"], []))
        return result

    def covers(self, id, detail=False):
        r = self.rows.cover[id]
        web_url, mbox = self.message(r, "cover")
        archive = self.archive_url(r["project_id"], r["msgid"])
        result = {
            "id": id, "url": self.url("covers/%d/" % id), **self.since(1, web_url=web_url),
            "project": self.project_in(r["project_id"]), "msgid": r["msgid"], **self.since(2, **archive),
            "date": moment(r["date"]), "name": r["name"], "submitter": self.person_in(r["submitter_id"]),
            **self.since(1, mbox=mbox), "series": [self.series_in(s["id"]) for s in self.rows.where("series",
                cover_letter_id=id)],
            **self.since(1, comments=self.plain("covers/%d/comments/" % id)),
        }
        if detail:
            result.update(headers=headers(r["headers"]), content=r["content"])
        return result

    def comment(self, kind, id):
        r, parent, url = self.comment_row(kind, id)
        archive = self.archive_url(parent["project_id"], r["msgid"])
        return {"id": id, **self.since(3, url=url), "web_url": self.web("/comment/%d/" % id), "msgid": r["msgid"],
                **self.since(2, **archive), "date": moment(r["date"]), "subject": subject(r["headers"]),
                "submitter": self.person_in(r["submitter_id"]), "content": r["content"],
                "headers": headers(r["headers"]),
                **self.since(3, addressed=None if r["addressed"] is None else bool(r["addressed"]))}

    def checks(self, id, detail=False):
        r = self.rows.check[id]
        return {"id": id, "url": self.check_url(r), "user": self.user_in(r["user_id"]), "date": moment(r["date"]),
                "state": CHECK_STATES[r["state"]], "target_url": r["target_url"], "context": r["context"],
                "description": r["description"]}

    def series(self, id, detail=False):
        r = self.rows.series[id]
        patches = self.rows.where("patch", series_id=id)
        return {"id": id, "url": self.url("series/%d/" % id), **self.since(1, web_url=self.series_web_url(r)),
                "project": self.project_in(r["project_id"]), "name": r["name"], "date": moment(r["date"]),
                "submitter": self.person_in(r["submitter_id"]), "version": r["version"], "total": r["total"],
                "received_total": len(patches), "received_all": r["total"] <= len(patches),
                "mbox": self.web("/series/%d/mbox/" % id), "cover_letter": self.cover_in(r["cover_letter_id"]),
                "patches": self.patches_in(patches)}

    def bundles(self, id, detail=False):
        r = self.rows.bundle[id]
        path = path_escape("/bundle/%s/%s/" % (self.rows.user[r["owner_id"]]["username"], r["name"]))
        patches = [self.rows.patch[b["patch_id"]] for b in self.rows.where("bundlepatch", bundle_id=id)]
        return {"id": id, "url": self.url("bundles/%d/" % id), **self.since(1, web_url=self.web(path)),
                "project": self.project_in(r["project_id"]), "name": r["name"], "owner": self.user_in(r["owner_id"]),
                "patches": self.patches_in(patches), "public": bool(r["public"]), "mbox": self.web(path + "mbox/")}

    def events(self, id, detail=False):
        r = self.rows.event[id]
        state = {name: r[name + "_id"] and self.rows.state[r[name + "_id"]]["slug"] for name in ("previous_state",
            "current_state")}
        payload = {
            "cover-created": lambda: {"cover": self.cover_in(r["cover_id"])},
            "patch-created": lambda: {"patch": self.patch_in(r["patch_id"])},
            "patch-completed": lambda: {"patch": self.patch_in(r["patch_id"]),
                                        "series": self.series_in(r["series_id"])},
            "patch-state-changed": lambda: {"patch": self.patch_in(r["patch_id"]), **state},
            "patch-delegated": lambda: {"patch": self.patch_in(r["patch_id"]),
                                        "previous_delegate": self.user_in(r["previous_delegate_id"]),
                                        "current_delegate": self.user_in(r["current_delegate_id"])},
            "patch-relation-changed": lambda: {"patch": self.patch_in(r["patch_id"]), "previous_relation": None,
                                               "current_relation": None},
            "check-created": lambda: {"patch": self.patch_in(r["patch_id"]),
                                      "check": self.check_in(r["created_check_id"])},
            "series-created": lambda: {"series": self.series_in(r["series_id"])},
            "series-completed": lambda: {"series": self.series_in(r["series_id"])},
            "cover-comment-created": lambda: {"cover": self.cover_in(r["cover_id"]),
                                              "comment": self.comment_in("cover", r["cover_comment_id"])},
            "patch-comment-created": lambda: {"patch": self.patch_in(r["patch_id"]),
                                              "comment": self.comment_in("patch", r["patch_comment_id"])},
        }[r["category"]]()
        return {"id": id, "category": r["category"], "project": self.project_in(r["project_id"]),
                "date": moment(r["date"]),
                "actor": self.user_in(r["actor_id"]), "payload": payload}
