# proto: wire formats as pure functions: bytes in, values out; no I/O, no clock, no globals.
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = proto/authorization.c proto/authorization.h proto/http.c proto/http.h proto/uri.c proto/uri.h \
	proto/body.c proto/body.h proto/body_private.h proto/charset.c proto/charset.h proto/cookie.c proto/cookie.h proto/checks.c proto/checks.h \
	proto/diff.c proto/diff.h proto/diff_hash.c proto/diff_hash.h proto/diff_stat.c proto/diff_stat.h proto/document.c proto/document.h \
	proto/digits.h proto/encoded_word.c proto/encoded_word.h proto/encoding.c proto/encoding.h \
	proto/extra_data.c proto/extra_data.h proto/form.c proto/iso_date.c proto/iso_date.h proto/json_in.c proto/json_in.h \
	proto/multipart.c proto/params.c proto/params.h proto/value.c proto/value.h \
	proto/json.c proto/json.h proto/json_html.c proto/json_html.h proto/json_patch.c proto/json_patch.h \
	proto/lineage.c proto/lineage.h proto/mail.c proto/mail.h proto/mail_header.c proto/mail_header.h proto/mbox.c proto/mbox.h \
	proto/moment.c proto/moment.h \
	proto/negotiate.c proto/negotiate.h proto/object.c proto/object.h proto/password.c proto/password.h \
	proto/rb_accept.c proto/rb_accept.h proto/rb_query.c proto/rb_query.h proto/redis_url.c proto/redis_url.h proto/review_mail.c proto/review_mail.h \
	proto/text.c proto/text.h proto/token_policy.c proto/token_policy.h proto/upload.c proto/upload.h \
	proto/validation_info.c proto/validation_info.h proto/validator.c proto/validator.h
