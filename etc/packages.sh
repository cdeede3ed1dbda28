# SPDX-License-Identifier: MIT
# Sourced by quickstart and check: sees to it that Debian packages are there.

# need_packages NAME...: installs those that are missing, and says so first.
need_packages() {
	local missing=() name as_root=()

	if ! command -v dpkg-query > /dev/null; then
		echo "This is not Debian. What these packages hold has to be there: $*"
		return 0
	fi
	for name in "$@"; do
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null)" != installed ]; then
			missing+=("$name")
		fi
	done
	if [ ${#missing[@]} -eq 0 ]; then
		return 0
	fi
	echo "Installing Debian packages: ${missing[*]}"
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo > /dev/null; then
			echo "That needs root. Run as root: apt-get install ${missing[*]}" >&2
			return 1
		fi
		as_root=(sudo)
	fi
	# RUNLEVEL: a package shall not start the service it brings.
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q update < /dev/null
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}" < /dev/null
}

BUILD_PACKAGES="autoconf automake build-essential libevent-dev libgit2-dev libhiredis-dev libjansson-dev libmsgpack-dev libpq-dev \
	libsqlite3-dev libssl-dev libsystemd-dev libzstd-dev pkg-config zlib1g-dev"
