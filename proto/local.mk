# proto: wire formats as pure functions: bytes in, values out; no I/O, no clock, no globals.
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = proto/authorization.c proto/authorization.h proto/http.c proto/http.h proto/uri.c proto/uri.h \
	proto/body.c proto/body.h proto/body_private.h proto/charset.c proto/charset.h proto/checks.c proto/checks.h proto/diff_hash.c proto/diff_hash.h \
	proto/digits.h proto/encoded_word.c proto/encoded_word.h proto/encoding.c proto/encoding.h \
	proto/form.c proto/json_in.c proto/multipart.c proto/params.c proto/params.h proto/value.c proto/value.h \
	proto/json.c proto/json.h proto/json_html.c proto/json_html.h \
	proto/mail.c proto/mail.h proto/mbox.c proto/mbox.h proto/moment.c proto/moment.h \
	proto/negotiate.c proto/negotiate.h proto/object.c proto/object.h proto/password.c proto/password.h \
	proto/text.c proto/text.h proto/validator.c proto/validator.h
