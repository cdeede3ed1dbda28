# store: SQLite and PostgreSQL behind one interface.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = store/driver.h store/feed.c store/feed.h store/feed_postgresql.c store/feed_private.h \
	store/feed_sqlite.c store/identity.c store/identity.h store/postgresql.c \
	store/postgresql_connect.c store/postgresql_private.h store/prepared.c store/prepared.h store/reviewboard.c store/reviewboard.h \
	store/schema.c store/sql.c store/sql.h store/sqlite.c store/store.c store/store.h \
	store/triggers.c store/triggers.h store/triggers_private.h store/triggers_text.c
nodist_libstore_a_SOURCES = store/schema_sql.c

# The schema is SQL for people to read, and C strings for `thimblectl init`.
schema_sources = store/schema.sqlite.sql store/schema.postgresql.sql store/indexes.sql
EXTRA_DIST += store/embed.awk $(schema_sources)
CLEANFILES += store/schema_sql.c
store/schema_sql.c: store/embed.awk $(schema_sources)
	$(AM_V_GEN)$(MKDIR_P) store && { \
	printf '/* Made by embed.awk from the .sql files. */\n#include "config.h"\n\n#include "store/driver.h"\n\n' && \
	$(AWK) -v dialect=sqlite -v name=schema_sqlite_sql -f $(srcdir)/store/embed.awk \
	    $(srcdir)/store/schema.sqlite.sql $(srcdir)/store/indexes.sql && \
	$(AWK) -v dialect=postgresql -v name=schema_postgresql_sql -f $(srcdir)/store/embed.awk \
	    $(srcdir)/store/schema.postgresql.sql $(srcdir)/store/indexes.sql; \
	} > $@.tmp && mv $@.tmp $@
