# Black-box tests of HTTP: Python programs against a running server.
check_PROGRAMS += tests/http/echo_server
tests_http_echo_server_SOURCES = tests/http/echo_server.c
# Its own service_* and store_* stand in for those of the libraries.
tests_http_echo_server_LDADD = libworker.a libcache.a libproto.a libbase.a $(EVENT_LIBS) $(CRYPTO_LIBS) $(CODINGS_LIBS) $(JANSSON_LIBS) $(HIREDIS_LIBS)

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = python3
TESTS += tests/http/test_protocol.py
tests/http/test_protocol.log: tests/http/echo_server
EXTRA_DIST += tests/http/test_cache.py tests/http/harness.py tests/http/test_protocol.py
TESTS += tests/http/test_objects.py tests/http/test_bus.py tests/http/test_bus_redis.py
EXTRA_DIST += tests/http/test_objects.py tests/http/test_bus.py tests/http/test_bus_redis.py tests/lib/proxy.py
TESTS += tests/http/test_bad_input.py tests/http/test_client_writes.py tests/http/test_events_command.py
EXTRA_DIST += tests/http/test_bad_input.py tests/http/test_client_writes.py tests/http/test_events_command.py
# The API over both databases; these need thimbled and thimblectl.
TESTS += tests/http/test_rb_requests.py tests/http/test_rb_bridge.py
EXTRA_DIST += tests/http/test_rb_requests.py tests/http/test_rb_bridge.py tests/lib/review.py
TESTS += tests/http/test_rb_errors.py tests/http/test_rb_flow.py
EXTRA_DIST += tests/http/test_rb_errors.py tests/http/test_rb_flow.py
TESTS += tests/http/test_rb_commits.py tests/http/test_rb_concurrency.py tests/http/test_rb_diffs.py
EXTRA_DIST += tests/http/test_rb_commits.py tests/http/test_rb_concurrency.py tests/http/test_rb_diffs.py tests/lib/review_case.py
TESTS += tests/http/test_api.py tests/http/test_control.py tests/http/test_database_away.py tests/http/test_git_pw.py tests/http/test_tags.py \
	tests/http/test_triggers.py
EXTRA_DIST += tests/http/fixture.sql tests/http/model.py tests/http/test_api.py tests/http/test_control.py tests/http/test_database_away.py \
	tests/http/test_git_pw.py tests/http/test_tags.py tests/http/test_triggers.py tests/http/vectors.txt \
	tests/lib/database.py tests/lib/libpq.py
EXTRA_DIST += tests/http/test_cache_bad_days.py tests/http/test_collapse.py tests/http/test_kept.py tests/http/test_pages.py \
	tests/http/test_rb_session.py tests/http/test_rb_tags.py tests/http/test_rb_wire.py tests/http/test_review_tools.py \
	tests/http/test_tier.py tests/http/test_writes.py
