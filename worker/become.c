/* SPDX-License-Identifier: MIT
 *
 * See become.h.
 */
#include "config.h"

#include "worker/become.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/log.h"

int
become_user(const char *name)
{
	struct passwd *user;

	if (name[0] == '\0' || geteuid() != 0)
		return 0;
	errno = 0;
	user = getpwnam(name);
	if (user == NULL) {
		log_errorx("user %s does not exist", name);
		return -1;
	}
	if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
		log_error("becoming user %s", name);
		return -1;
	}
	return 0;
}

void
ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGUSR2, SIGWINCH, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
}
