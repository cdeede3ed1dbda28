# etc: what an operator copies and adapts.
examplesdir = $(docdir)/examples
dist_examples_DATA = etc/haproxy.cfg.example etc/thimble.conf.sample etc/thimbled.service
EXTRA_DIST += etc/packages.sh
