# SPDX-License-Identifier: MIT
"""The tags of the Review Board API's answers, by the rule of doc/tags.md: as
test_tags.py does it for Patchwork's API, each column of each table is changed
in turn, and a row is added to each; whatever answer is another one afterwards
must depend on a tag that the change raised.
"""
import hashlib
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]
import test_tags

API = "/reviews/api/"
REQUESTS = API + "review-requests/"

ANONYMOUS = [
    "repositories/", "repositories/1/", "repositories/9999/", "repositories/?name=core1", "repositories/?name=nowhere",
    "repositories/?path=/srv/git/core2", "users/", "users/ada/", "users/stranger/", "users/?q=b",
    "review-requests/", "review-requests/?status=all", "review-requests/?status=all&counts-only=1",
    "review-requests/?repository=1", "review-requests/?from-user=ada", "review-requests/?to-users=ada",
    "review-requests/?to-groups=core", "review-requests/?commit-id=c1", "review-requests/?branch=b",
    "review-requests/?last-updated-from=1970-01-01T00:00:00Z&max-results=1", "review-requests/?max-results=1&start=1",
    "review-requests/1/", "review-requests/2/", "review-requests/9999/", "review-requests/1/?expand=submitter",
    "review-requests/1/diffs/", "review-requests/1/diffs/?expand=commits,files", "review-requests/1/diffs/1/",
    "review-requests/1/diffs/9/", "review-requests/1/diffs/1/commits/", "review-requests/1/diffs/1/commits/c1/",
    "review-requests/1/diffs/1/commits/c9/", "review-requests/1/diffs/1/commits/?expand=files",
    "review-requests/1/diffs/1/files/", "review-requests/1/diffs/1/files/?commit-id=c1",
    "review-requests/1/diffs/1/files/1/", "review-requests/1/diffs/1/files/9999/",
]
# ada submitted them; bo may be given rights
BY_USERS = [
    "session/", "review-requests/", "review-requests/1/draft/", "review-requests/2/draft/", "review-requests/3/draft/",
    "review-requests/2/draft/diffs/", "review-requests/2/draft/diffs/1/", "review-requests/2/draft/diffs/1/draft-commits/",
    "review-requests/2/draft/diffs/1/draft-commits/d1/", "review-requests/2/draft/diffs/1/files/",
    "review-requests/2/draft/diffs/1/files/11/", "review-requests/4/", "repositories/", "repositories/4/", "users/bo/",
]

ROBOT = "rbp_made_up"

MORE_ROWS = """
INSERT INTO thimble_rb_access (id, repository_id, user_id) VALUES (3, 4, 2);
UPDATE thimble_rb_token SET digest = '%s' WHERE id = 1;
INSERT INTO thimble_rb_repository (id, name, path, mirror_path, project_id, git_dir, is_public, visible, with_history,
    extra_data) VALUES (4, 'secret', '/srv/git/secret', '', 1, NULL, false, true, true, '{}');
INSERT INTO thimble_rb_request (id, submitter_id, repository_id, is_public, status, with_history, commit_id, summary,
    description, testing_done, branch, bugs, close_description, extra_data, time_added, last_updated)
    VALUES (4, 3, 4, true, 'P', true, 'c4', 's', 'd', 't', 'b', '1,2', '', '{}', 1, 2);
INSERT INTO thimble_rb_commit (id, diffset_id, place, commit_id, parent_id, message, author_name, author_email,
    author_instant, author_offset, committer_name, committer_email, committer_instant, committer_offset, filename,
    extra_data, changed) VALUES (11, 3, 1, 'd1', 'p', 'm', 'Ada', 'ada@example.org', -1, 3600, 'Bob', 'bob@example.org',
    5, -3600, 'diff', '{}', 1);
INSERT INTO thimble_rb_file (id, diffset_id, commit_row, place, source_file, dest_file, source_revision, dest_detail,
    status, is_binary, old_mode, new_mode, inserted, deleted, diff, parent_diff, extra_data, changed)
    VALUES (11, 3, 11, 1, 'a', 'b', 'c', 'd', 'M', false, '100644', '100755', 1, 2, 'diff', 'diff', '{}', 1),
    (12, 1, NULL, 1, 'a', 'b', 'c', 'd', 'M', false, '100644', '100755', 1, 2, 'diff', 'diff', '{}', 1);
""" % hashlib.sha256(ROBOT.encode()).hexdigest()

CALLERS = {**test_tags.CALLERS, "robot": "token " + ROBOT}


class ReviewTags(test_tags.Tags):
    tables = {"auth_user": None, **test_tags.REVIEWS}
    more_keys = {"thimble_rb_access": (3,), "thimble_rb_commit": (1, 11)}
    # a row more is a copy, which may say nothing new
    unread = {
        "a row more in auth_group", "a row more in thimble_rb_access", "a row more in thimble_rb_logout",
        "a row more in thimble_rb_right", "a row more in thimble_rb_target", "a row more in thimble_rb_token",
        # what log-ins by cookie, writes, raw patches and series go by
        "auth_user.date_joined", "auth_user.is_staff", "auth_user.last_login", "thimble_rb_commit.changed",
        "thimble_rb_diffset.finalized", "thimble_rb_diffset.series_id", "thimble_rb_file.changed", "thimble_rb_file.deleted",
        "thimble_rb_file.diff", "thimble_rb_file.inserted", "thimble_rb_file.new_mode", "thimble_rb_file.old_mode",
        "thimble_rb_file.parent_diff", "thimble_rb_logout.expires", "thimble_rb_logout.nonce", "thimble_rb_logout.user_id",
        "thimble_rb_repository.git_dir", "thimble_rb_repository.project_id", "thimble_rb_repository.with_history",
        "thimble_rb_token.created", "thimble_rb_token.note",
    }
    kept = {200, 404}
    callers = CALLERS
    test_the_tags_of_answers = test_a_large_page_can_be_kept = None

    def prepare(self):
        super().prepare()
        self.database.executescript(test_tags.REVIEW_ROWS + MORE_ROWS)

    def requests(self):
        return [("-", API + path) for path in ANONYMOUS] + [("robot", API + "session/")] + [
            (user, API + path) for user in ("ada", "bo") for path in BY_USERS]


if __name__ == "__main__":
    unittest.main()
