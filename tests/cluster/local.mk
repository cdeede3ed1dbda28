# A cluster of nodes under load and faults; needs PostgreSQL, Redis and HAProxy. ./check runs the short form.
TESTS += tests/cluster/test_history.py
EXTRA_DIST += tests/cluster/cluster.py tests/cluster/faults.py tests/cluster/history.py tests/cluster/load.py tests/cluster/model \
	tests/cluster/run tests/cluster/stream.pml tests/cluster/test_breakages.py tests/cluster/test_history.py tests/cluster/test_short.py tests/lib/proxy.py
