# Unit tests: one Criterion program a module; none without Criterion (configure says so).
quiet_fork = tests/unit/quiet_fork.c
if HAVE_CRITERION

check_PROGRAMS += tests/unit/test_http
TESTS += tests/unit/test_http
tests_unit_test_http_SOURCES = tests/unit/test_http.c $(quiet_fork)
tests_unit_test_http_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_http_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_text
TESTS += tests/unit/test_text
tests_unit_test_text_SOURCES = tests/unit/test_text.c $(quiet_fork)
tests_unit_test_text_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_text_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_uri
TESTS += tests/unit/test_uri
tests_unit_test_uri_SOURCES = tests/unit/test_uri.c $(quiet_fork)
tests_unit_test_uri_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_uri_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_settings
TESTS += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c $(quiet_fork)
tests_unit_test_settings_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_settings_LDADD = libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_credentials
TESTS += tests/unit/test_credentials
tests_unit_test_credentials_SOURCES = tests/unit/test_credentials.c $(quiet_fork)
tests_unit_test_credentials_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_credentials_LDADD = libcache.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_clock
TESTS += tests/unit/test_clock
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c $(quiet_fork)
tests_unit_test_clock_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_clock_LDADD = libcache.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_position
TESTS += tests/unit/test_position
tests_unit_test_position_SOURCES = tests/unit/test_position.c $(quiet_fork)
tests_unit_test_position_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_position_LDADD = libcache.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_tier
TESTS += tests/unit/test_tier
tests_unit_test_tier_SOURCES = tests/unit/test_tier.c $(quiet_fork)
tests_unit_test_tier_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_tier_LDADD = libcache.a libproto.a libbase.a $(CRYPTO_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_region
TESTS += tests/unit/test_region
tests_unit_test_region_SOURCES = tests/unit/test_region.c tests/cache/region_check.c tests/cache/region_check.h $(quiet_fork)
tests_unit_test_region_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_region_LDADD = libcache.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_pages
TESTS += tests/unit/test_pages
tests_unit_test_pages_SOURCES = tests/unit/test_pages.c $(quiet_fork)
tests_unit_test_pages_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_pages_LDADD = libworker.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_shortcut
TESTS += tests/unit/test_shortcut
tests_unit_test_shortcut_SOURCES = tests/unit/test_shortcut.c $(quiet_fork)
tests_unit_test_shortcut_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_shortcut_LDADD = libworker.a libcache.a libbase.a $(CRYPTO_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_jobs
TESTS += tests/unit/test_jobs
tests_unit_test_jobs_SOURCES = tests/unit/test_jobs.c $(quiet_fork)
tests_unit_test_jobs_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_jobs_LDADD = libworker.a libbase.a $(EVENT_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_json
TESTS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c $(quiet_fork)
tests_unit_test_json_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_json_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_base
TESTS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c worker/idmap.c $(quiet_fork)
tests_unit_test_base_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_base_LDADD = libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_sql
TESTS += tests/unit/test_sql
tests_unit_test_sql_SOURCES = tests/unit/test_sql.c $(quiet_fork)
tests_unit_test_sql_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_sql_LDADD = libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRITERION_LIBS)

# The same cases over both databases; the second needs THIMBLE_TEST_PG_URL, else it skips.
check_PROGRAMS += tests/unit/test_robust
TESTS += tests/unit/test_robust
tests_unit_test_robust_SOURCES = tests/unit/test_robust.c $(quiet_fork)
tests_unit_test_robust_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_robust_LDADD = libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_store_sqlite tests/unit/test_store_postgresql
TESTS += tests/unit/test_store_sqlite tests/unit/test_store_postgresql
tests_unit_test_store_sqlite_SOURCES = tests/unit/store_cases.c tests/unit/store_cases.h tests/unit/test_store_sqlite.c $(quiet_fork)
tests_unit_test_store_sqlite_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_store_sqlite_LDADD = libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRITERION_LIBS)
tests_unit_test_store_postgresql_SOURCES = tests/unit/store_cases.c tests/unit/store_cases.h tests/unit/test_store_postgresql.c \
	tests/unit/pg_fixture.c tests/unit/pg_fixture.h $(quiet_fork)
tests_unit_test_store_postgresql_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_store_postgresql_LDADD = libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_feed
TESTS += tests/unit/test_feed
tests_unit_test_feed_SOURCES = tests/unit/test_feed.c tests/unit/pg_fixture.c tests/unit/pg_fixture.h $(quiet_fork)
tests_unit_test_feed_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_feed_LDADD = libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_moment
TESTS += tests/unit/test_moment
tests_unit_test_moment_SOURCES = tests/unit/test_moment.c $(quiet_fork)
tests_unit_test_moment_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_moment_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_mail
TESTS += tests/unit/test_mail
tests_unit_test_mail_SOURCES = tests/unit/test_mail.c $(quiet_fork)
tests_unit_test_mail_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_mail_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_mbox
TESTS += tests/unit/test_mbox
tests_unit_test_mbox_SOURCES = tests/unit/test_mbox.c $(quiet_fork)
tests_unit_test_mbox_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_mbox_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_password
TESTS += tests/unit/test_password
tests_unit_test_password_SOURCES = tests/unit/test_password.c $(quiet_fork)
tests_unit_test_password_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_password_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_negotiate
TESTS += tests/unit/test_negotiate
tests_unit_test_negotiate_SOURCES = tests/unit/test_negotiate.c $(quiet_fork)
tests_unit_test_negotiate_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_negotiate_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_json_html
TESTS += tests/unit/test_json_html
tests_unit_test_json_html_SOURCES = tests/unit/test_json_html.c $(quiet_fork)
tests_unit_test_json_html_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_json_html_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_authorization
TESTS += tests/unit/test_authorization
tests_unit_test_authorization_SOURCES = tests/unit/test_authorization.c $(quiet_fork)
tests_unit_test_authorization_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_authorization_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_tags
TESTS += tests/unit/test_tags
tests_unit_test_tags_SOURCES = tests/unit/test_tags.c $(quiet_fork)
tests_unit_test_tags_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_tags_LDADD = libworker.a libcache.a libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(CODINGS_LIBS) $(JANSSON_LIBS) $(MSGPACK_LIBS) $(HIREDIS_LIBS) $(GIT2_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_changes
TESTS += tests/unit/test_changes
tests_unit_test_changes_SOURCES = tests/unit/test_changes.c $(quiet_fork)
tests_unit_test_changes_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_changes_LDADD = libworker.a libcache.a libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_object
TESTS += tests/unit/test_object
tests_unit_test_object_SOURCES = tests/unit/test_object.c $(quiet_fork)
tests_unit_test_object_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_object_LDADD = libproto.a libbase.a $(MSGPACK_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_objects
TESTS += tests/unit/test_objects
tests_unit_test_objects_SOURCES = tests/unit/test_objects.c $(quiet_fork)
tests_unit_test_objects_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_objects_LDADD = libworker.a libcache.a libstore.a libproto.a libbase.a $(SQLITE_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS) $(EVENT_LIBS) $(CODINGS_LIBS) $(JANSSON_LIBS) $(MSGPACK_LIBS) $(HIREDIS_LIBS) $(GIT2_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_encoding
TESTS += tests/unit/test_encoding
tests_unit_test_encoding_SOURCES = tests/unit/test_encoding.c $(quiet_fork)
tests_unit_test_encoding_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_encoding_LDADD = libproto.a libbase.a $(CODINGS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_validator
TESTS += tests/unit/test_validator
tests_unit_test_validator_SOURCES = tests/unit/test_validator.c $(quiet_fork)
tests_unit_test_validator_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_validator_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_collapse
TESTS += tests/unit/test_collapse
tests_unit_test_collapse_SOURCES = tests/unit/test_collapse.c $(quiet_fork)
tests_unit_test_collapse_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_collapse_LDADD = libworker.a libcache.a libbase.a $(CRYPTO_LIBS) $(EVENT_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_follow
TESTS += tests/unit/test_follow
tests_unit_test_follow_SOURCES = tests/unit/test_follow.c ctl/follow.c ctl/follow.h $(quiet_fork)
tests_unit_test_follow_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_follow_LDADD = libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_body
TESTS += tests/unit/test_body
tests_unit_test_body_SOURCES = tests/unit/test_body.c $(quiet_fork)
tests_unit_test_body_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_body_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_redis_url
TESTS += tests/unit/test_redis_url
tests_unit_test_redis_url_SOURCES = tests/unit/test_redis_url.c $(quiet_fork)
tests_unit_test_redis_url_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_redis_url_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

# These start a redis-server of their own; they skip where there is none.
check_PROGRAMS += tests/unit/test_redis tests/unit/test_stream
TESTS += tests/unit/test_redis tests/unit/test_stream
tests_unit_test_redis_SOURCES = tests/unit/redis_server.c tests/unit/redis_server.h tests/unit/test_redis.c $(quiet_fork)
tests_unit_test_redis_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_redis_LDADD = libcache.a libproto.a libbase.a $(CRYPTO_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)
tests_unit_test_stream_SOURCES = tests/unit/redis_server.c tests/unit/redis_server.h tests/unit/test_stream.c $(quiet_fork)
tests_unit_test_stream_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_stream_LDADD = libcache.a libproto.a libbase.a $(CRYPTO_LIBS) $(HIREDIS_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_checks
TESTS += tests/unit/test_checks
tests_unit_test_checks_SOURCES = tests/unit/test_checks.c $(quiet_fork)
tests_unit_test_checks_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_checks_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_diff
TESTS += tests/unit/test_diff
tests_unit_test_diff_SOURCES = tests/unit/test_diff.c $(quiet_fork)
tests_unit_test_diff_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_diff_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_relay
TESTS += tests/unit/test_relay
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(quiet_fork)
tests_unit_test_relay_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_relay_LDADD = libworker.a libcache.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_validation_info
TESTS += tests/unit/test_validation_info
tests_unit_test_validation_info_SOURCES = tests/unit/test_validation_info.c $(quiet_fork)
tests_unit_test_validation_info_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_validation_info_LDADD = libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_extra_data
TESTS += tests/unit/test_extra_data
tests_unit_test_extra_data_SOURCES = tests/unit/test_extra_data.c $(quiet_fork)
tests_unit_test_extra_data_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_extra_data_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_upload
TESTS += tests/unit/test_upload
tests_unit_test_upload_SOURCES = tests/unit/test_upload.c $(quiet_fork)
tests_unit_test_upload_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_upload_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_rb_accept
TESTS += tests/unit/test_rb_accept
tests_unit_test_rb_accept_SOURCES = tests/unit/test_rb_accept.c $(quiet_fork)
tests_unit_test_rb_accept_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_rb_accept_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_rb_query
TESTS += tests/unit/test_rb_query
tests_unit_test_rb_query_SOURCES = tests/unit/test_rb_query.c $(quiet_fork)
tests_unit_test_rb_query_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_rb_query_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_iso_date
TESTS += tests/unit/test_iso_date
tests_unit_test_iso_date_SOURCES = tests/unit/test_iso_date.c $(quiet_fork)
tests_unit_test_iso_date_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_iso_date_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_token_policy
TESTS += tests/unit/test_token_policy
tests_unit_test_token_policy_SOURCES = tests/unit/test_token_policy.c $(quiet_fork)
tests_unit_test_token_policy_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_token_policy_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_diff_stat
TESTS += tests/unit/test_diff_stat
tests_unit_test_diff_stat_SOURCES = tests/unit/test_diff_stat.c $(quiet_fork)
tests_unit_test_diff_stat_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_diff_stat_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_review_mail
TESTS += tests/unit/test_review_mail
tests_unit_test_review_mail_SOURCES = tests/unit/test_review_mail.c $(quiet_fork)
tests_unit_test_review_mail_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_review_mail_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_cookie
TESTS += tests/unit/test_cookie
tests_unit_test_cookie_SOURCES = tests/unit/test_cookie.c $(quiet_fork)
tests_unit_test_cookie_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_cookie_LDADD = libproto.a libbase.a $(CRITERION_LIBS)

check_PROGRAMS += tests/unit/test_rb_session
TESTS += tests/unit/test_rb_session
tests_unit_test_rb_session_SOURCES = tests/unit/test_rb_session.c $(quiet_fork)
tests_unit_test_rb_session_CFLAGS = $(AM_CFLAGS) $(CRITERION_CFLAGS)
tests_unit_test_rb_session_LDADD = libworker.a libproto.a libbase.a $(CRYPTO_LIBS) $(CRITERION_LIBS)

endif HAVE_CRITERION
