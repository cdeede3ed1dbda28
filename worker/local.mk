# worker: the event loop, the job threads, and the resources.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	worker/access_log.c worker/access_log.h worker/become.c worker/become.h worker/bus.c worker/bus.h worker/bus_words.c \
	worker/changes.c worker/changes.h worker/collapse.c worker/collapse.h worker/conn.c worker/conn.h \
	worker/conn_private.h worker/conn_send.c worker/conns.c worker/control.c worker/control.h worker/exchange.c worker/intake.c worker/intake.h \
	worker/jobs.c worker/jobs.h worker/request.c worker/request.h worker/shared.h \
	worker/purge.c worker/purge.h \
	worker/delays.c worker/delays.h worker/relay.c worker/relay.h worker/relay_claim.c worker/relay_claim.h \
	worker/relay_drain.c worker/relay_private.h worker/slots.c worker/slots.h worker/status.c worker/status.h worker/worker.c worker/worker.h \
	worker/answer.c worker/answer.h worker/auth.c worker/describe.c worker/detail.c worker/events.c worker/events.h worker/filter.c \
	worker/idmap.c worker/idmap.h worker/kept.c worker/kept.h worker/known.c worker/known.h worker/list.c worker/load.c worker/load.h worker/objects.c worker/objects.h worker/plan.c worker/plan.h \
	worker/resource.h worker/respond.c worker/route.c worker/route.h \
	worker/pages.c worker/pages.h worker/shortcut.c worker/shortcut.h worker/socket.h worker/service.c worker/service.h worker/tags.c worker/tags.h worker/validate.c worker/view.c worker/view.h worker/wake.c worker/wake.h \
	worker/write.c worker/write.h worker/written.c worker/written.h \
	worker/resources/bundles.c worker/resources/checks.c worker/resources/comments.c \
	worker/resources/covers.c worker/resources/downloads.c worker/resources/events.c \
	worker/resources/index.c worker/resources/messages.c worker/resources/messages.h worker/resources/patch_writes.c worker/resources/patches.c worker/resources/people.c \
	worker/resources/projects.c worker/resources/resources.h worker/resources/series.c \
	worker/resources/users.c \
	worker/reviewboard/blobs.c worker/reviewboard/blobs.h worker/reviewboard/commit_post.c worker/reviewboard/commits.c \
	worker/reviewboard/commits.h worker/reviewboard/diffsets.c worker/reviewboard/diffsets.h worker/reviewboard/files.c \
	worker/reviewboard/finalize.c worker/reviewboard/rbdiff.c worker/reviewboard/rbdiff.h worker/reviewboard/validation.c \
	worker/reviewboard/drafts.c worker/reviewboard/drafts.h worker/reviewboard/filters.c worker/reviewboard/filters.h \
	worker/reviewboard/repositories.c worker/reviewboard/repositories.h worker/reviewboard/request_writes.c \
	worker/reviewboard/requests.c worker/reviewboard/requests.h \
	worker/reviewboard/targets.c worker/reviewboard/targets.h \
	worker/reviewboard/rb.c worker/reviewboard/rb.h worker/reviewboard/rb_auth.c worker/reviewboard/rb_error.c \
	worker/reviewboard/rb_form.c worker/reviewboard/rb_limit.c worker/reviewboard/rb_payload.c worker/reviewboard/rb_private.h \
	worker/reviewboard/rb_put.c worker/reviewboard/rb_respond.c worker/reviewboard/rb_rights.c worker/reviewboard/rb_rights.h \
	worker/reviewboard/rb_route.c worker/reviewboard/rb_session.c worker/reviewboard/rb_session.h \
	worker/reviewboard/rb_write.c worker/reviewboard/rb_write.h \
	worker/reviewboard/bridge.h worker/reviewboard/pages.c worker/reviewboard/patch_states.c worker/reviewboard/publish.c \
	worker/reviewboard/publish.h worker/reviewboard/root.c worker/reviewboard/series.c worker/reviewboard/series.h \
	worker/reviewboard/series_read.c worker/reviewboard/session.c worker/reviewboard/users.c worker/reviewboard/users.h
