# shellcheck shell=bash disable=SC2154,SC2016  # sourced: cmake/setup sets what is used here
# Which Debian packages are missing, and their installation.  Sourced by cmake/setup.
# Uses: $here (the folder cmake/), step, say, die.

package_rows() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt"; }

has_apt() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# version_at_least HAVE MINIMUM (an empty minimum is always met)
version_at_least() { [ -z "$2" ] || dpkg --compare-versions "$1" ge "$2"; }

# The version of a package that apt would install, or nothing.
candidate_version() {
  apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# Fills installed[name]=version for all packages that packages.txt names, with one call of dpkg-query.
declare -A installed=()
read_installed() {
  local name status version
  installed=()
  while read -r name status version; do
    [ "$status" != installed ] || installed[$name]=$version
  done < <(package_rows | tr -s '| ' '\n' | grep '^[a-z]' |
    xargs dpkg-query -W -f='${Package} ${db:Status-Status} ${Version}\n' 2>/dev/null)
}

# each_alternative ROW FUNCTION: calls FUNCTION name minimum until it succeeds.
each_alternative() {
  local alternative name minimum
  local -a alternatives
  IFS='|' read -ra alternatives <<<"$1"
  for alternative in "${alternatives[@]}"; do
    read -r name minimum <<<"$alternative"
    if "$2" "$name" "$minimum"; then return 0; fi
  done
  return 1
}

alternative_is_installed() { [ -n "${installed[$1]:-}" ] && version_at_least "${installed[$1]}" "$2"; }

alternative_is_candidate() {
  local version
  version=$(candidate_version "$1")
  [ -n "$version" ] && version_at_least "$version" "$2" && echo "$1"
}

# Prints the rows of packages.txt that no installed package fulfils.
missing_rows() {
  local row
  read_installed
  while read -r row; do
    each_alternative "$row" alternative_is_installed || echo "$row"
  done < <(package_rows)
}

# Turns missing rows into names that this machine's apt sources have.
resolve_rows() { # rows
  local row
  while read -r row; do
    [ -z "$row" ] || each_alternative "$row" alternative_is_candidate ||
      die "this machine's apt sources have no package that is new enough for: $row"
  done <<<"$1"
}

require_root() { # missing rows
  [ "$(id -u)" = 0 ] || die "packages are missing and installing them needs root. Run \"cmake/setup\" as root once, or install: $(tr '\n' ',' <<<"$1" | sed 's/,$//; s/,/, /g')"
}

apt_update() { apt-get -q -o DPkg::Lock::Timeout=600 update; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
    install --no-install-recommends "$@"
}

# On a system without apt the set-up installs nothing; it names what it can see to be missing.
require_without_apt() {
  local need missing=
  for need in c++ cmake ninja pkg-config python3 git; do
    command -v "$need" >/dev/null || missing+=" $need"
  done
  for need in fmt yaml-cpp; do
    pkg-config --exists "$need" 2>/dev/null || missing+=" $need"
  done
  missing+=$(missing_libraries | sed 's/^/ /' | tr -d '\n')
  [ -z "$missing" ] || die "this system has no apt, so please install what is missing:$missing. Needed are all the development packages that cmake/packages.txt names in Debian's words, and $(libraries_as_text)."
}
