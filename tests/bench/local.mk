# Benchmarks: tests/bench/run builds what it measures itself against.
check_PROGRAMS += tests/bench/bare_libpq
tests_bench_bare_libpq_SOURCES = tests/bench/bare_libpq.c
tests_bench_bare_libpq_LDADD = $(PQ_LIBS)
check_PROGRAMS += tests/bench/bare_epoll tests/bench/bare_load
tests_bench_bare_epoll_SOURCES = tests/bench/bare_epoll.c
tests_bench_bare_load_SOURCES = tests/bench/bare_load.c
EXTRA_DIST += tests/bench/run tests/bench/common.py tests/bench/data.py tests/bench/servers.py tests/bench/misses.py \
	tests/bench/hits.py tests/bench/workers.py tests/bench/latency.py tests/bench/idle.py tests/bench/mixed.py
