# Benchmarks: tests/bench/run builds what it measures itself against.
check_PROGRAMS += tests/bench/bare_libpq
tests_bench_bare_libpq_SOURCES = tests/bench/bare_libpq.c
tests_bench_bare_libpq_LDADD = $(PQ_LIBS)
EXTRA_DIST += tests/bench/run
