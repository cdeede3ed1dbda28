# cache: what the processes of a node share in memory.
noinst_LIBRARIES += libcache.a
libcache_a_SOURCES = cache/credentials.c cache/credentials.h
