# doc: the manual pages.
dist_man_MANS = doc/thimblectl.1 doc/thimbled.8 doc/thimbled.conf.5
EXTRA_DIST += doc/design.md doc/tags.md
