# SPDX-License-Identifier: MIT
"""What answers depend on: the tags that each leaves (doc/tags.md), as the log
tells them at level debug.

EXPECTED has the tags of some requests to the letter, so that none is too wide.
That none is missing is shown by changing the database: each column of each
table in turn, and a row more in each.  Whenever an answer is another one
afterwards, the change must have raised a tag of the answer before it and one
of the answer after it (for the way back).  What a change raises is worked out
here by the rule of doc/tags.md.
"""
import base64
import http.client
import json
import os
import re
import sqlite3
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

CALLERS = {
    "-": None,
    "ada": "Token 0123456789abcdef0123456789abcdef01234567",
    "bo": "Basic " + base64.b64encode(b"bo:bo-demo").decode(),
    "bot": "Token c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1",
    "eve": "Token " + 40 * "e",
    "nobody": "Token " + 40 * "0",
    "stranger": "Basic " + base64.b64encode(b"stranger:x").decode(),
}

HEADERS = ("Link", "Location", "Content-Disposition")

# caller, path, status, tags; behind the bar those that end in ".*".
EXPECTED = """
- /api/projects/ 200
    project:1 project:2 project:3 projects user:1 user:2 user:3 | maintainers profiles projects users
- /api/projects/1/ 200
    project:1 user:1 user:3 | maintainers profiles projects users
- /api/projects/thimble-doc/ 200
    project:2 user:1 user:2 | maintainers profiles projects users
- /api/projects/3/ 200
    project:3 | maintainers profiles projects users
- /api/projects/nowhere/ 404
    projects projects.linkname | projects
- /api/projects/99/ 404
    project:99 projects projects.linkname | projects
- /api/projects/?q=doc&order=name 200
    project:2 projects projects.linkname projects.listemail projects.listid projects.name user:1 user:2 |
    maintainers profiles projects users
- /api/1.0/patches/?per_page=1 200
    patch:1 patches person:1 project:1 series:1 state:3 | checks patches people projects series states
- /api/patches/?per_page=2 200
    patch:1 patch:2 patches person:1 project:1 series:1 state:1 state:3 | checks patches people projects series
    states
- /api/patches/?per_page=2&page=999 404
    patches | patches
- /api/patches/?project=1&per_page=1&order=-date 200
    patch:119 patches@1 patches@1.date person:3 project:1 series:23 state:5 | checks patches people projects
    series states
- /api/patches/?project=thimble&project=sandbox&state=under-review&per_page=1 200
    patch:3 patches@1 patches@1.state_id patches@3 patches@3.state_id person:1 project:1 projects
    projects.linkname series:1 state:2 states states.name user:1 | checks patches people projects series states
    users
- /api/patches/?project=1&q=worker&archived=false&per_page=1 200
    patch:38 patches@1 patches@1.archived patches@1.name person:1 project:1 series:9 state:1 | checks patches
    people projects series states
- /api/patches/?project=nowhere 200
    projects projects.linkname | projects
- /api/patches/?project=77 200
    project:77 | projects
- /api/patches/?state=! 200
    states states.name | states
- /api/patches/?archived=true&hash=abc&msgid=nowhere 200
    patches patches.archived patches.hash patches.msgid | patches
- /api/patches/?submitter=ada@example.org&delegate=ada&series=1&since=2020-01-01&per_page=1 200
    patch:3 patches patches.date patches.delegate_id patches.series_id patches.submitter_id people people.email
    person:1 project:1 series:1 state:2 user:1 users users.username | checks patches people projects series
    states users
- /api/patches/?order=project,state,check&per_page=1 200
    checks checks.patch_id patch:2 patches patches.project_id patches.state_id person:1 project:1 projects
    projects.linkname series:1 state:1 states states.ordering | checks patches people projects series states
- /api/patches/1/ 200
    patch:1 person:1 project:1 series:1 state:3 | checks patches people projects series states
- /api/patches/8/ 200
    patch:8 patch:9 person:2 project:1 project:2 relation:1 series:2 state:3 | checks patches people projects
    relations series states
- /api/1.1/patches/8/ 200
    patch:8 person:2 project:1 project:2 series:2 state:3 | checks patches people projects series states
- /api/patches/9999/ 404
    patch:9999 | patches
- /api/patches/99999999999999999999/ 404
    patch:-1 | patches
- /api/covers/1/ 200
    cover:1 person:1 project:1 series:1 | covers people projects series
- /api/covers/?series=1&order=name 200
    cover:1 covers covers.name person:1 project:1 series series.cover_letter_id series:1 | covers people
    projects series
- /api/covers/?before=2000-01-01 200
    covers covers.date | covers
- /api/series/1/ 200
    cover:1 patch:1 patch:2 patch:3 patch:4 patch:5 patch:6 person:1 project:1 project:2 series:1 | covers
    patches people projects series
- /api/series/?order=-received_all&per_page=1&submitter=2 200
    cover:20 patch:108 patch:109 patch:110 patch:111 patch:112 patch:113 patches patches.series_id person:2
    project:1 series series.submitter_id series.total series:22 | covers patches people projects series
- /api/events/?per_page=3 200
    check:357 cover:21 cover_comment:11 event:829 event:830 event:831 events events.date patch:119 project:1
    project:2 series:23 user:3 | checks cover_comments covers events patches projects series users
- /api/1.2/events/?project=1&category=check-created&per_page=1&actor=3 200
    check:357 event:829 events@1 events@1.actor_id events@1.category events@1.date patch:119 project:1 user:3 |
    checks events patches projects users
- /api/events/?patch=1&cover=1&series=1 200
    cover:1 events events.cover_id events.date events.patch_id events.series_id patch:1 series:1 | covers events
    patches series
- /api/bundles/ 200
    bundle:1 bundles bundles.owner_id bundles.public patch:2 patch:3 patch:5 project:1 project:2 user:1 |
    bundle_patches bundles patches projects users
ada /api/bundles/ 200
    auth:1 bundle:1 bundles bundles.owner_id bundles.public patch:2 patch:3 patch:5 project:1 project:2 user:1 |
    auth bundle_patches bundles patches projects users
bo /api/bundles/?owner=bo&public=false 200
    auth:2 bundle:2 bundles bundles.owner_id bundles.public patch:1 patch:4 project:1 user:2 users
    users.username | auth bundle_patches bundles patches projects users
- /api/bundles/1/ 200
    bundle:1 patch:2 patch:3 patch:5 project:1 project:2 user:1 | bundle_patches bundles patches projects users
- /api/bundles/2/ 404
    bundle:2 | bundles
bo /api/bundles/2/ 200
    auth:2 bundle:2 patch:1 patch:4 project:1 user:2 | auth bundle_patches bundles patches projects users
- /api/patches/1/checks/ 200
    check:1 check:2 check:3 checks@1 patch:1 user:3 | checks patches users
- /api/patches/1/checks/?user=ci-bot&context=build&state=1 200
    check:1 checks@1 checks@1.context checks@1.state checks@1.user_id patch:1 user:3 users users.username |
    checks patches users
- /api/patches/1/checks/2/ 200
    check:2 patch:1 user:3 | checks patches users
- /api/patches/1/checks/0/?context=build 200
    check:1 checks@1 checks@1.context patch:1 user:3 | checks patches users
- /api/patches/1/checks/77/ 404
    check:77 patch:1 | checks patches
- /api/patches/9999/checks/ 404
    checks@9999 patch:9999 | checks patches
- /api/patches/1/comments/ 200
    patch:1 patch_comment:1 patch_comments@1 person:3 project:1 | patch_comments patches people projects
- /api/patches/1/comments/1/ 200
    patch:1 patch_comment:1 person:3 project:1 | patch_comments patches people projects
- /api/patches/2/comments/ 200
    patch:2 patch_comments@2 | patch_comments patches
- /api/covers/1/comments/ 200
    cover:1 cover_comment:1 cover_comments@1 person:2 project:1 | cover_comments covers people projects
- /api/covers/1/comments/1/ 200
    cover:1 cover_comment:1 person:2 project:1 | cover_comments covers people projects
ada /api/people/?q=example.com 200
    auth:1 people people.email people.name person:4 | auth people
ada /api/people/1/ 200
    auth:1 person:1 user:1 | auth people users
ada /api/people/9/ 404
    auth:1 person:9 | auth people
ada /api/users/?order=username 200
    auth:1 user:1 user:2 user:3 user:4 users users.username | auth users
ada /api/users/1/ 200
    auth:1 user:1 | auth profiles users
ada /api/users/2/ 200
    auth:1 user:2 | auth profiles users
- /project/thimble/patch/demo-1-3@example.org/mbox/ 200
    patch:3 patch_comments@3 patch_comments@3.content patch_comments@3.date person:1 project:1 user:1 |
    patch_comments patches people projects users
- /project/thimble/patch/demo-1-2@example.org/mbox/?series=* 200
    patch:1 patch:2 patch_comments@1 patch_comments@1.content patch_comments@1.date patch_comments@2
    patch_comments@2.content patch_comments@2.date person:1 project:1 series:1 | patch_comments patches people
    projects series users
- /project/thimble/patch/nowhere/mbox/ 404
    patches patches.msgid patches.project_id projects projects.linkname | patches projects
- /project/thimble/patch/demo-1-1@example.org/raw/ 200
    patch:1 project:1 | patches projects
- /project/thimble/cover/demo-1-0@example.org/mbox/ 200
    cover:1 cover_comments@1 cover_comments@1.content cover_comments@1.date person:1 project:1 | cover_comments
    covers people projects
- /series/1/mbox/ 200
    patch:1 patch:2 patch:3 patch:4 patch:5 patch:6 patch_comments@1 patch_comments@1.content
    patch_comments@1.date patch_comments@2 patch_comments@2.content patch_comments@2.date patch_comments@3
    patch_comments@3.content patch_comments@3.date patch_comments@4 patch_comments@4.content
    patch_comments@4.date patch_comments@5 patch_comments@5.content patch_comments@5.date patch_comments@6
    patch_comments@6.content patch_comments@6.date person:1 project:1 project:2 series:1 user:1 | patch_comments
    patches people projects series users
- /series/999/mbox/ 404
    series:999 | series
- /bundle/ada/for-review/mbox/ 200
    bundle:1 patch:2 patch:3 patch:5 patch_comments@2 patch_comments@2.content patch_comments@2.date
    patch_comments@3 patch_comments@3.content patch_comments@3.date patch_comments@5 patch_comments@5.content
    patch_comments@5.date person:1 project:1 project:2 user:1 | bundle_patches bundles patch_comments patches
    people projects users
- /bundle/ada/nothing/mbox/ 404
    bundles bundles.name bundles.owner_id users users.username | bundles users
- /bundle/bo/private-notes/mbox/ 404
    bundle:2 user:2 | bundles users
bo /bundle/bo/private-notes/mbox/ 200
    auth:2 bundle:2 patch:1 patch:4 patch_comments@1 patch_comments@1.content patch_comments@1.date
    patch_comments@4 patch_comments@4.content patch_comments@4.date person:1 project:1 user:2 | auth
    bundle_patches bundles patch_comments patches people projects users
nobody /bundle/bo/private-notes/mbox/ 404
    bundle:2 tokens user:2 | bundles tokens users
stranger /bundle/bo/private-notes/mbox/ 404
    bundle:2 user:2 users users.username | bundles users
- /patch/1/ 302
    patch:1 project:1 | patches projects
- /cover/9999/mbox/ 404
    cover:9999 | covers projects
- /comment/1/ 302
    cover_comment:1 patch:1 patch_comment:1 project:1 | cover_comments covers patch_comments patches projects
- /comment/999/ 404
    cover_comment:999 patch_comment:999 | cover_comments covers patch_comments patches projects
nobody /api/projects/ 403
    tokens | tokens
stranger /api/projects/ 403
    users users.username | users
ada /api/people/ 200
    auth:1 people person:1 person:2 person:3 person:4 user:1 user:2 | auth people users
- /api/series/?project=1&per_page=1&order=-id 200
    cover:21 patch:114 patch:115 patch:116 patch:117 patch:118 patch:119 person:3 project:1 project:2 series:23
    series@1 | covers patches people projects series
- /api/patches/?state=new&state=othernew&per_page=1 200
    states states.name | states
- /api/events/?patch=1&patch=3 200
    check:1 check:2 check:3 check:7 check:8 check:9 event:15 event:16 event:17 event:18 event:19 event:20
    event:21 event:3 event:4 event:5 event:6 event:7 event:8 event:9 events events.date events.patch_id patch:1
    patch:3 patch_comment:1 project:1 series:1 state:1 state:2 state:3 user:1 user:3 | checks events
    patch_comments patches projects series states users
eve /api/users/4/ 200
    auth:4 user:4 | auth profiles users
bot /api/users/3/ 200
    auth:3 user:3 | auth profiles users
"""


def expected():
    for request, tags in re.findall(r"^(\S.*)\n((?: .*\n)+)", EXPECTED, re.M):
        caller, path, status = request.split(" ")
        fine, coarse = tags.split("|")
        yield caller, path, int(status), set(fine.split()) | {name + ".*" for name in coarse.split()}


# --- the rule of doc/tags.md

# table: its object, its collection, the column of its scope
TABLES = {
    "patchwork_patch": ("patch", "patches", "project_id"),
    "patchwork_cover": ("cover", "covers", "project_id"),
    "patchwork_series": ("series", "series", "project_id"),
    "patchwork_bundle": ("bundle", "bundles", "project_id"),
    "patchwork_event": ("event", "events", "project_id"),
    "patchwork_check": ("check", "checks", "patch_id"),
    "patchwork_patchcomment": ("patch_comment", "patch_comments", "patch_id"),
    "patchwork_covercomment": ("cover_comment", "cover_comments", "cover_id"),
    "patchwork_project": ("project", "projects", None),
    "patchwork_person": ("person", "people", None),
    "patchwork_state": ("state", "states", None),
    "patchwork_patchrelation": ("relation", "relations", None),
    "auth_user": ("user", "users", None),
    "patchwork_userprofile": (None, "profiles", None),
    "patchwork_userprofile_maintainer_projects": (None, "maintainers", None),
    "patchwork_bundlepatch": (None, "bundle_patches", None),
    "authtoken_token": (None, "tokens", None),
}

# Those of the Review Board API, which none of the requests here reads.
REVIEWS = {
    "auth_group": ("group", "groups", None),
    "thimble_rb_repository": ("rb_repository", "rb_repositories", None),
    "thimble_rb_access": (None, "rb_accesses", None),
    "thimble_rb_right": (None, "rb_rights", None),
    "thimble_rb_token": (None, "rb_tokens", None),
    "thimble_rb_logout": (None, "rb_logouts", None),
    "thimble_rb_request": ("rb_request", "rb_requests", None),
    "thimble_rb_draft": (None, "rb_drafts", None),
    "thimble_rb_target": (None, "rb_targets", None),
    "thimble_rb_diffset": ("rb_diffset", "rb_diffsets", "request_id"),
    "thimble_rb_commit": (None, "rb_commits", None),
    "thimble_rb_file": (None, "rb_files", None),
}
ALL = {**TABLES, **REVIEWS}

# Columns that have tags of their own.
COLUMNS = {
    "patches": "name project_id date state_id archived submitter_id series_id delegate_id hash msgid",
    "covers": "name project_id date submitter_id msgid",
    "series": "name project_id date submitter_id total cover_letter_id",
    "bundles": "name project_id owner_id public",
    "events": "project_id date category actor_id series_id patch_id cover_id",
    "checks": "patch_id user_id state context date target_url description",
    "patch_comments": "content date submitter_id",
    "cover_comments": "content date submitter_id",
    "projects": "linkname name listid listemail",
    "people": "name email",
    "states": "name ordering",
    "users": "username email first_name last_name is_active",
    "groups": "name",
    "rb_repositories": "name path mirror_path is_public visible",
    "rb_requests": "status is_public submitter_id repository_id last_updated branch commit_id",
    "rb_targets": "draft kind target_id",
    "rb_diffsets": "revision published",
}

# table: the object that a row is part of, the column that names it, and which columns matter (None: all)
OWNERS = {
    "patchwork_patch": [("series", "series_id", {"series_id", "number"}), ("relation", "related_id", {"related_id"})],
    "patchwork_series": [("cover", "cover_letter_id", {"cover_letter_id"})],
    "patchwork_check": [("patch", "patch_id", None)],
    "patchwork_bundlepatch": [("bundle", "bundle_id", None)],
    "patchwork_userprofile": [("user", "user_id", None), ("auth", "user_id", None)],
    "patchwork_userprofile_maintainer_projects": [("project", "project_id", None)],
    "patchwork_person": [("auth", "user_id", {"user_id"})],
    "auth_user": [("auth", "id", {"id", "username", "password", "is_active", "is_staff", "is_superuser"})],
    "authtoken_token": [("auth", "user_id", None)],
    **{"thimble_rb_" + name: [("auth", "user_id", None)] for name in ("access", "right", "token", "logout")},
    **{"thimble_rb_" + name: [("rb_request", "request_id", None)] for name in ("draft", "target", "diffset")},
    **{"thimble_rb_" + name: [("rb_diffset", "diffset_id", None)] for name in ("commit", "file")},
}

# Changes of these raise nothing.
IGNORED = {"auth_user": {"last_login"}}

# Columns that no answer shows or goes by.
UNREAD = {
    "auth_user.date_joined", "auth_user.is_staff", "auth_user.is_superuser", "auth_user.last_login",
    "authtoken_token.created", "patchwork_event.current_relation_id", "patchwork_event.previous_relation_id",
    "patchwork_project.send_notifications", "patchwork_project.use_tags", "patchwork_state.action_required",
}


# And of the Review Board API's tables.
UNREAD_REVIEWS = {"thimble_rb_file.diff", "thimble_rb_file.parent_diff", "thimble_rb_token.created",
                  "thimble_rb_token.note"}


def key_of(table):
    return {"authtoken_token": "key", "thimble_rb_logout": "nonce"}.get(table, "id")


def raised(table, old, new):
    """The tags that a change from one row to another leaves; None: there was or is no such row."""
    kind, collection, scope = ALL[table]
    rows = [row for row in (old, new) if row is not None]
    changed = {c for c in rows[0] if len(rows) == 1 or old[c] != new[c]} - IGNORED.get(table, set())
    tags = set()
    if not changed:
        return tags
    another = len(rows) == 1 or "id" in changed
    for row in rows:
        below = ["%s@%s" % (collection, row[scope])] if scope else []
        if kind:
            tags.add("%s:%s" % (kind, row["id"]))
        if another or key_of(table) in changed:
            tags |= {collection, *below}
        if scope in changed:
            tags |= set(below)
        if not another:
            named = changed & set(COLUMNS.get(collection, "").split())
            tags |= {name + "." + column for name in [collection, *below] for column in named}
        for owner, column, matter in OWNERS.get(table, []):
            if row[column] is not None and (another or matter is None or changed & matter):
                tags.add("%s:%s" % (owner, row[column]))
    return tags


# What rows that come anew have of their own, some of which the requests ask for.
FRESH = {
    "patchwork_patch": {"msgid": "<nowhere>", "number": 0},
    "patchwork_cover": {"msgid": "<nowhere>"},
    "patchwork_series": {"cover_letter_id": None},
    "patchwork_bundle": {"name": "nothing"},
    "patchwork_patchcomment": {"msgid": "<nowhere>"},
    "patchwork_covercomment": {"msgid": "<nowhere>"},
    "patchwork_project": {"linkname": "nowhere", "name": "Nowhere", "listid": "nowhere.example.org"},
    "patchwork_person": {"email": "nowhere@example.org"},
    "patchwork_state": {"name": "othernew", "slug": "othernew", "ordering": 999},
    "auth_user": {"username": "stranger"},
    "authtoken_token": {"key": 40 * "0", "user_id": 2},
    "patchwork_userprofile": {"user_id": 4},
    "patchwork_userprofile_maintainer_projects": {"project_id": 3},
    "patchwork_bundlepatch": {"patch_id": 7},
    "auth_group": {"name": "nowhere"},
    "thimble_rb_repository": {"name": "nowhere"},
    "thimble_rb_access": {"repository_id": 3},
    "thimble_rb_right": {"name": "nothing"},
    "thimble_rb_token": {"digest": 64 * "0"},
    "thimble_rb_logout": {"nonce": 32 * "0"},
    "thimble_rb_request": {"commit_id": 40 * "0"},
    "thimble_rb_draft": {"request_id": 3},
    "thimble_rb_target": {"target_id": 9},
    "thimble_rb_diffset": {"revision": 9},
    "thimble_rb_commit": {"commit_id": 40 * "0", "place": 9},
}

NONCE = 31 * "0"

# Rows of the Review Board API's tables: two each at least, and what others may be given.
REVIEW_ROWS = """
INSERT INTO auth_group (id, name) VALUES (1, 'core'), (2, 'docs');
INSERT INTO thimble_rb_repository (id, name, path, mirror_path, project_id, git_dir, is_public, visible, with_history,
    extra_data) SELECT id, 'core' || id, '/srv/git/core' || id, '', 1, NULL, true, true, true, '{}' FROM patchwork_state
    WHERE id < 4;
INSERT INTO thimble_rb_access (id, repository_id, user_id) VALUES (1, 1, 1), (2, 2, 1);
INSERT INTO thimble_rb_right (id, user_id, name) VALUES (1, 1, 'can_edit_reviewrequest'), (2, 2, 'can_edit_reviewrequest');
INSERT INTO thimble_rb_token (id, digest, user_id, note, created, expires, invalid_since, policy, scopes)
    VALUES (1, 'aa', 1, '', 1, NULL, NULL, '', NULL), (2, 'bb', 2, '', 1, 2, 3, '{}', 'session:read');
INSERT INTO thimble_rb_logout (nonce, user_id, expires) VALUES ('%s1', 1, 5), ('%s2', 2, 5);
INSERT INTO thimble_rb_request (id, submitter_id, repository_id, is_public, status, with_history, commit_id, summary,
    description, testing_done, branch, bugs, close_description, extra_data, time_added, last_updated)
    SELECT id, 1, 1, true, 'P', true, 'c' || id, 's', 'd', 't', 'b', '1,2', '', '{}', 1, 2 FROM patchwork_state WHERE id < 4;
INSERT INTO thimble_rb_draft (id, request_id, commit_id, summary, description, testing_done, branch, bugs,
    change_description, extra_data, last_updated) SELECT id, id, 'c', 's', 'd', 't', 'b', '1', 'c', '{}', 2
    FROM patchwork_state WHERE id < 3;
INSERT INTO thimble_rb_target (id, request_id, draft, kind, target_id, place)
    VALUES (1, 1, false, 'P', 1, 0), (2, 1, true, 'G', 1, 0), (3, 1, false, 'P', 2, 1);
INSERT INTO thimble_rb_diffset (id, request_id, repository_id, revision, published, finalized, base_commit_id, name,
    basedir, changed, extra_data, series_id) VALUES (1, 1, 1, 1, true, true, 'b', 'diff', '', 1, '{}', 1),
    (2, 1, 1, 2, true, true, NULL, 'diff', '', 1, '{}', NULL), (3, 2, 1, 1, false, false, NULL, 'diff', '', 1, '{}', NULL);
INSERT INTO thimble_rb_commit (id, diffset_id, place, commit_id, parent_id, message, author_name, author_email,
    author_instant, author_offset, committer_name, committer_email, committer_instant, committer_offset, filename,
    extra_data, changed) SELECT id, 1, id, 'c' || id, 'p' || id, 'm', 'Ada', 'ada@example.org', -1, 3600, 'Bob',
    'bob@example.org', 5, -3600, 'diff', '{}', 1 FROM patchwork_state WHERE id < 3;
INSERT INTO thimble_rb_file (id, diffset_id, commit_row, place, source_file, dest_file, source_revision, dest_detail,
    status, is_binary, old_mode, new_mode, inserted, deleted, diff, parent_diff, extra_data, changed)
    SELECT id, 1, 1, id, 'a', 'b', 'c', 'd', 'M', false, '100644', '100755', 1, 2, 'diff', 'diff', '{}', 1
    FROM patchwork_state WHERE id < 3;
""" % (NONCE, NONCE)


def raised_by_many(table):
    """What a change of too many rows leaves."""
    tags = {ALL[table][1] + ".*"}
    if any(owner == "auth" for owner, _, _ in OWNERS.get(table, [])):
        tags.add("auth.*")
    return tags


class Tags(thimble.TestCase):
    tables = TABLES
    callers = CALLERS
    more_keys = {}
    unread = UNREAD
    kept = set(range(600))      # statuses that leave tags

    def demo(self):
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}, "log": {"level": "debug"},
                              "server": {"workers": "1"}}, start=False)
        self.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": self.control}})
        server.init("--demo")
        server.detach("--keep-reviews")
        self.database = sqlite3.connect(os.path.join(server.directory, "thimble.db"), isolation_level=None)
        self.addCleanup(self.database.close)
        self.database.row_factory = sqlite3.Row
        self.prepare()
        server.start().wait_ready()
        self.log = open(server.log_path, errors="replace")
        self.addCleanup(self.log.close)
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=thimble.DEADLINE)
        self.addCleanup(self.connection.close)
        self.number = 0
        return server

    def requests(self):
        return [(caller, path) for caller, path, _, _ in expected()]

    def prepare(self):
        """What the demo has none of: related patches, users without a token or a profile, and objects of another
        project than those that show them."""
        self.database.execute("INSERT INTO patchwork_patchrelation (id) VALUES (1)")
        self.database.execute("UPDATE patchwork_patch SET related_id = 1 WHERE id IN (8, 9)")
        self.database.execute("DELETE FROM authtoken_token WHERE user_id = 2")
        for table, key in (("patch", 5), ("cover", 21), ("series", 2)):
            self.change("patchwork_" + table, key, "project_id", 2)
        user = self.row("auth_user", 3)
        user.update(id=4, username="eve")
        self.put("auth_user", user)
        self.put("authtoken_token", {"key": CALLERS["eve"][6:], "created": "2026-01-01 00:00:00", "user_id": 4})

    def ask(self, caller, path):
        """(status, the answer but for what changes anyway, its tags)"""
        self.number += 1        # nothing that is kept already
        unique = "x=%d" % self.number
        authorization = self.callers[caller]
        self.connection.request("GET", path + ("&" if "?" in path else "?") + unique,
                                headers={"Authorization": authorization} if authorization else {})
        answer = self.connection.getresponse()
        body = answer.read()
        told = [answer.headers.get(name, "").replace(unique, "") for name in HEADERS]
        lines = re.findall(r"tags of \S+: (.*?)(\(\d+\))?$", self.log.read(), re.M)
        self.assertTrue(lines and lines[-1][1], "no tags in the log for " + path)
        tags = {tag for line, _ in lines for tag in line.split()}
        self.assertTrue(lines[-1][1] == "(%d)" % len(tags), "not each of the tags of %s is there once" % path)
        return answer.status, (told, body.replace(unique.encode(), b"")), tags

    def test_the_tags_of_answers(self):
        self.demo()
        for caller, path, status, tags in expected():
            with self.subTest(caller=caller, path=path):
                got = self.ask(caller, path)
                self.assertEqual(got[0], status)
                self.assertEqual(sorted(got[2]), sorted(tags))
                for tag in got[2]:
                    collection, dot, column = tag.partition(".") if ":" not in tag else ("", "", "")
                    if dot and column != "*":
                        self.assertIn(column, COLUMNS[collection.partition("@")[0]].split())

    def test_a_large_page_can_be_kept(self):
        server = self.demo()
        server.get("/api/patches/?per_page=250")
        tags = re.findall(r"\((\d+)\)$", self.log.read(), re.M)
        self.assertLess(int(tags[-1]), 4096)
        self.assertGreater(int(tags[-1]), 119)

    # --- changes

    def purge(self, server, tags):
        """No answer is asked for twice, but the objects that they are made of are kept."""
        answer = server.request("POST", "/purge", body=json.dumps({"tags": sorted(tags)}), unix=self.control)
        self.assertEqual(answer.status, 200, answer.body)

    def columns(self, table):
        return self.database.execute("PRAGMA table_info(%s)" % table).fetchall()

    def row(self, table, key):
        found = self.database.execute("SELECT * FROM %s WHERE %s = ?" % (table, self.key(table)), (key,)).fetchone()
        return dict(found) if found else None

    @staticmethod
    def key(table):
        return key_of(table)

    def values(self, table, column, old):
        """Other values that the column may have."""
        name, kind = column["name"], column["type"].lower()
        targets = {row["from"]: row["table"] for row in self.database.execute("PRAGMA foreign_key_list(%s)" % table)}
        if name in targets:
            others = self.database.execute("SELECT id FROM %s ORDER BY id LIMIT 40" % targets[name])
            return [row[0] for row in others if row[0] != old] + ([] if column["notnull"] else [None])
        if "bool" in kind:
            return [not old]
        if kind in ("blob", "bytea"):
            return ["\\x6162"]
        if "date" in kind or "time" in kind:
            return ["2019-02-03 04:05:06"]
        if name == "extra_data":
            return ['{"key": 1}']
        if name in ("last_updated", "time_added", "changed"):
            return [(old or 0) + 10 ** 12]
        if name == "status":
            return ["S" if old == "P" else "D"]
        if "int" in kind:
            return [(old or 0) + (1 if name == "state" else 100000)]
        if name == "headers":
            return ["Subject: other\n" + (old or "")]
        if name in ("category", "slug"):
            return ["series-created"]
        # what a search may find now
        return [(old or "") + (" worker doc example.com" if name in ("name", "email") else "x")]

    def updates(self, table, keys):
        for key in keys:
            for column in self.columns(table):
                if column["name"] == self.key(table) == "id":
                    continue
                old = self.row(table, key)
                for value in self.values(table, column, old[column["name"]]):
                    try:
                        self.change(table, key, column["name"], value)
                    except sqlite3.IntegrityError:
                        continue        # somebody else has it
                    now = value if column["name"] == self.key(table) else key
                    yield "%s.%s of %s" % (table, column["name"], key), raised(table, old, self.row(table, now))
                    self.change(table, now, column["name"], old[column["name"]])
                    break

    def change(self, table, key, column, value):
        self.database.execute('UPDATE %s SET "%s" = ? WHERE %s = ?' % (table, column, self.key(table)), (value, key))

    def insert(self, table, key):
        """A copy of the row, with what may not be there twice."""
        row = self.row(table, key)
        row.update({"id": 9999} if "id" in row else {}, **FRESH.get(table, {}))
        self.put(table, row)
        return row

    def put(self, table, row):
        self.database.execute("INSERT INTO %s (%s) VALUES (%s)" % (
            table, ", ".join('"%s"' % name for name in row), ", ".join("?" * len(row))), list(row.values()))

    def changes(self):
        """Changes the database in one place, yields what was done and what it raises, and takes it back."""
        some = {"patchwork_patch": (1, 3, 5, 8), "patchwork_project": (1, 2), "patchwork_person": (1, 4),
                "auth_user": (1, 2, 3), "patchwork_bundle": (1, 2), "patchwork_event": (831, 9, 16, 17, 18, 19),
                "patchwork_userprofile": (1, 2), "patchwork_state": (1, 2), "patchwork_bundlepatch": (11, 21),
                "authtoken_token": (CALLERS["ada"][6:], CALLERS["bot"][6:]), "thimble_rb_logout": (NONCE + "1",), **self.more_keys}
        for table in self.tables:
            keys = some.get(table, (1,))
            yield from self.updates(table, keys)
            if table == "patchwork_patchrelation":
                continue
            row = self.insert(table, keys[0])
            key = row[self.key(table)]
            yield "a row more in %s" % table, raised(table, None, row)
            self.database.execute("DELETE FROM %s WHERE %s = ?" % (table, self.key(table)), (key,))

    def test_no_change_is_without_a_tag(self):
        server = self.demo()
        requests = self.requests()
        before = {request: self.ask(*request) for request in requests}
        every, seen, tags = set(), set(), {"none"}
        for what, now in self.changes():
            self.purge(server, tags | now)      # the one before was taken back
            tags = now
            every.add(what.split(" of ")[0])
            many = raised_by_many(re.search(r"\w+_\w+", what).group())
            for request in requests:
                status, answer, left = self.ask(*request)
                was_status, was, was_left = before[request]
                if (status, answer) == (was_status, was):
                    continue
                seen.add(what.split(" of ")[0])
                for its_status, depends in ((was_status, was_left), (status, left)):    # there and back
                    if its_status not in self.kept:
                        continue
                    self.assertTrue(tags & depends and many & depends, "%s changes %s and raises %s or %s, not of %s" % (
                        what, request, sorted(tags), sorted(many), sorted(depends)))
        self.purge(server, tags)
        for request in requests:
            self.assertEqual(self.ask(*request), before[request], "it was all taken back")
        # what no request shows was not tested
        self.assertEqual(every - seen, self.unread)


if __name__ == "__main__":
    unittest.main()
