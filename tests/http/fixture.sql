-- SPDX-License-Identifier: MIT
--
-- What the tests of the API read, in SQL that both databases take, on top of the
-- empty schema of `thimblectl init`.  First the reference data of the API's
-- description, then the awkward: names without text and texts without a name,
-- separators that break lines elsewhere, ids that need escaping, ties to sort.
-- tests/http/test_api.py knows the ids by heart; add rows, do not change them.
--
-- Every password is the user's name (that of `colon` is "a:b:", of `latin` "pässe",
-- of `empty` nothing), hashed in 1000 rounds, but in 2000000 for `slow`.
-- Every token is 0000000000000000000000000000000000abc000 + the user's id.

-- Users.  `twin` and `TWIN` are the same to a filter; profiles have ids of their own.
INSERT INTO auth_user (id, username, first_name, last_name, email, is_superuser, is_active, password, last_login, is_staff, date_joined) VALUES
	(1, 'admin', '', '', 'admin@example.com', TRUE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$k9gR4Pk10LEX/jgKkmZx7tM/ENurVDTC/7ieYtXMw2Q=', NULL, TRUE, '2020-01-01 00:00:00'),
	(2, 'maint', 'Main', 'Tainer', 'maint@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$zCpX6CK67zGkiiY2xdGCHTaLZagkj4GZLuqO2Itq4FM=', NULL, FALSE, '2020-01-01 00:00:00'),
	(3, 'deleg', 'Del', 'E. Gate', 'deleg@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$TjHvNXiWFLAuZPjlgNb+zJGqM34ZQK1AdzdRncFFsC0=', NULL, FALSE, '2020-01-01 00:00:00'),
	(4, 'sub', '', '', 'sub@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$M+z3zKKVhMmVomOLKCbRUyFuLvf7UtdFXX08XMPsG4I=', NULL, FALSE, '2020-01-01 00:00:00'),
	(5, 'other', 'Ünrelated', '<b>&"''', '', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$dH6wVxJC8FM66mcKmtyiX3T9z17lIqmKnuQNZmcgryc=', NULL, FALSE, '2020-01-01 00:00:00'),
	(6, 'gone', '', '', 'gone@example.com', FALSE, FALSE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$sDZD6vj0BvpRJqw2pxA2AfvlHDOtY95bWWKy5T79xV0=', NULL, FALSE, '2020-01-01 00:00:00'),
	(7, 'slow', '', '', 'slow@example.com', FALSE, TRUE, 'pbkdf2_sha256$2000000$fixtureSaltNotSecret00$HIWn8efxX4DQEwG6WAr2airMi5fm1++/5P/HeQLiEAE=', NULL, FALSE, '2020-01-01 00:00:00'),
	(8, 'latin', '', '', 'latin@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$UDEBlPT1Hsf/JsMEvoyaFG8ajTSr/6UnGb79bdwLXpc=', NULL, FALSE, '2020-01-01 00:00:00'),
	(9, 'colon', '', '', 'colon@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$rFsjqBNbZvTVFlxOfSa++pCUQr7ysSx/B0t63qYvkNw=', NULL, FALSE, '2020-01-01 00:00:00'),
	(10, 'empty', '', '', 'empty@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$nD/B1m9sMrhQGuPYxfkCy8UZx7+USs1QXfsC7RafiX8=', NULL, FALSE, '2020-01-01 00:00:00'),
	(11, 'unusable', '', '', 'unusable@example.com', FALSE, TRUE, '!unusable', NULL, FALSE, '2020-01-01 00:00:00'),
	(12, 'twin', '', '', 'twin@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$PhGeKnjCnQJ/pzi8jl3LsgZPG1D2Fk4hD1jQwpyYtcI=', NULL, FALSE, '2020-01-01 00:00:00'),
	(13, 'TWIN', '', '', 'twin@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$pEbvGZ+WTWCpPajOiUowyipqWyP7o589NBcQrGVoQ5M=', NULL, FALSE, '2020-01-01 00:00:00'),
	(14, 'maint2', 'Second', '', 'maint2@example.com', FALSE, TRUE, 'pbkdf2_sha256$1000$fixtureSaltNotSecret00$1AFmTQRd92iIE2bddK8F6AV/RTt7BL/1y1+evqh5Xt0=', NULL, FALSE, '2020-01-01 00:00:00');
INSERT INTO authtoken_token (key, created, user_id) VALUES
	('0000000000000000000000000000000000abc001', '2020-01-01 00:00:00', 1),
	('0000000000000000000000000000000000abc002', '2020-01-01 00:00:00', 2),
	('0000000000000000000000000000000000abc003', '2020-01-01 00:00:00', 3),
	('0000000000000000000000000000000000abc004', '2020-01-01 00:00:00', 4),
	('0000000000000000000000000000000000abc005', '2020-01-01 00:00:00', 5),
	('0000000000000000000000000000000000abc006', '2020-01-01 00:00:00', 6),
	('0000000000000000000000000000000000abc007', '2020-01-01 00:00:00', 7),
	('0000000000000000000000000000000000abc008', '2020-01-01 00:00:00', 8),
	('0000000000000000000000000000000000abc009', '2020-01-01 00:00:00', 9),
	('0000000000000000000000000000000000abc00a', '2020-01-01 00:00:00', 10),
	('0000000000000000000000000000000000abc00b', '2020-01-01 00:00:00', 11),
	('0000000000000000000000000000000000abc00c', '2020-01-01 00:00:00', 12),
	('0000000000000000000000000000000000abc00d', '2020-01-01 00:00:00', 13),
	('0000000000000000000000000000000000abc00e', '2020-01-01 00:00:00', 14);
INSERT INTO patchwork_userprofile (id, user_id, send_email, items_per_page, show_ids) VALUES
	(1, 1, FALSE, 100, FALSE),
	(2, 2, TRUE, 25, FALSE),
	(3, 3, FALSE, 100, FALSE),
	(4, 4, FALSE, 100, FALSE),
	(105, 5, FALSE, 100, TRUE),
	(106, 6, FALSE, 100, FALSE),
	(107, 7, FALSE, 100, FALSE),
	(108, 8, FALSE, 100, FALSE),
	(109, 9, FALSE, 100, FALSE),
	(110, 10, FALSE, 100, FALSE),
	(111, 11, FALSE, 100, FALSE),
	(112, 12, FALSE, 100, FALSE),
	(113, 13, FALSE, 100, FALSE),
	(114, 14, FALSE, 100, FALSE);

-- Projects: the usual one, one with nothing set, broken archive templates (3 to 6), a link name that is
-- a number, one that is another project's id, one beyond ASCII.
INSERT INTO patchwork_project (id, linkname, name, listid, listemail, subject_match, web_url, scm_url, webscm_url, list_archive_url, list_archive_url_format, commit_url_format, send_notifications, use_tags) VALUES
	(1, 'myproj', 'My Project', 'list.example.com', 'list@example.com', '', 'https://w.example.com', 'git://x', 'https://ws', 'https://lists.example.com/', 'https://lists.example.com/mail/{}', 'https://git.example.com/{}', FALSE, TRUE),
	(2, 'other', 'Other', 'list.example.com', 'list@example.com', 'other.*', '', '', '', '', '', '', FALSE, TRUE),
	(3, 'index', 'Wrong Index', 'index.example.com', 'index@example.com', '', '', '', '', '', 'https://a.example.com/{1}', '', FALSE, TRUE),
	(4, 'named', 'Named Placeholder', 'named.example.com', 'named@example.com', '', '', '', '', '', 'https://a.example.com/{msgid}', '', FALSE, TRUE),
	(5, 'unbalanced', 'Unbalanced', 'unbalanced.example.com', 'unbalanced@example.com', '', '', '', '', '', 'https://a.example.com/{', '', FALSE, TRUE),
	(6, 'mixed', 'Mixed', 'mixed.example.com', 'mixed@example.com', '', '', '', '', '', '{{{0}}}?again={0}', '', FALSE, TRUE),
	(7, '99', 'Ninety-nine', '99.example.com', '99@example.com', '', '', '', '', '', 'https://a.example.com/all/', '', FALSE, TRUE),
	(8, '2', 'Two', '2.example.com', '2@example.com', '', '', '', '', '', '', '', FALSE, TRUE),
	(9, 'проект', 'Проект <script>alert(1)</script>', 'unicode.example.com', 'unicode@example.com', '', 'https://пример.example.com/', '', '', '', '', '', FALSE, TRUE);
INSERT INTO patchwork_userprofile_maintainer_projects (id, userprofile_id, project_id) VALUES
	(1, 2, 1),
	(2, 114, 1),
	(3, 114, 2);

-- A state whose name has a dash: `state` cannot name it, as dashes become spaces.
INSERT INTO patchwork_state (id, name, slug, ordering, action_required) VALUES
	(11, 'To-Do', 'to-do', 10, TRUE);

-- People: without a name, with a line separator in it, with markup, beyond ASCII, and two with one address.
INSERT INTO patchwork_person (id, name, email, user_id) VALUES
	(1, 'Sub Mitter', 'sub@example.com', 4),
	(2, NULL, 'nobody@example.com', NULL),
	(3, 'Line Break  "quoted" \ <x>', 'odd@example.com', NULL),
	(4, '<script>alert(1)</script>', 'markup@example.com', NULL),
	(5, 'José Ünïcode 😀', 'jose@example.com', 5),
	(6, 'Twin One', 'Twin@Example.Com', NULL),
	(7, 'Twin Two', 'twin@example.com', NULL),
	(8, '', 'empty+name@example.com', NULL),
	(9, '100% _sure_ C:\path', 'percent@example.com', NULL),
	(10, 'Sub Mitter', 'other.sub@example.com', NULL);

-- Covers.
INSERT INTO patchwork_cover (id, msgid, date, headers, content, name, project_id, submitter_id) VALUES
	(1, '<cover@example.com>', '2020-01-02 03:04:05', 'From: Sub <sub@example.com>
Subject: [PATCH 0/2] cov
Message-Id: <cover@example.com>', 'This is the cover.
', '[0/2] cov', 1, 1),
	(2, '<cover2@example.com>', '2020-02-02 03:04:05.000001', 'Subject: [PATCH v2 0/3] frob', 'Second.

-- 
footer
', '[v2,0/3] frob', 1, 2),
	(3, '<c/d%e@example.com>', '2020-02-03 00:00:00', '', NULL, '[0/1] without series', 2, 3),
	(4, '<tie1@example.com>', '2020-02-04 00:00:00', 'Subject: tie', 'x', '[0/1] tie', 1, 1),
	(5, '<tie2@example.com>', '2020-02-04 00:00:00', 'Subject: tie', 'x', '[0/1] tie', 1, 1),
	(6, '<tie3@example.com>', '2020-02-04 00:00:00', 'Subject: tie', 'x', '[0/1] tie', 3, 2),
	(7, '<tie4@example.com>', '2020-02-04 00:00:00', 'Subject: tie', 'x', '[0/1] TIE & 100%', 6, 2);

-- Series: complete, incomplete, without a name, without a project.
INSERT INTO patchwork_series (id, name, date, version, total, project_id, submitter_id, cover_letter_id) VALUES
	(1, 'cov', '2020-01-02 03:04:05', 1, 2, 1, 1, 1),
	(2, 'frob', '2020-02-02 03:04:05.000001', 2, 3, 1, 2, 2),
	(3, NULL, '2020-01-02 03:07:05', 1, 1, 1, 2, NULL),
	(4, 'over complete', '2020-02-05 00:00:00', 1, 1, 2, 1, NULL),
	(5, 'homeless', '2020-02-06 00:00:00', 1, 1, NULL, 3, NULL),
	(6, '', '2020-02-06 00:00:00', 1, 0, 1, 1, NULL),
	(7, 'same name', '2020-02-07 00:00:00', 1, 1, 1, 1, NULL),
	(8, 'same name', '2020-02-07 00:00:00', 2, 1, 1, 1, NULL);
INSERT INTO patchwork_patchrelation (id) VALUES
	(1),
	(2);

-- Patches.  1 and 2 apply in a row to a file foo that holds "a"; 3 alone is archived, accepted and delegated.
INSERT INTO patchwork_patch (id, msgid, date, headers, content, diff, name, project_id, submitter_id, series_id, number, state_id, archived, delegate_id, related_id, hash, commit_ref, pull_url) VALUES
	(1, '<p1@example.com>', '2020-01-02 03:05:05', 'From: Sub <sub@example.com>
Subject: [PATCH 1/2] p
Message-Id: <p1@example.com>', 'content 1

Signed-off-by: A <a@b>
---
post script
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b
', '[1/2] p', 1, 1, 1, 1, 1, FALSE, NULL, NULL, '46442bc9db2f5af64914a8eb45701e69d22f2921', NULL, NULL),
	(2, '<p2@example.com>', '2020-01-02 03:06:05', 'From: Sub <sub@example.com>
Subject: [PATCH 2/2] p
Message-Id: <p2@example.com>', 'content 2

Signed-off-by: A <a@b>
---
post script
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-b
+c
', '[2/2] p', 1, 1, 1, 2, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d02', NULL, NULL),
	(3, '<p3@example.com>', '2020-01-02 03:07:05', 'Subject: third', 'content 3
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b3
', 'third', 1, 2, 3, 1, 3, TRUE, 3, NULL, '0000000000000000000000000000000000f00d03', 'deadbeef', 'git://x for-you'),
	(4, '<p4@example.com>', '2020-01-02 03:08:05', 'Subject: [PATCH] elsewhere', 'content 4
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b4
', '[PATCH] elsewhere', 2, 3, 4, 1, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d04', '', ''),
	(5, '<p5@example.com>', '2020-01-02 03:09:05', '', NULL, NULL, 'no brackets', 1, 1, NULL, NULL, NULL, FALSE, NULL, NULL, NULL, NULL, NULL),
	(6, '<a/b+c%20@example.com>', '2020-01-02 03:10:05.123456', 'B: 1
Folded: one
 two
	three
b: 2
Empty:
B: 3
: nameless
>From: quoted
Utf: é   =?utf-8?q?=C3=A9?=
space : ends it
Lost: yes', 'content 6
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b6
', '[RFC,v2,1/1] [next] x', 1, 4, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d06', NULL, NULL),
	(7, 'bare@example.com', '2020-01-02 03:11:05', 'From one@example.com Thu Jan  2 2020
Subject: =?utf-8?q?=3Cb=3E?=

Body: no', '<script> 	</script>', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b7
', '[1 of 2] <script>alert("x")</script>  & 😀', 1, 3, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d07', NULL, NULL),
	(8, '<p8@example.com>', '2020-01-02 03:12:05', 'Subject: wrong index', 'content 8
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b8
', 'wrong index', 3, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d08', NULL, NULL),
	(9, '<p9@example.com>', '2020-01-02 03:13:05', 'Subject: named placeholder', 'content 9
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b9
', 'named placeholder', 4, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d09', NULL, NULL),
	(10, '<p10@example.com>', '2020-01-02 03:14:05', 'Subject: unbalanced', 'content 10
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b10
', 'unbalanced', 5, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d0a', NULL, NULL),
	(11, '<ünï@example.com>', '2020-01-02 03:15:05', 'Subject: Ünïcode', 'content 11
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b11
', 'Ünïcode', 9, 5, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d0b', NULL, NULL),
	(12, '<dup@example.com>', '2020-01-02 03:16:05', 'Subject: twice', 'content 12
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b12
', 'twice', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d0c', NULL, NULL),
	(13, '<dup@example.com>', '2020-01-02 03:17:05', 'Subject: twice', 'content 13
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b13
', 'twice', 2, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d0d', NULL, NULL),
	(14, '<p14@example.com>', '2020-01-02 03:20:05', 'Subject: related', 'content 14
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b14
', 'related', 6, 1, NULL, NULL, 1, FALSE, NULL, 1, '0000000000000000000000000000000000f00d0e', NULL, NULL),
	(15, '<p15@example.com>', '2020-01-02 03:19:05', 'Subject: related', 'content 15
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b15
', 'related', 1, 1, NULL, NULL, 1, FALSE, NULL, 1, '0000000000000000000000000000000000f00d0f', NULL, NULL),
	(16, '<p16@example.com>', '2020-01-02 03:18:05', 'Subject: related', 'content 16
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b16
', 'related', 2, 1, 4, 2, 1, FALSE, NULL, 1, '0000000000000000000000000000000000f00d10', NULL, NULL),
	(17, '<p17@example.com>', '2020-01-02 03:21:05', 'Subject: alone in its relation', 'content 17
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b17
', 'alone in its relation', 7, 1, NULL, NULL, 1, FALSE, NULL, 2, '0000000000000000000000000000000000f00d11', NULL, NULL),
	(18, '<p18@example.com>', '2020-01-03 00:00:18', 'Subject: checks: a newer success behind', 'content 18
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b18
', 'checks: a newer success behind', 1, 2, 2, 1, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d12', NULL, NULL),
	(19, '<p19@example.com>', '2020-01-03 00:00:19', 'Subject: checks: equal dates', 'content 19
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b19
', 'checks: equal dates', 1, 2, 2, 2, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d13', NULL, NULL),
	(20, '<p20@example.com>', '2020-01-03 00:00:20', 'Subject: checks: warning', 'content 20
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b20
', 'checks: warning', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d14', NULL, NULL),
	(21, '<p21@example.com>', '2020-01-03 00:00:21', 'Subject: checks: pending', 'content 21
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b21
', 'checks: pending', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d15', NULL, NULL),
	(22, '<p22@example.com>', '2020-01-03 00:00:22', 'Subject: checks: one of each', 'content 22
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b22
', 'checks: one of each', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d16', NULL, NULL),
	(23, '<p23@example.com>', '2020-01-03 00:00:23', 'Subject: checks: half a second', 'content 23
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b23
', 'checks: half a second', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d17', NULL, NULL),
	(24, '<p24@example.com>', '2020-01-03 00:00:24', 'Subject: checks: two users', 'content 24
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b24
', 'checks: two users', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d18', NULL, NULL),
	(25, '<p25@example.com>', '2020-01-03 00:00:25', 'Subject: checks: warning outdated', 'content 25
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b25
', 'checks: warning outdated', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d19', NULL, NULL),
	(26, '<p26@example.com>', '2020-01-03 00:00:26', 'Subject: in a homeless series', 'content 26
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b26
', 'in a homeless series', 1, 1, 5, 1, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d1a', NULL, NULL),
	(27, '<<odd>brackets>@example.com>', '2020-01-03 00:00:27', 'Subject: 100% _sure_ C:\path', 'content 27
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b27
', '100% _sure_ C:\path', 1, 1, NULL, NULL, 11, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d1b', NULL, NULL),
	(28, '<p28@example.com>', '2020-03-01 00:00:01', 'Subject: bulk 0', 'content 28
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b28
', 'bulk 0', 1, 2, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d1c', NULL, NULL),
	(29, '<p29@example.com>', '2020-03-01 00:00:02', 'Subject: bulk', 'content 29
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b29
', 'bulk', 1, 5, NULL, NULL, 2, FALSE, 2, NULL, '0000000000000000000000000000000000f00d1d', NULL, NULL),
	(30, '<p30@example.com>', '2020-03-01 00:00:00', 'Subject: bulk 2', 'content 30
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b30
', 'bulk 2', 2, 1, NULL, NULL, 4, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d1e', NULL, NULL),
	(31, '<p31@example.com>', '2020-03-01 00:00:01', 'Subject: bulk', 'content 31
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b31
', 'bulk', 1, 2, NULL, NULL, 10, FALSE, 2, NULL, '0000000000000000000000000000000000f00d1f', NULL, NULL),
	(32, '<p32@example.com>', '2020-03-01 00:00:02', 'Subject: bulk 0', 'content 32
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b32
', 'bulk 0', 1, 5, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d20', NULL, NULL),
	(33, '<p33@example.com>', '2020-03-01 00:00:00', 'Subject: bulk', 'content 33
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b33
', 'bulk', 1, 1, NULL, NULL, 2, FALSE, 2, NULL, '0000000000000000000000000000000000f00d21', NULL, NULL),
	(34, '<p34@example.com>', '2020-03-01 00:00:01', 'Subject: bulk 2', 'content 34
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b34
', 'bulk 2', 1, 2, NULL, NULL, 4, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d22', NULL, NULL),
	(35, '<p35@example.com>', '2020-03-01 00:00:02', 'Subject: bulk', 'content 35
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b35
', 'bulk', 2, 5, NULL, NULL, 10, FALSE, 2, NULL, '0000000000000000000000000000000000f00d23', NULL, NULL),
	(36, '<p36@example.com>', '2020-03-01 00:00:00', 'Subject: bulk 0', 'content 36
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b36
', 'bulk 0', 1, 1, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d24', NULL, NULL),
	(37, '<p37@example.com>', '2020-03-01 00:00:01', 'Subject: bulk', 'content 37
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b37
', 'bulk', 1, 2, NULL, NULL, 2, FALSE, 2, NULL, '0000000000000000000000000000000000f00d25', NULL, NULL),
	(38, '<p38@example.com>', '2020-03-01 00:00:02', 'Subject: bulk 2', 'content 38
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b38
', 'bulk 2', 1, 5, NULL, NULL, 4, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d26', NULL, NULL),
	(39, '<p39@example.com>', '2020-03-01 00:00:00', 'Subject: bulk', 'content 39
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b39
', 'bulk', 1, 1, NULL, NULL, 10, FALSE, 2, NULL, '0000000000000000000000000000000000f00d27', NULL, NULL),
	(40, '<p40@example.com>', '2020-03-01 00:00:01', 'Subject: bulk 0', 'content 40
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b40
', 'bulk 0', 2, 2, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d28', NULL, NULL),
	(41, '<p41@example.com>', '2020-03-01 00:00:02', 'Subject: bulk', 'content 41
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b41
', 'bulk', 1, 5, NULL, NULL, 2, FALSE, 2, NULL, '0000000000000000000000000000000000f00d29', NULL, NULL),
	(42, '<p42@example.com>', '2020-03-01 00:00:00', 'Subject: bulk 2', 'content 42
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b42
', 'bulk 2', 1, 1, NULL, NULL, 4, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d2a', NULL, NULL),
	(43, '<p43@example.com>', '2020-03-01 00:00:01', 'Subject: bulk', 'content 43
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b43
', 'bulk', 1, 2, NULL, NULL, 10, FALSE, 2, NULL, '0000000000000000000000000000000000f00d2b', NULL, NULL),
	(44, '<p44@example.com>', '2020-03-01 00:00:02', 'Subject: bulk 0', 'content 44
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b44
', 'bulk 0', 1, 5, NULL, NULL, 1, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d2c', NULL, NULL),
	(45, '<p45@example.com>', '2020-03-01 00:00:00', 'Subject: bulk', 'content 45
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b45
', 'bulk', 2, 1, NULL, NULL, 2, FALSE, 2, NULL, '0000000000000000000000000000000000f00d2d', NULL, NULL),
	(46, '<p46@example.com>', '2020-03-01 00:00:01', 'Subject: bulk 2', 'content 46
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b46
', 'bulk 2', 1, 2, NULL, NULL, 4, FALSE, NULL, NULL, '0000000000000000000000000000000000f00d2e', NULL, NULL),
	(47, '<p47@example.com>', '2020-03-01 00:00:02', 'Subject: bulk', 'content 47
', '--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b47
', 'bulk', 1, 5, NULL, NULL, 10, FALSE, 2, NULL, '0000000000000000000000000000000000f00d2f', NULL, NULL);

-- Checks.  Those of 18 to 25 decide about `check`: per user and context the last one counts, unless an
-- earlier row is strictly newer.
INSERT INTO patchwork_check (id, patch_id, user_id, date, state, context, target_url, description) VALUES
	(1, 1, 2, '2020-01-04 00:00:00', 1, 'ci', 'http://ci/1', 'ok'),
	(10, 18, 2, '2020-01-05 00:00:00', 1, 'ci', NULL, NULL),
	(11, 18, 2, '2020-01-04 00:00:00', 3, 'ci', NULL, NULL),
	(12, 19, 2, '2020-01-05 00:00:00', 1, 'ci', '', ''),
	(13, 19, 2, '2020-01-05 00:00:00', 3, 'ci', NULL, NULL),
	(14, 20, 2, '2020-01-05 00:00:00', 1, 'a', NULL, NULL),
	(15, 20, 2, '2020-01-05 00:00:00', 2, 'b', NULL, NULL),
	(16, 21, 2, '2020-01-05 00:00:00', 1, 'a', NULL, NULL),
	(17, 21, 2, '2020-01-05 00:00:00', 0, 'b', NULL, NULL),
	(18, 22, 2, '2020-01-05 00:00:01', 3, 'a', 'http://ci/22', '<b> '),
	(19, 22, 3, '2020-01-05 00:00:02', 2, 'b', NULL, NULL),
	(20, 22, 2, '2020-01-05 00:00:03.500000', 0, 'c', NULL, NULL),
	(21, 22, 4, '2020-01-05 00:00:04', 1, 'A', NULL, NULL),
	(22, 23, 2, '2020-01-05 00:00:00.500000', 1, 'ci', NULL, NULL),
	(23, 23, 2, '2020-01-05 00:00:00', 3, 'ci', NULL, NULL),
	(24, 24, 2, '2020-01-05 00:00:00', 3, 'ci', NULL, NULL),
	(25, 24, 3, '2020-01-06 00:00:00', 1, 'ci', NULL, NULL),
	(26, 25, 2, '2020-01-05 00:00:00', 2, 'ci', NULL, NULL),
	(27, 25, 2, '2020-01-06 00:00:00', 0, 'ci', NULL, NULL);

-- Comments; ids of the two kinds overlap.
INSERT INTO patchwork_patchcomment (id, msgid, date, headers, content, submitter_id, patch_id, addressed) VALUES
	(1, '<pc1@example.com>', '2020-01-03 00:00:00.123456', 'Subject: Re: [PATCH 1/2] p
From: x', 'Acked-by: Foo <f@x>
hello', 2, 1, NULL),
	(2, '<pc2@example.com>', '2020-01-03 00:00:02', 'Subject: Re: a
 fold
subject: second
Received: 1
Received: 2', 'Reviewed-by: Ré <r@x>
> Tested-by: quoted
Tested-by: T <t@x>', 3, 2, TRUE),
	(3, '<pc3@example.com>', '2020-01-03 00:00:01', 'From: nobody', NULL, 1, 2, FALSE),
	(4, '<pc4@example.com>', '2020-01-03 00:00:01', '', '100% _sure_ <script>', 2, 2, NULL),
	(5, '<pc5@example.com>', '2020-01-03 00:00:05', 'Subject: on the broken one', 'x', 1, 8, NULL),
	(6, '<a/b@example.com>', '2020-01-03 00:00:06', 'Subject: elsewhere', 'Hello', 1, 4, TRUE);
INSERT INTO patchwork_covercomment (id, msgid, date, headers, content, submitter_id, cover_id, addressed) VALUES
	(1, '<cc1@example.com>', '2020-01-03 00:01:00', 'Subject: Re: cov', 'Acked-by: Foo <f@x>', 2, 1, NULL),
	(50, '<cc50@example.com>', '2020-01-03 00:00:50', 'Subject: Re: cov again', 'Nacked-by: Foo <f@x>', 1, 1, FALSE),
	(51, '<cc51@example.com>', '2020-01-03 00:00:50', 'Subject: Re: tie', 'y', 1, 1, TRUE);

-- Bundles: patches stand in another order than their dates; names that a path or a header must escape.
INSERT INTO patchwork_bundle (id, name, public, owner_id, project_id) VALUES
	(1, 'pub', TRUE, 2, 1),
	(2, 'priv', FALSE, 2, 1),
	(3, 'priv', FALSE, 4, 1),
	(4, 'emoji 😀', TRUE, 4, 1),
	(5, 'a b?c#d%20', TRUE, 5, 2),
	(6, 'nothing', TRUE, 2, 2),
	(7, 'with/slash', TRUE, 4, 1),
	(8, 'café', TRUE, 3, 1);
INSERT INTO patchwork_bundlepatch (id, "order", bundle_id, patch_id) VALUES
	(1, 2, 1, 1),
	(2, 1, 1, 2),
	(3, 1, 2, 3),
	(4, 1, 3, 1),
	(5, 1, 4, 7),
	(6, 1, 5, 4),
	(7, 2, 5, 13),
	(8, 1, 7, 1),
	(9, 1, 8, 2),
	(10, 3, 1, 4);

-- Events: one of each category at least, ties among them, hidden columns left empty.
INSERT INTO patchwork_event (id, category, date, project_id, actor_id, patch_id, series_id, cover_id, previous_state_id, current_state_id, previous_delegate_id, current_delegate_id, previous_relation_id, current_relation_id, created_check_id, cover_comment_id, patch_comment_id) VALUES
	(1, 'series-created', '2020-01-02 03:04:05', 1, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(2, 'cover-created', '2020-01-02 03:04:05', 1, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, 'patch-created', '2020-01-02 03:05:05.500000', 1, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(4, 'patch-completed', '2020-01-02 03:05:06', 1, NULL, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(5, 'patch-created', '2020-01-02 03:06:05', 1, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(6, 'patch-completed', '2020-01-02 03:06:05', 1, NULL, 2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(7, 'series-completed', '2020-01-02 03:06:05', 1, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(8, 'patch-state-changed', '2020-01-03 00:00:00', 1, 2, 3, NULL, NULL, 1, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(9, 'patch-delegated', '2020-01-03 00:00:00', 1, 2, 3, NULL, NULL, NULL, NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL),
	(10, 'patch-relation-changed', '2020-01-03 00:00:00', 6, NULL, 14, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL),
	(11, 'cover-comment-created', '2020-01-03 00:01:00', 1, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL),
	(12, 'check-created', '2026-11-22 12:49:11.310656', 1, 2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL),
	(13, 'patch-comment-created', '2020-01-03 00:00:00.123456', 1, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1),
	(14, 'patch-delegated', '2020-01-04 00:00:00', 1, 5, 3, NULL, NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL),
	(15, 'patch-created', '2020-01-05 00:00:00', 2, NULL, 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(16, 'series-created', '2020-01-05 00:00:00', 2, NULL, NULL, 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(17, 'patch-created', '2020-01-05 00:00:00', 3, NULL, 8, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(18, 'patch-comment-created', '2020-01-05 00:00:00', 3, NULL, 8, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5),
	(19, 'series-created', '2020-02-06 00:00:00', 1, NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(20, 'patch-completed', '2020-02-06 00:00:00', 1, NULL, 26, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(21, 'patch-state-changed', '2020-02-06 00:00:00', 1, NULL, 5, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(22, 'patch-created', '2020-02-06 00:00:00', 2, NULL, 13, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(23, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 28, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(24, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 29, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(25, 'patch-created', '2020-03-01 00:00:01', 2, NULL, 30, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(26, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 31, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(27, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 32, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(28, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 33, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(29, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 34, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(30, 'patch-created', '2020-03-01 00:00:00', 2, NULL, 35, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(31, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 36, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(32, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 37, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(33, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 38, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(34, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 39, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(35, 'patch-created', '2020-03-01 00:00:01', 2, NULL, 40, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(36, 'patch-created', '2020-03-01 00:00:00', 1, NULL, 41, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(37, 'patch-created', '2020-03-01 00:00:01', 1, NULL, 42, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
