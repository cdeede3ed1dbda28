/* SPDX-License-Identifier: MIT
 *
 * All resources, and the forms in which objects stand inside others
 * (patchwork-api.md, 3.0).  Each is described in the file of its name.
 */
#ifndef THIMBLE_WORKER_RESOURCES_H
#define THIMBLE_WORKER_RESOURCES_H

#include "worker/resource.h"
#include "worker/view.h"

extern const struct resource bundles, checks, cover_comments, covers, events, index_resource,
    patch_comments, patches, people, projects, series, users;

extern const struct shape embedded_check, embedded_cover, embedded_cover_comment, embedded_patch,
    embedded_patch_comment, embedded_person, embedded_project, embedded_series, embedded_user, embedded_state;

/* What an embedded object shows of its own project: shapes that join it as j have these columns. */
#define PROJECT_JOIN "JOIN patchwork_project j ON j.id = t.project_id"
extern const struct computed project_columns[];
extern const struct joined project_joined[];

/* What filters look names up in. */
extern const struct reference project_reference, person_reference, user_reference, series_reference,
    patch_reference, cover_reference;

/* Writing patches (patch_writes.c). */
void patch_prepare(struct write *w);
bool patch_update(struct write *w);
const char *patch_check_delegate(struct write *w, const struct given *given);

/* Downloads behind the links (9.1). */
enum view_result download_patch_mbox(struct view *v);
enum view_result download_patch_raw(struct view *v);
enum view_result download_cover_mbox(struct view *v);
enum view_result download_series_mbox(struct view *v);
enum view_result download_bundle_mbox(struct view *v);
enum view_result download_redirect(struct view *v);

/* The caller's conditions on rows. */
#define MAINTAINS(project_id)							\
	"EXISTS (SELECT 1 FROM patchwork_userprofile_maintainer_projects m "	\
	"JOIN patchwork_userprofile f ON f.id = m.userprofile_id "		\
	"WHERE m.project_id = " project_id " AND f.user_id = @)"
#define SUBMITTED(person_id)							\
	"EXISTS (SELECT 1 FROM patchwork_person s WHERE s.id = " person_id " AND s.user_id = @)"

#endif
