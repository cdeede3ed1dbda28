# master: supervises; runs no request.
libmaster_a_SOURCES = master/bus.c master/children.c master/listen.c master/listen.h master/master.h \
	master/notify.c master/notify.h master/reload.c master/signals.c \
	master/supervise.c master/supervise.h
noinst_LIBRARIES += libmaster.a
thimbled_SOURCES = master/main.c
thimbled_LDADD = libmaster.a libworker.a libcache.a libstore.a libproto.a libbase.a \
	$(EVENT_LIBS) $(SQLITE_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS) $(CODINGS_LIBS) $(JANSSON_LIBS) $(MSGPACK_LIBS) $(HIREDIS_LIBS) $(GIT2_LIBS) $(SYSTEMD_LIBS)
