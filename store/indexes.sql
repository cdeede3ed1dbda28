-- SPDX-License-Identifier: MIT
--
-- Indexes of our own on Patchwork's tables, for the filters and orders of the API.
-- Patchwork does not look at them and `DROP INDEX` is safe at any time.  A line
-- that ends in a dialect's name is for that one alone.

-- events newest first, and `since` and `before` without a project
CREATE INDEX thimble_event_date ON patchwork_event (date, id);
-- the same for one project: what pollers ask all day
CREATE INDEX thimble_event_project ON patchwork_event (project_id, date, id);

-- patches with order=date or order=-date, and `since`
CREATE INDEX thimble_patch_date ON patchwork_patch (date, id);
-- the same for one project
CREATE INDEX thimble_patch_project_date ON patchwork_patch (project_id, date, id);
-- a project's patches in the default order, by id
CREATE INDEX thimble_patch_project ON patchwork_patch (project_id, id);
-- a project's patches by archived and state, and their count from the index alone
CREATE INDEX thimble_patch_state ON patchwork_patch (project_id, archived, state_id, id);
-- patches by hash (equal but for case), which commit hooks ask for
CREATE INDEX thimble_patch_hash ON patchwork_patch (UPPER(hash));		-- postgresql
CREATE INDEX thimble_patch_hash ON patchwork_patch (hash COLLATE NOCASE);	-- sqlite

-- a project's covers in the default order, by id (by date there is cover_covering_idx)
CREATE INDEX thimble_cover_project ON patchwork_cover (project_id, id);

-- series with order=date, and `since`
CREATE INDEX thimble_series_date ON patchwork_series (date, id);
-- a project's series in the default order, by id
CREATE INDEX thimble_series_project ON patchwork_series (project_id, id);

-- submitter=ADDRESS: a person by e-mail, equal but for case
CREATE INDEX thimble_person_email ON patchwork_person (UPPER(email));		-- postgresql
CREATE INDEX thimble_person_email ON patchwork_person (email COLLATE NOCASE);	-- sqlite
-- delegate=NAME, owner=NAME: a user by name, equal but for case
CREATE INDEX thimble_user_name ON auth_user (UPPER(username));			-- postgresql
CREATE INDEX thimble_user_name ON auth_user (username COLLATE NOCASE);		-- sqlite
