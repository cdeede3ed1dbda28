# Fuzz targets: built with libFuzzer by --enable-fuzzing; else as programs that
# replay files, by themselves their corpus, which is how they are tests too.
fuzz_targets =
check_PROGRAMS += $(fuzz_targets)
if LIBFUZZER
FUZZ_DRIVER =
else
FUZZ_DRIVER = tests/fuzz/replay.c
TESTS += $(fuzz_targets)
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.h

fuzz_targets += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_http_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_http_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_text
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz_text.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_text_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_text_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_text_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_uri
tests_fuzz_fuzz_uri_SOURCES = tests/fuzz/fuzz_uri.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_uri_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_uri_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_uri_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_settings_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_settings_LDADD = libbase.a

fuzz_targets += tests/fuzz/fuzz_moment
tests_fuzz_fuzz_moment_SOURCES = tests/fuzz/fuzz_moment.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_moment_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_moment_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_moment_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_mail
tests_fuzz_fuzz_mail_SOURCES = tests/fuzz/fuzz_mail.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_mail_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_mail_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_mail_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_mbox
tests_fuzz_fuzz_mbox_SOURCES = tests/fuzz/fuzz_mbox.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_mbox_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_mbox_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_mbox_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_review_mail
tests_fuzz_fuzz_review_mail_SOURCES = tests/fuzz/fuzz_review_mail.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_review_mail_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_review_mail_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_review_mail_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_redis_url
tests_fuzz_fuzz_redis_url_SOURCES = tests/fuzz/fuzz_redis_url.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_redis_url_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_redis_url_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_redis_url_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_negotiate
tests_fuzz_fuzz_negotiate_SOURCES = tests/fuzz/fuzz_negotiate.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_negotiate_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_negotiate_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_negotiate_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_json_html
tests_fuzz_fuzz_json_html_SOURCES = tests/fuzz/fuzz_json_html.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_json_html_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_json_html_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_json_html_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_authorization
tests_fuzz_fuzz_authorization_SOURCES = tests/fuzz/fuzz_authorization.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_authorization_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_authorization_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_authorization_LDADD = libproto.a libbase.a $(CRYPTO_LIBS)

fuzz_targets += tests/fuzz/fuzz_encoding
tests_fuzz_fuzz_encoding_SOURCES = tests/fuzz/fuzz_encoding.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_encoding_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_encoding_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_encoding_LDADD = libproto.a libbase.a $(CODINGS_LIBS)

fuzz_targets += tests/fuzz/fuzz_validator
tests_fuzz_fuzz_validator_SOURCES = tests/fuzz/fuzz_validator.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_validator_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_validator_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_validator_LDADD = libproto.a libbase.a $(CRYPTO_LIBS)

fuzz_targets += tests/fuzz/fuzz_purge
tests_fuzz_fuzz_purge_SOURCES = tests/fuzz/fuzz_purge.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_purge_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_purge_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_purge_LDADD = libworker.a libcache.a libproto.a libbase.a $(JANSSON_LIBS) $(HIREDIS_LIBS)

fuzz_targets += tests/fuzz/fuzz_body
tests_fuzz_fuzz_body_SOURCES = tests/fuzz/fuzz_body.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_body_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_body_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_body_LDADD = libproto.a libbase.a $(JANSSON_LIBS)

fuzz_targets += tests/fuzz/fuzz_checks
tests_fuzz_fuzz_checks_SOURCES = tests/fuzz/fuzz_checks.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_checks_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_checks_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_checks_LDADD = libproto.a libbase.a $(CRYPTO_LIBS)

fuzz_targets += tests/fuzz/fuzz_object
tests_fuzz_fuzz_object_SOURCES = tests/fuzz/fuzz_object.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_object_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_object_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_object_LDADD = libproto.a libbase.a $(MSGPACK_LIBS)

fuzz_targets += tests/fuzz/fuzz_diff
tests_fuzz_fuzz_diff_SOURCES = tests/fuzz/fuzz_diff.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_diff_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_diff_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_diff_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_validation_info
tests_fuzz_fuzz_validation_info_SOURCES = tests/fuzz/fuzz_validation_info.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_validation_info_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_validation_info_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_validation_info_LDADD = libproto.a libbase.a $(CRYPTO_LIBS)

fuzz_targets += tests/fuzz/fuzz_extra_data
tests_fuzz_fuzz_extra_data_SOURCES = tests/fuzz/fuzz_extra_data.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_extra_data_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_extra_data_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_extra_data_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_upload
tests_fuzz_fuzz_upload_SOURCES = tests/fuzz/fuzz_upload.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_upload_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_upload_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_upload_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_rb_accept
tests_fuzz_fuzz_rb_accept_SOURCES = tests/fuzz/fuzz_rb_accept.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_rb_accept_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_rb_accept_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_rb_accept_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_rb_query
tests_fuzz_fuzz_rb_query_SOURCES = tests/fuzz/fuzz_rb_query.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_rb_query_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_rb_query_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_rb_query_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_iso_date
tests_fuzz_fuzz_iso_date_SOURCES = tests/fuzz/fuzz_iso_date.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_iso_date_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_iso_date_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_iso_date_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_token_policy
tests_fuzz_fuzz_token_policy_SOURCES = tests/fuzz/fuzz_token_policy.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_token_policy_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_token_policy_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_token_policy_LDADD = libproto.a libbase.a

fuzz_targets += tests/fuzz/fuzz_cookie
tests_fuzz_fuzz_cookie_SOURCES = tests/fuzz/fuzz_cookie.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_cookie_CFLAGS = $(AM_CFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_cookie_LDFLAGS = $(AM_LDFLAGS) $(THIMBLE_FUZZER)
tests_fuzz_fuzz_cookie_LDADD = libworker.a libproto.a libbase.a $(CRYPTO_LIBS)
