# ctl: the operator's tool.
thimblectl_SOURCES = ctl/attach.c ctl/client.c ctl/client.h ctl/config.c ctl/ctl.h ctl/demo.c ctl/event.c ctl/event.h \
	ctl/events.c ctl/follow.c ctl/follow.h ctl/init.c ctl/main.c ctl/purge.c ctl/query.c ctl/query.h \
	ctl/repository.c ctl/stats.c ctl/table.c ctl/table.h ctl/user.c
nodist_thimblectl_SOURCES = ctl/demo_sql.c
thimblectl_LDADD = libcache.a libstore.a libproto.a libbase.a \
	$(SQLITE_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(HIREDIS_LIBS)

# Demo data; make-demo writes it anew from the history, by hand.
EXTRA_DIST += ctl/demo.sql ctl/embed-text.awk ctl/make-demo
CLEANFILES += ctl/demo_sql.c
ctl/demo_sql.c: ctl/embed-text.awk ctl/demo.sql
	$(AM_V_GEN)$(MKDIR_P) ctl && { \
	printf '/* Made by embed-text.awk from demo.sql. */\n#include "config.h"\n\nextern const char demo_sql[];\n' && \
	$(AWK) -v name=demo_sql -f $(srcdir)/ctl/embed-text.awk $(srcdir)/ctl/demo.sql; \
	} > $@.tmp && mv $@.tmp $@
