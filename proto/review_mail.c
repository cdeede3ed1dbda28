/* SPDX-License-Identifier: MIT
 *
 * See review_mail.h.  Any process, any thread.
 */
#include "config.h"

#include "proto/review_mail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail_header.h"
#include "proto/text.h"

enum {
	COMMIT_MIN = 7, COMMIT_MAX = 40,
	SHORT_LOG_MAX = 500,		/* commits; bounds work that grows with the square */
};

void
review_mail_id(struct buf *out, const struct review_mail *mail, unsigned number)
{
	buf_printf(out, "<rr.%lld.v%d.%u@%.*s>", (long long)mail->request, mail->version, number, SLICE_ARG(mail->host));
}

/* Without empty lines, and lines of white space, in front. */
static struct slice
skip_empty_lines(struct slice s)
{
	for (struct slice rest = s, line; s.n > 0 && slice_cut(&rest, '\n', &line) && text_strip(line).n == 0;)
		s = rest.p != NULL ? rest : SLICE("");
	return s;
}

struct slice
review_subject(struct slice message, struct slice *body_r)
{
	struct slice rest = skip_empty_lines(message), subject = SLICE("");

	(void)slice_cut(&rest, '\n', &subject);
	*body_r = rest.p == NULL ? SLICE("") : skip_empty_lines(rest);
	while (body_r->n > 0 && strchr(" \t\r\n", body_r->p[body_r->n - 1]) != NULL)
		body_r->n--;
	return text_strip(subject);
}

/* White space as single spaces, and no control characters: it goes on one line. */
static struct slice
one_line(struct arena *arena, struct slice s)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0, length; i < s.n; i += length) {
		uint32_t code = utf8_decode(slice_from(s, i), &length);
		bool space = text_is_space(code) || code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0);

		if (!space)
			memcpy(out + n, s.p + i, length);
		else if (n > 0 && out[n - 1] != ' ')
			out[n] = ' ';
		else
			continue;
		n += space ? 1 : length;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	return slice_make(out, n);
}

static void
put_cut(struct buf *out, struct slice s, size_t characters)
{
	for (size_t length; s.n > 0 && characters > 0; characters--, s = slice_from(s, length)) {
		(void)utf8_decode(s, &length);
		buf_add(out, s.p, length);
	}
}

void
review_mail_name(struct buf *out, const struct review_mail *mail, unsigned number, struct slice subject)
{
	struct arena *scratch = arena_new();
	struct buf name = { 0 };
	bool numbered = mail->cover || mail->total > 1;

	if (numbered || mail->version > 1)
		buf_byte(&name, '[');
	if (mail->version > 1)
		buf_printf(&name, "v%d%s", mail->version, numbered ? "," : "] ");
	if (numbered)
		buf_printf(&name, "%u/%u] ", number, mail->total);
	buf_slice(&name, one_line(scratch, subject));
	put_cut(out, buf_as_slice(&name), REVIEW_NAME_MAX);
	buf_fini(&name);
	arena_free(&scratch);
}

/*
 * Headers.
 */

static void
put_header(struct buf *out, struct arena *arena, const char *name, struct slice value)
{
	value = one_line(arena, value);
	if (value.n > 0)
		mail_header_put(out, arena, slice_str(name), value);
}

static void
put_subject(struct buf *out, struct arena *arena, const struct review_mail *mail, unsigned number, struct slice subject)
{
	struct buf text = { 0 };

	buf_str(&text, "[PATCH");
	if (mail->version > 1)
		buf_printf(&text, " v%d", mail->version);
	if (mail->cover || mail->total > 1)
		buf_printf(&text, " %u/%u", number, mail->total);
	buf_str(&text, "] ");
	buf_slice(&text, subject);
	put_header(out, arena, "Subject", buf_as_slice(&text));
	buf_fini(&text);
}

static void
put_people(struct buf *out, struct arena *arena, const char *name, const struct review_person *people, size_t count)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (people[i].email.n == 0)
			continue;
		if (text.len > 0)
			buf_str(&text, ", ");
		mail_header_put_address(&text, one_line(arena, people[i].name), one_line(arena, people[i].email));
	}
	put_header(out, arena, name, buf_as_slice(&text));
	buf_fini(&text);
}

/* The message that this one answers: its own cover; for the first of a version that of the version before. */
static void
put_references(struct buf *out, struct arena *arena, const struct review_mail *mail, unsigned number)
{
	struct buf id = { 0 };
	struct slice answered = mail->previous;

	if (number > 0 && mail->cover) {
		review_mail_id(&id, mail, 0);
		answered = buf_as_slice(&id);
	} else if (number > 1) {
		review_mail_id(&id, mail, 1);
		answered = buf_as_slice(&id);
	}
	if (answered.n > 0) {
		put_header(out, arena, "In-Reply-To", answered);
		put_header(out, arena, "References", answered);
	}
	buf_fini(&id);
}

static void
put_common(struct buf *out, struct arena *arena, const struct review_mail *mail, unsigned number, struct slice subject,
    struct iso_date date)
{
	struct review_person list = { SLICE(""), mail->list_email };
	struct buf text = { 0 };

	put_people(out, arena, "From", &mail->from, 1);
	put_people(out, arena, "To", &list, 1);
	put_people(out, arena, "Cc", mail->copied, mail->copied_count);
	put_subject(out, arena, mail, number, subject);
	iso_date_put_mail(&text, date);
	put_header(out, arena, "Date", buf_as_slice(&text));
	buf_reset(&text);
	review_mail_id(&text, mail, number);
	put_header(out, arena, "Message-Id", buf_as_slice(&text));
	put_references(out, arena, mail, number);
	put_header(out, arena, REVIEW_URL_HEADER, mail->url);
	put_header(out, arena, "X-Review-Branch", mail->branch);
	put_header(out, arena, "X-Review-Bugs", mail->bugs);
	buf_fini(&text);
}

/* "Name <address>; date", as trace headers have it. */
static void
put_committer(struct buf *out, struct arena *arena, const struct review_commit *commit)
{
	struct buf text = { 0 };

	if (commit->committer.name.p == NULL && commit->committer.email.p == NULL)
		return;
	mail_header_put_address(&text, one_line(arena, commit->committer.name), one_line(arena, commit->committer.email));
	buf_str(&text, "; ");
	iso_date_put_mail(&text, commit->committer_date);
	put_header(out, arena, "X-Review-Committer", buf_as_slice(&text));
	buf_fini(&text);
}

static void
drop_last_break(struct buf *out)
{
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
}

void
review_patch_headers(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_commit *commit)
{
	struct slice body;

	put_common(out, arena, mail, commit->number, review_subject(commit->message, &body), commit->author_date);
	put_header(out, arena, "X-Review-Commit", commit->id);
	put_header(out, arena, "X-Review-Parent", commit->parent);
	put_committer(out, arena, commit);
	if (commit->is_bytes)
		put_header(out, arena, REVIEW_DIFF_HEADER, SLICE("bytes"));
	drop_last_break(out);
}

void
review_cover_headers(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_cover *cover)
{
	put_common(out, arena, mail, 0, cover->summary, cover->date);
	drop_last_break(out);
}

/*
 * Texts.
 */

static bool
begins_nocase(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq_nocase(slice_make(s.p, prefix.n), prefix);
}

/* Git takes such lines at the front of a text for headers, unless there is a header before. */
static bool
begins_as_header(struct slice body)
{
	return begins_nocase(body, SLICE("From:")) || begins_nocase(body, SLICE(">From ")) ||
	    begins_nocase(body, SLICE("From ")) || begins_nocase(body, SLICE("Date:")) || begins_nocase(body, SLICE("Subject:")) ||
	    begins_nocase(body, SLICE("[PATCH")) || begins_nocase(body, SLICE("Content-")) || begins_nocase(body, SLICE("Message-Id:"));
}

/* "From: name <address>" for an author who is not who posts it. */
static void
put_author(struct buf *out, struct arena *arena, const struct review_mail *mail, const struct review_person *author,
    struct slice body)
{
	struct slice name = one_line(arena, author->name), email = one_line(arena, author->email);
	bool same = slice_eq(name, one_line(arena, mail->from.name)) && slice_eq(email, one_line(arena, mail->from.email));

	if (same && !begins_as_header(body))
		return;
	buf_str(out, "From: ");
	/* readable, as git writes it; what it would take for something else goes as in the headers */
	if (name.n > 0 && memchr(name.p, '"', name.n) == NULL && memchr(name.p, '\\', name.n) == NULL &&
	    memchr(name.p, '(', name.n) == NULL && memchr(name.p, ')', name.n) == NULL) {
		buf_slice(out, name);
		buf_str(out, " <");
		buf_slice(out, email);
		buf_byte(out, '>');
	} else {
		mail_header_put_address(out, name, email);
	}
	buf_str(out, "\n\n");
}

void
review_patch_content(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_commit *commit)
{
	struct slice body;

	(void)review_subject(commit->message, &body);
	put_author(out, arena, mail, &commit->author, body);
	if (body.n > 0) {
		buf_slice(out, body);
		buf_byte(out, '\n');
	}
	buf_str(out, "---\n");
	if (commit->note.n > 0) {
		buf_slice(out, commit->note);
		buf_str(out, "\n\n");
	}
	diff_stat_put(out, arena, commit->files, commit->file_count);
}

/* A paragraph with an empty line before it. */
static void
put_paragraph(struct buf *out, const char *title, struct slice text)
{
	text = text_strip(text);
	if (text.n == 0)
		return;
	if (out->len > 0)
		buf_byte(out, '\n');
	buf_str(out, title);
	buf_slice(out, text);
	buf_byte(out, '\n');
}

/* "Name (2):" and the subjects, for each author in the order of their first commits; of a great many only how many. */
static void
put_short_log(struct buf *out, struct arena *arena, const struct review_commit *commits, size_t count)
{
	bool *done = arena_zalloc(arena, count + 1);

	if (count > SHORT_LOG_MAX) {
		buf_printf(out, "\n%zu commits.\n", count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t own = 0;

		if (done[i])
			continue;
		for (size_t k = i; k < count; k++)
			own += slice_eq(commits[k].author.name, commits[i].author.name);
		buf_byte(out, '\n');
		buf_slice(out, one_line(arena, commits[i].author.name));
		buf_printf(out, " (%zu):\n", own);
		for (size_t k = i; k < count; k++) {
			struct slice body;

			if (!slice_eq(commits[k].author.name, commits[i].author.name))
				continue;
			done[k] = true;
			buf_str(out, "  ");
			buf_slice(out, one_line(arena, review_subject(commits[k].message, &body)));
			buf_byte(out, '\n');
		}
	}
}

void
review_cover_content(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_cover *cover)
{
	struct buf text = { 0 };

	(void)mail;
	put_paragraph(&text, "", cover->description);
	put_paragraph(&text, "Testing done:\n", cover->testing);
	put_paragraph(&text, mail->version > 1 ? "Changes in this version:\n" : "Changes:\n", cover->change);
	put_short_log(&text, arena, cover->commits, cover->commit_count);
	buf_byte(&text, '\n');
	diff_stat_put(&text, arena, cover->files, cover->file_count);
	if (cover->base.n > 0 || cover->depends_count > 0)
		buf_byte(&text, '\n');
	for (size_t i = 0; i < cover->depends_count; i++)
		buf_printf(&text, "Depends-on: %.*sr/%lld/\n", SLICE_ARG(cover->site), (long long)cover->depends[i]);
	if (cover->base.n > 0)
		buf_printf(&text, "base-commit: %.*s\n", SLICE_ARG(cover->base));
	buf_slice(out, buf_as_slice(&text));
	buf_fini(&text);
}

bool
review_says_all(struct slice message, struct slice summary, struct slice description)
{
	struct slice body, subject = review_subject(message, &body);

	return slice_eq(subject, text_strip(summary)) && slice_eq(text_strip(body), text_strip(description));
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

struct slice
review_commit_in(struct slice text)
{
	for (size_t i = 0, end; i < text.n; i = end + 1) {
		size_t hex = 0;

		for (end = i; end < text.n && is_word(text.p[end]); end++)
			hex += is_hex(text.p[end]);
		if (hex == end - i && hex >= COMMIT_MIN && hex <= COMMIT_MAX)
			return slice_make(text.p + i, hex);
	}
	return SLICE_NONE;
}
