# base: memory, slices, logging, configuration. Knows nobody.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = base/arena.c base/arena.h base/breakage.h base/buf.c base/buf.h \
	base/log.c base/log.h base/mem.c base/mem.h base/monotonic.h base/robust.c base/robust.h \
	base/settings.c base/settings.h base/settings_private.h base/settings_types.c base/slice.c base/slice.h
