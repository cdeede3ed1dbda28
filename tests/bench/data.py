# SPDX-License-Identifier: MIT
"""The database that all subjects read: the recorded one where it is, else the
demo data, copied --grow times."""
import gzip
import os
import shutil

import thimble

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
