# The cache as several processes have it: a model of its protocols, and a program that kills them.
check_PROGRAMS += tests/cache/stress
tests_cache_stress_SOURCES = tests/cache/region_check.c tests/cache/region_check.h tests/cache/stress.c
tests_cache_stress_LDADD = libcache.a libbase.a $(CRYPTO_LIBS)
EXTRA_DIST += tests/cache/breakages tests/cache/model tests/cache/region.pml
