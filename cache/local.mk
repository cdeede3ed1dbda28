# cache: what the processes of a node share in memory.
noinst_LIBRARIES += libcache.a
libcache_a_SOURCES = cache/clock.c cache/clock.h cache/credentials.c cache/credentials.h \
	cache/fills.c cache/fills.h cache/position.c cache/position.h \
	cache/redis.c cache/redis.h cache/redis_connect.c cache/redis_link.c cache/redis_link.h cache/redis_private.h \
	cache/region.c cache/region.h cache/region_private.h cache/region_space.c \
	cache/stream.c cache/stream.h cache/stream_scripts.c cache/stream_scripts.h cache/tag.c cache/tag.h \
	cache/tier.c cache/tier.h
