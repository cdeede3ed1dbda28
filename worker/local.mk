# worker: the event loop, the job threads, and the resources.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	worker/access_log.c worker/access_log.h worker/become.c worker/become.h worker/bus.c worker/bus.h worker/bus_words.c \
	worker/changes.c worker/changes.h worker/collapse.c worker/collapse.h worker/conn.c worker/conn.h \
	worker/conn_private.h worker/conns.c worker/control.c worker/control.h worker/exchange.c worker/intake.c worker/intake.h \
	worker/jobs.c worker/jobs.h worker/request.c worker/request.h worker/shared.h \
	worker/purge.c worker/purge.h \
	worker/delays.c worker/delays.h worker/relay.c worker/relay.h worker/relay_claim.c worker/relay_claim.h \
	worker/relay_drain.c worker/relay_private.h worker/slots.c worker/slots.h worker/status.c worker/status.h worker/worker.c worker/worker.h \
	worker/answer.c worker/answer.h worker/auth.c worker/describe.c worker/detail.c worker/filter.c \
	worker/idmap.c worker/idmap.h worker/kept.c worker/kept.h worker/known.c worker/known.h worker/list.c worker/load.c worker/load.h worker/objects.c worker/objects.h worker/plan.c worker/plan.h \
	worker/resource.h worker/respond.c worker/route.c worker/route.h \
	worker/shortcut.c worker/shortcut.h worker/service.c worker/service.h worker/tags.c worker/tags.h worker/validate.c worker/view.c worker/view.h worker/wake.c worker/wake.h \
	worker/write.c worker/write.h worker/written.c worker/written.h \
	worker/resources/bundles.c worker/resources/checks.c worker/resources/comments.c \
	worker/resources/covers.c worker/resources/downloads.c worker/resources/events.c \
	worker/resources/index.c worker/resources/patch_writes.c worker/resources/patches.c worker/resources/people.c \
	worker/resources/projects.c worker/resources/resources.h worker/resources/series.c \
	worker/resources/users.c
