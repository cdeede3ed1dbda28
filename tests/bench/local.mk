# Benchmarks: tests/bench/run builds what it measures itself against.
check_PROGRAMS += tests/bench/bare_libpq
tests_bench_bare_libpq_SOURCES = tests/bench/bare_libpq.c tests/bench/bare_script.h
tests_bench_bare_libpq_LDADD = $(PQ_LIBS)
check_PROGRAMS += tests/bench/bare_epoll tests/bench/bare_load
tests_bench_bare_epoll_SOURCES = tests/bench/bare_epoll.c
tests_bench_bare_load_SOURCES = tests/bench/bare_load.c
check_PROGRAMS += tests/bench/bare_writes tests/bench/bare_chain tests/bench/bare_seen
tests_bench_bare_writes_SOURCES = tests/bench/bare_writes.c tests/bench/bare_script.h
tests_bench_bare_writes_LDADD = $(PQ_LIBS) $(SQLITE_LIBS)
tests_bench_bare_chain_SOURCES = tests/bench/bare_chain.c
tests_bench_bare_chain_LDADD = $(PQ_LIBS) $(HIREDIS_LIBS)
tests_bench_bare_seen_SOURCES = tests/bench/bare_seen.c
EXTRA_DIST += tests/bench/run tests/bench/common.py tests/bench/data.py tests/bench/servers.py tests/bench/misses.py \
	tests/bench/hits.py tests/bench/workers.py tests/bench/latency.py tests/bench/idle.py tests/bench/mixed.py \
	tests/bench/recorded.py tests/bench/reviews.py tests/bench/writes.py tests/bench/invalidation.py tests/bench/precise.py tests/bench/bare_trace.c
