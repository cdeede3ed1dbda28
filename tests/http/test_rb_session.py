# SPDX-License-Identifier: MIT
"""Who asks, for the Review Board API (reviewboard-api.md, 2.2 and the gate of 1.0): passwords, tokens of both
kinds, the log-ins that they begin, how those end, and in which order a request is refused.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
MAINT = 2
NOW = int(time.time() * 1000000)
HOUR = 3600 * 1000000
READ_ONLY = {"resources": {"*": {"allow": ["GET"], "block": ["*"]}}}

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


class Case(thimble.TestCase):
    kind = "sqlite"

    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)

    def serve(self, **settings):
        server = thimble.Server({"cache": {"size": "16M", "max_stale": "1h"}, "reviewboard": settings})
        self.addCleanup(server.stop)
        server.configure({"store": {"url": self.database.owner_url}})
        return server.start().wait_ready()

    def token(self, value, user=MAINT, policy=None, scopes=None, expires=None, invalid_since=None):
        review.insert(self.database, "thimble_rb_token", digest=hashlib.sha256(value.encode()).hexdigest(), user_id=user, note="",
                      created=NOW, expires=expires, invalid_since=invalid_since,
                      policy=json.dumps(policy) if policy is not None else "", scopes=scopes)
        return value

    def bearing(self, server, authorization):
        return review.Client(server, authorization=authorization)

    def who(self, client):
        """The user's name, or None."""
        session = review.want(client.get("session/", {"expand": "user"}))["session"]
        self.assertEqual(session["authenticated"], "user" in session)
        return session["user"]["username"] if "user" in session else None

    def fails(self, answer, status, code, **beside):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.type, "error")
        found = answer.json
        self.assertEqual((found.pop("stat"), found.pop("err")["code"]), ("fail", code), answer)
        self.assertEqual(found, beside, answer)
        self.assertEqual(answer.headers["WWW-Authenticate"], review.REALM if status == 401 else None)
        self.assertEqual(answer.headers["Vary"], "Accept, Cookie")
        self.assertIsNone(answer.headers["ETag"])


class Both:
    def test_a_log_in_lasts_by_its_cookie(self):
        server = self.serve()
        client = review.Client(server, "maint")
        answer = client.get("session/")
        line = answer.headers["Set-Cookie"]
        self.assertRegex(line, r"\Arbsessionid=[0-9a-f.]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Expires=\w{3}, [^;]+ GMT\Z")
        for _ in range(4):      # made, and kept
            answer = client.get("session/")
            self.assertNotIn("Authorization", client.last)
            self.assertIs(answer.json["session"]["authenticated"], True)
            self.assertIsNone(answer.headers["Set-Cookie"])
        self.assertEqual(self.who(client), "maint")

    def test_a_header_of_the_same_user_begins_no_other(self):
        client = review.Client(self.serve(), "maint")
        client.get("session/")
        answer = client.get("session/", Authorization=basic("maint", "maint"))
        self.assertIsNone(answer.headers["Set-Cookie"])
        before = client.cookies["rbsessionid"]
        answer = client.get("session/", {"expand": "user"}, Authorization=basic("deleg", "deleg"))
        self.assertEqual(answer.json["session"]["user"]["username"], "deleg")
        self.assertNotEqual(client.cookies["rbsessionid"], before)

    def test_a_log_out_ends_it(self):
        server = self.serve()
        client, other = review.Client(server, "maint"), review.Client(server, "maint")
        self.assertEqual(self.who(other), "maint")
        client.get("session/")
        cookie = client.cookies["rbsessionid"]
        for _ in range(4):
            client.get("session/")
        answer = client.delete("session/")
        self.assertEqual((answer.status, answer.body, answer.headers["Content-Type"]), (204, b"", None))
        self.assertRegex(answer.headers["Set-Cookie"], r"\Arbsessionid=; Path=/; .*Max-Age=0; Expires=Thu, 01 Jan 1970")
        self.assertEqual(client.cookies, {})
        client.cookies["rbsessionid"] = cookie
        for _ in range(6):
            self.assertEqual(client.get("session/").json["session"]["authenticated"], False)
        self.assertEqual(self.who(other), "maint")
        # without a log-in there is none to end
        self.fails(review.Client(server).delete("session/"), 401, 103)

    def test_a_tampered_cookie_is_none(self):
        server = self.serve()
        client = review.Client(server, "maint")
        client.get("session/")
        parts = client.cookies["rbsessionid"].split(".")
        self.assertEqual(parts[:2], ["2", "0"])
        changes = [(0, "1"), (1, "-1"), (1, "1"), (2, str(int(parts[2]) + 1)), (3, "0" * 32), (4, "0" * 64), (4, ""),
                   (4, parts[4][:-2]), (4, parts[4] + "00"), (0, "99999999999999999999"), (0, "-2")]
        for place, value in changes:
            client.cookies["rbsessionid"] = ".".join(parts[:place] + [value] + parts[place + 1:])
            self.assertIsNone(self.who(client), (place, value))
        for value in "", "x", "....", "." * 300, parts[4], "2.0.1", '"%s' % ".".join(parts):
            client.cookies["rbsessionid"] = value
            self.assertIsNone(self.who(client), value)
        # a bad cookie is as none, it does not refuse
        self.fails(client.delete("session/"), 401, 103)
        client.cookies["rbsessionid"] = ".".join(parts)
        client.cookies["other"] = "1"
        self.assertEqual(self.who(client), "maint")

    def test_another_password_ends_it(self):
        server = self.serve()
        client = review.Client(server, "maint")
        for _ in range(4):
            self.assertEqual(self.who(client), "maint")
        self.database.execute("UPDATE auth_user SET password = 'pbkdf2_sha256$1$a$b' WHERE username = 'maint'")
        thimble.wait_until(lambda: self.who(client) is None, "the password to count")
        self.assertIsNone(self.who(client))

    def test_an_inactive_user_is_nobody(self):
        server = self.serve()
        client = review.Client(server, "maint")
        self.assertEqual(self.who(client), "maint")
        self.database.execute("UPDATE auth_user SET is_active = FALSE WHERE username = 'maint'")
        thimble.wait_until(lambda: self.who(client) is None, "the user to be inactive")
        self.fails(review.Client(server, "maint").get("session/"), 401, 104)

    def test_it_ends_by_itself(self):
        server = self.serve(session_lifetime="2s")
        client = review.Client(server, "maint")
        answer = client.get("session/")
        self.assertIn("; Max-Age=2; ", answer.headers["Set-Cookie"])
        # kept in the cache, or not: after that time it is over
        thimble.wait_until(lambda: not client.get("session/").json["session"]["authenticated"], "the log-in to end")
        self.fails(client.delete("session/"), 401, 103)

    def test_the_cookie_comes_with_a_304_too(self):
        server = self.serve()
        tag = review.Client(server, "maint").get("session/").headers["ETag"]
        client = review.Client(server, "maint")
        answer = client.get("session/", If_None_Match=tag)
        self.assertEqual((answer.status, answer.body, answer.headers["ETag"]), (304, b"", tag))
        self.assertIn("rbsessionid", client.cookies)
        self.assertEqual(self.who(client), "maint")

    def test_wrong_credentials(self):
        server = self.serve()
        message = "The username or password was not correct"
        for value in (basic("maint", "wrong"), basic("nosuch", "maint"), basic("gone", "gone"), "Basic !!!", "Basic", "Token nosuch",
                      "token", "Bearer nosuch", basic("maint", "")):
            for path in "", "session/", "users/maint/", "users/nosuch/":
                answer = self.bearing(server, value).get(path)
                self.fails(answer, 401, 104)
                self.assertEqual(answer.json["err"]["msg"], message, value)
                self.assertIsNone(answer.headers["Set-Cookie"])
        for value in "Digest username=maint", "Bearer", "Negotiate abc":
            self.fails(self.bearing(server, value).get("session/"), 401, 103)

    def test_patchworks_token(self):
        server = self.serve()
        key = self.database.rows("SELECT k.key FROM authtoken_token k WHERE user_id = %d" % MAINT)[0][0]
        client = self.bearing(server, "token " + key)
        for _ in range(4):
            self.assertEqual(self.who(client), "maint")
        self.database.execute("DELETE FROM authtoken_token WHERE user_id = %d" % MAINT)
        thimble.wait_until(lambda: self.who(client) is None, "the token to be gone")
        self.fails(self.bearing(server, "token " + key).get("session/"), 401, 104)

    def test_a_token_of_ours(self):
        server = self.serve()
        value = self.token("rbp_" + "a" * 50)
        client = self.bearing(server, "token " + value)
        for _ in range(4):
            self.assertEqual(self.who(client), "maint")
        self.database.execute("UPDATE thimble_rb_token SET invalid_since = %d" % (NOW - HOUR))
        thimble.wait_until(lambda: self.who(client) is None, "the token to be invalid")
        answer = self.bearing(server, "token " + value).get("session/")
        self.fails(answer, 401, 104)
        self.assertRegex(answer.json["err"]["msg"], r"\AThis API token became invalid on \d{4}-[^ ]+Z\.\Z")
        # and the other way round
        self.token("rbp_expired", expires=NOW - HOUR)
        answer = self.bearing(server, "token rbp_expired").get("session/")
        self.fails(answer, 401, 104)
        self.assertRegex(answer.json["err"]["msg"], r"\AThis API token expired on \d{4}-[^ ]+Z\.\Z")
        self.token("rbp_later", expires=NOW + HOUR)
        self.assertEqual(self.who(self.bearing(server, "token rbp_later")), "maint")
        # it is no bearer token
        self.fails(self.bearing(server, "Bearer rbp_later").get("session/"), 401, 104)

    def test_a_policy_holds_for_the_log_in_too(self):
        server = self.serve()
        client = self.bearing(server, "token " + self.token("rbp_readonly", policy=READ_ONLY))
        self.assertEqual(self.who(client), "maint")
        self.assertIn("rbsessionid", client.cookies)
        for _ in range(3):
            self.assertEqual(self.who(client), "maint")
            self.fails(client.delete("session/"), 403, 101)
        # by the id of an object: the name, of users
        policy = {"resources": {"user": {"maint": {"block": ["GET"]}, "*": {"allow": ["GET"]}}, "*": {"block": ["*"]}}}
        client = self.bearing(server, "token " + self.token("rbp_users", policy=policy))
        self.fails(client.get("users/maint/"), 403, 101)
        self.assertEqual(client.get("users/deleg/").status, 200)
        self.assertEqual(client.get("users/").status, 200)
        self.fails(client.get("session/"), 403, 101)
        # and the 405 comes first
        self.assertEqual(client.post("session/").status, 405)

    def test_bearer_tokens(self):
        server = self.serve()
        client = self.bearing(server, "Bearer " + self.token("oauth", scopes="session:read user:read"))
        self.assertEqual(self.who(client), "maint")
        self.fails(client.delete("session/"), 403, 112)
        self.fails(client.get("info/"), 403, 112)
        self.assertEqual(client.get("users/maint/").status, 200)
        self.fails(self.bearing(server, "token oauth").get("session/"), 401, 104)
        client = self.bearing(server, "Bearer " + self.token("late", scopes="session:read", expires=NOW - HOUR))
        # where it has ended is looked at late
        self.assertEqual(client.post("session/").status, 405)
        client.cookies.clear()
        self.fails(client.get("session/"), 401, 104)

    def test_the_address_is_for_those_who_are_known(self):
        server = self.serve()
        self.assertEqual(review.Client(server).get("users/maint/").json["user"]["email"], "")
        self.assertEqual(review.Client(server, "deleg").get("users/maint/").json["user"]["email"], "maint@example.com")
        self.assertEqual(review.Client(server).get("users/maint/").json["user"]["email"], "")
        self.fails(review.Client(server).get("users/nosuch/"), 404, 100)


class OnSqlite(Both, Case):
    def test_oauth2_off(self):
        server = self.serve(oauth2="off")
        client = self.bearing(server, "Bearer " + self.token("oauth", scopes="session:read"))
        self.fails(client.get("session/"), 403, 113)
        self.assertEqual(self.who(self.bearing(server, "token " + self.token("rbp_api"))), "maint")

    def test_require_login(self):
        server = self.serve(require_login="on")
        anonymous = review.Client(server)
        for path in "", "info/", "session/", "users/maint/":
            for _ in range(2):
                self.fails(anonymous.get(path), 401, 103)
        self.fails(anonymous.get("nothing/"), 404, 100)
        client = review.Client(server, "maint")
        for path in "", "info/", "session/", "users/maint/":
            self.assertEqual(client.get(path).status, 200, path)
        self.fails(anonymous.get("session/"), 401, 103)

    def test_rate_limit(self):
        server = self.serve(rate_limit="5")
        anonymous, maint = review.Client(server), review.Client(server, "maint")

        def limited(client):
            for _ in range(20):
                answer = client.get("session/")
                if answer.status != 200:
                    return answer
            return answer

        answer = limited(anonymous)
        self.fails(answer, 429, 114)
        self.assertRegex(answer.headers["Retry-After"], r"\A[1-9]\d?\Z")
        self.assertEqual(answer.headers["X-RateLimit-Limit"], "5/m")
        # wrong credentials are said first; others have their own count
        self.fails(self.bearing(server, basic("maint", "wrong")).get("session/"), 401, 104)
        self.assertEqual(maint.get("session/").status, 200)
        self.fails(limited(maint), 429, 114)
        self.fails(maint.post("session/"), 429, 114)

    def test_before_attach_there_is_nothing(self):
        server = thimble.Server({"cache": {"size": "16M", "max_stale": "1h"}, "store": {"url": self.database.owner_url}})
        self.addCleanup(server.stop)
        server.detach()
        server.start().wait_ready()
        self.fails(review.Client(server).get(""), 404, 100)
        self.fails(review.Client(server, "maint").get("session/"), 404, 100)
        self.assertEqual(server.get("/api/1.2/projects/").status, 200)
        subprocess.run([thimble.THIMBLECTL, "-c", server.config, "attach"], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(review.Client(server).get("").status, 200)
        self.assertEqual(self.who(review.Client(server, "maint")), "maint")


class OnPostgresql(Both, Case):
    kind = "postgresql"

    def test_one_who_may_not_write(self):
        self.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s" % database.READER)
        server = thimble.Server({"cache": {"size": "16M", "max_stale": "1h"}, "store": {"url": self.database.url}})
        self.addCleanup(server.stop)
        server.start().wait_ready()
        client = review.Client(server, "maint")
        self.assertEqual(self.who(client), "maint")
        self.fails(client.delete("session/"), 503, 233)
        self.assertEqual(self.who(client), "maint")


if __name__ == "__main__":
    unittest.main()
