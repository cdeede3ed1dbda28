# cache: what the processes of a node share in memory.
noinst_LIBRARIES += libcache.a
libcache_a_SOURCES = cache/clock.c cache/clock.h cache/credentials.c cache/credentials.h \
	cache/fills.c cache/fills.h \
	cache/region.c cache/region.h cache/region_private.h cache/region_space.c \
	cache/tag.c cache/tag.h
