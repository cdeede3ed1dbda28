# Tests of the master, and what Python tests share. They find the programs by THIMBLE_BIN.
AM_TESTS_ENVIRONMENT = THIMBLE_BIN='$(abs_top_builddir)/thimbled'; export THIMBLE_BIN; \
	ECHO_SERVER='$(abs_top_builddir)/tests/http/echo_server'; export ECHO_SERVER; \
	CRITERION_JOBS=1; export CRITERION_JOBS; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;
TESTS += tests/ops/test_master.py tests/settings-documented tests/includes
EXTRA_DIST += tests/lib/postgres.py tests/lib/redis.py tests/lib/thimble.py tests/ops/test_master.py \
	tests/cppcheck.cfg tests/cppcheck.suppress tests/includes tests/mirror \
	tests/settings-documented tests/with-postgres tests/with-redis
