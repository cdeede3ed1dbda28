/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/redis_url.  Checked:
 *  - what is refused has a reason;
 *  - what is accepted is within its bounds, whole for its kind, and comes back the same when
 *    it is written down anew and read again.
 */
#include "config.h"

#include "proto/redis_url.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
write_word(struct buf *out, const char *word)
{
	for (; *word != '\0'; word++)
		buf_printf(out, "%%%02X", (unsigned char)*word);
}

static void
write_authority(struct buf *out, const struct redis_url *url)
{
	if (url->password[0] != '\0') {
		write_word(out, url->user);
		buf_byte(out, ':');
		write_word(out, url->password);
		buf_byte(out, '@');
	}
	for (size_t i = 0; i < url->hosts; i++)
		buf_printf(out, strchr(url->host[i].name, ':') != NULL ? "%s[%s]:%u" : "%s%s:%u", i > 0 ? "," : "",
		    url->host[i].name, url->host[i].port);
}

static void
write_url(struct buf *out, const struct redis_url *url)
{
	if (url->kind == REDIS_UNIX) {
		buf_str(out, "unix:/");
		write_word(out, url->path + 1);
		buf_printf(out, "?db=%u&password=", url->database);
		write_word(out, url->password);
		return;
	}
	buf_str(out, url->kind == REDIS_TCP ? "redis://" : "redis+sentinel://");
	write_authority(out, url);
	if (url->kind == REDIS_SENTINEL) {
		buf_byte(out, '/');
		write_word(out, url->primary);
	}
	buf_printf(out, "/%u", url->database);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(size > 0 ? (const char *)data : "", size);
	struct redis_url url, again;
	const char *reason = NULL;
	struct buf out = { 0 };

	if (redis_url_parse(&url, text, &reason) < 0) {
		require(reason != NULL);
		return 0;
	}
	require(url.database <= REDIS_DATABASE_MAX && url.hosts <= REDIS_HOSTS_MAX);
	require((url.hosts == 0) == (url.kind == REDIS_UNIX) && (url.hosts <= 1 || url.kind == REDIS_SENTINEL));
	require((url.path[0] == '/') == (url.kind == REDIS_UNIX));
	require((url.primary[0] != '\0') == (url.kind == REDIS_SENTINEL));
	require(url.user[0] == '\0' || url.password[0] != '\0');
	for (size_t i = 0; i < url.hosts; i++)
		require(url.host[i].name[0] != '\0' && url.host[i].port != 0);
	write_url(&out, &url);
	require(redis_url_parse(&again, buf_as_slice(&out), &reason) == 0);
	require(memcmp(&url, &again, sizeof(url)) == 0);
	buf_fini(&out);
	return 0;
}
