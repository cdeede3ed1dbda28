# SPDX-License-Identifier: MIT
"""The database that all subjects read: the recorded one where it is, else the
demo data, copied --grow times."""
import contextlib
import gzip
import json
import os
import shutil
import subprocess

import thimble

USER, FIRST_STATE, SECOND_STATE, CHECK = 7000001, 7000002, 7000003, 5000000     # ids that nothing else has
STATES = ("bench-one", "bench-two")
STATES = ("bench-one", "bench-two")
TOKEN = "b" * 40
HEADERS = {"Authorization": "Token " + TOKEN, "Content-Type": "application/json"}
CHECK_BODY = {"state": "success", "context": "ci-bench", "target_url": "https://ci.example.org/1", "description": "It works."}

GROW = """
INSERT INTO patchwork_series (id, name, date, version, total, project_id, submitter_id, cover_letter_id)
  SELECT id + {n} * 1000000, name, date + {n} * interval '1 day', version, total, project_id, submitter_id, NULL
  FROM patchwork_series WHERE id < 1000000;
INSERT INTO patchwork_patch (id, msgid, date, headers, content, name, project_id, submitter_id, diff, commit_ref, pull_url,
    delegate_id, state_id, archived, hash, series_id, number, related_id)
  SELECT id + {n} * 1000000, '<{n}.' || substr(msgid, 2), date + {n} * interval '1 day', headers, content, name, project_id,
    submitter_id, diff, commit_ref, pull_url, delegate_id, state_id, archived, hash, series_id + {n} * 1000000, number, NULL
  FROM patchwork_patch WHERE id < 1000000 AND length(msgid) < 240;
INSERT INTO patchwork_check (id, patch_id, user_id, date, state, target_url, description, context)
  SELECT c.id + {n} * 1000000, c.patch_id + {n} * 1000000, c.user_id, c.date, c.state, c.target_url, c.description, c.context
  FROM patchwork_check c JOIN patchwork_patch p ON p.id = c.patch_id + {n} * 1000000 WHERE c.id < 1000000;
INSERT INTO patchwork_event (id, category, date, project_id, patch_id, series_id)
  SELECT id + {n} * 1000000, category, date + {n} * interval '1 day', project_id, patch_id + {n} * 1000000,
    series_id + {n} * 1000000
  FROM patchwork_event WHERE id < 1000000 AND category IN ('patch-created', 'patch-completed', 'series-created')
    AND (patch_id IS NULL OR EXISTS (SELECT 1 FROM patchwork_patch p WHERE p.id = patch_id + {n} * 1000000));
"""


def fill(cluster, options):
    golden = os.path.join(thimble.TOP, os.pardir, "shared", "golden", "db.pg.sql.gz")
    if os.path.exists(golden):
        path = os.path.join(cluster.directory, "dump.sql")
        with gzip.open(golden, "rb") as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)
        cluster.create("bench", dump=path)
        with open(os.path.join(thimble.TOP, "store", "indexes.sql")) as f:
            indexes = "".join(line for line in f if not line.rstrip().endswith("-- sqlite"))
        cluster.sql("bench", indexes)
    else:
        cluster.create("bench")
        server = thimble.Server({"store": {"url": cluster.url("bench")}})
        server.init("--demo")
        server.stop()
    for n in range(1, options.grow):
        cluster.sql("bench", GROW.format(n=n))
    cluster.run("vacuumdb", "-z", "-q", "bench")


# --- for what writes

# somebody who may, and two states; all patches have the first
WRITABLE = """
INSERT INTO patchwork_state (id, name, slug, ordering, action_required) VALUES
  ({first}, '{names[0]}', '{names[0]}', {first}, true), ({second}, '{names[1]}', '{names[1]}', {second}, true);
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
  VALUES ({user}, '!', false, 'bench', 'Bench', 'Mark', 'bench@example.org', false, true, '2026-01-01 00:00:00');
INSERT INTO patchwork_userprofile (id, send_email, items_per_page, show_ids, user_id) VALUES ({user}, false, 100, false, {user});
INSERT INTO patchwork_userprofile_maintainer_projects (userprofile_id, project_id) SELECT {user}, id FROM patchwork_project;
INSERT INTO authtoken_token (key, created, user_id) VALUES ('{token}', '2026-01-01 00:00:00', {user});
UPDATE patchwork_project SET send_notifications = false;
UPDATE patchwork_patch SET state_id = {first};
INSERT INTO patchwork_check (id, patch_id, user_id, date, state, context)
  SELECT {check}, min(id), {user}, '2026-01-01 00:00:00', 1, 'ci-bench' FROM patchwork_patch;
"""


def writable_sql():
    return WRITABLE.format(first=FIRST_STATE, second=SECOND_STATE, names=STATES, user=USER, token=TOKEN, check=CHECK)


def attach(settings):
    server = thimble.Server(settings)
    try:
        subprocess.run([thimble.THIMBLECTL, "-c", server.config, "attach"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=thimble.DEADLINE)
    finally:
        server.stop()


@contextlib.contextmanager
def writable(cluster, name):
    """A copy of the database with all that writes need, for as long as it is used; its URL."""
    cluster.create(name, template="bench")
    try:
        cluster.sql(name, writable_sql())
        cluster.sql(name, "SELECT setval(pg_get_serial_sequence('patchwork_check', 'id'), %d)" % CHECK)
        attach({"store": {"url": cluster.socket_url(name)}})
        yield cluster.socket_url(name)
    finally:
        cluster.drop(name)


def wait_lease(server):
    """Until what it keeps is kept until it changes."""
    says = lambda: server.get("/metrics", port=server.status_port).body
    thimble.wait_until(lambda: b"\nthimble_bus_lease 1\n" in says(), lambda: "the lease:\n" + server.log())


def request(kind, patch, state):
    """Method, path and body of a write: a check is made, or the patch's state changed."""
    if kind == "check":
        return "POST", "/api/1.2/patches/%s/checks/" % patch, json.dumps(CHECK_BODY)
    return "PATCH", "/api/1.2/patches/%s/" % patch, json.dumps({"state": state})


def write(server, kind, patch, state):
    method, path, body = request(kind, patch, state)
    answer = server.request(method, path, body, HEADERS)
    if answer.status != (201 if kind == "check" else 200):
        raise AssertionError("%s: %d: %r" % (path, answer.status, answer.body))
    return answer
