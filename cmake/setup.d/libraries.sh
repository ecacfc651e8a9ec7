# shellcheck shell=bash disable=SC1091,SC2154,SC2164  # sourced: cmake/setup sets what is used here, and errexit
# OpenSSL, ngtcp2 and Catch2: from the system where it has them, else built once from Debian's source
# packages as static libraries in a private prefix.  Sourced by cmake/setup.
# Uses: $here, $cache, step, say, die, candidate_version, version_at_least.

libraries=(openssl ngtcp2 catch2)  # names of the source packages, in build order
declare -A minimum=([openssl]=3.5 [ngtcp2]=1.22 [catch2]=3.4)
# A long-term series is tried before newer versions.
declare -A preferred=([openssl]=3.5. [ngtcp2]=1. [catch2]=3.)
declare -A modules=([openssl]="libssl libcrypto" [ngtcp2]="libngtcp2 libngtcp2_crypto_ossl" [catch2]="catch2-with-main")
declare -A packages=([openssl]="libssl-dev" [ngtcp2]="libngtcp2-dev libngtcp2-crypto-ossl-dev" [catch2]="catch2")

libraries_as_text() { echo "OpenSSL >= ${minimum[openssl]}, ngtcp2 >= ${minimum[ngtcp2]} with its OpenSSL helper, Catch2 >= ${minimum[catch2]}"; }

system_has() { # library
  local module
  for module in ${modules[$1]}; do
    pkg-config --exists "$module >= ${minimum[$1]}" 2>/dev/null || return 1
  done
}

# The libraries that the system lacks. ngtcp2 must use the very OpenSSL that runard uses.
missing_libraries() {
  local openssl=system library
  for library in "${libraries[@]}"; do
    if ! system_has "$library" || [ "$library $openssl" = "ngtcp2 private" ]; then
      [ "$library" != openssl ] || openssl=private
      echo "$library"
    fi
  done
}

# Binary packages of this machine's own release that would supply a missing library.
packages_of_libraries() { # libraries
  local library package version
  for library in "$@"; do
    for package in ${packages[$library]}; do
      version=$(candidate_version "$package")
      if [ -z "$version" ] || ! version_at_least "$version" "${minimum[$library]}"; then continue 2; fi
    done
    echo "${packages[$library]}"
  done
}

# The prefix for a set of libraries: what is in it, how it is built and by which compiler decide the name.
# Recipes count as bash prints them, so a comment changed here rebuilds nothing.
prefix_of() { # libraries
  local library key
  command -v c++ >/dev/null || return 1
  key=$(
    for library in "$@"; do
      echo "$library ${minimum[$library]}"
      declare -f "build_$library"
    done
    declare -f build_with_cmake
    c++ -dumpmachine
    c++ -dumpfullversion -dumpversion
  )
  echo "$cache/deps-$(sha256sum <<<"$key" | cut -c1-16)"
}

# --- sources ---

# "URI|signed-by" of where this machine gets a suite of Debian from. apt itself reads its sources, in whichever format.
mirror_of() { # suites, as a regular expression
  # shellcheck disable=SC2016  # these are apt's variables
  apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)' |
    awk -F'|' -v suites="^($1)$" '$3 == "main" && $4 ~ /^(Debian|\$\(ORIGIN\)|)$/ && $2 ~ suites {
      print $1 "|" ($5 ~ /^\// ? $5 : ""); exit }'
}

# source_stanzas MIRROR SUITE…: deb822 entries for the source packages of newer suites.
source_stanzas() {
  local uri=${1%%|*} key=${1#*|} suite
  shift
  [ ! -r /usr/share/keyrings/debian-archive-keyring.gpg ] || key=/usr/share/keyrings/debian-archive-keyring.gpg
  for suite in "$@"; do
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n%s\n\n' "$uri" "$suite" "${key:+Signed-By: $key}"
  done
}

# Makes $work/apt: sources of the newer Debian suites on the machine's mirrors, apart from the machine's own lists.
write_apt_sources() {
  local codename mirror security
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  mirror=$(mirror_of "$codename|oldstable|stable|testing|unstable|sid")
  security=$(mirror_of "($codename|oldstable|stable)-security")
  [ -n "$mirror" ] || die "no Debian mirror is named in this machine's apt sources; please install $(libraries_as_text) yourself"
  mkdir -p "$work/apt/lists/partial" "$work/apt/parts" "$work/apt/cache/archives/partial"
  source_stanzas "$mirror" trixie trixie-backports forky sid >"$work/apt/parts/newer.sources"
  [ -z "$security" ] || source_stanzas "$security" trixie-security >"$work/apt/parts/security.sources"
}

apt_private() { # apt-get|apt-cache arguments…
  local tool=$1
  shift
  "$tool" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/apt/parts" \
    -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" \
    -o "APT::Sandbox::User=$(id -un)" -o APT::Get::List-Cleanup=0 -q "$@"
}

# One suite that is absent or signed by an unknown key must not spoil the others.
update_source_index() { apt_private apt-get update "$@" || echo "some suites could not be read"; }

read_source_index() { # libraries
  local library
  update_source_index
  for library in "$@"; do
    [ -n "$(source_versions "$library")" ] || { read_expired_indexes && [ -n "$(source_versions "$library")" ]; } ||
      no_source "$library"
  done
}

# Reads the indexes again, those past their date too: a mirror that lags behind still has whole, signed sources.
# Only when no other index has what is needed, and the user is told. Fails when it was done before.
read_expired_indexes() {
  [ ! -e "$work/apt/expired" ] || return 1
  touch "$work/apt/expired"
  update_source_index -o Acquire::Check-Valid-Until=false
}

# Ends a step whose library can't be had, with what apt said about the indexes.
no_source() { # library
  echo "No source package of $1 >= ${minimum[$1]} can be had from this machine's mirror."
  ! grep -qs '^[EW]:' "$log_dir/sources.log" || printf 'apt about the indexes:\n%s\n' "$(grep '^[EW]:' "$log_dir/sources.log")"
  echo "Please make the mirror usable, or install $(libraries_as_text) so that pkg-config finds them."
  exit 1
}

# Versions of a source package that are new enough: the preferred series first, newest first.
source_versions() { # library
  local version others=
  while read -r version; do
    dpkg --compare-versions "$version" ge "${minimum[$1]}" || continue
    if [[ $version == "${preferred[$1]}"* ]]; then echo "$version"; else others+="$version"$'\n'; fi
  done < <(apt_private apt-cache madison "$1" | awk -F'|' '$3 ~ /Sources/ { gsub(/ /, "", $2); print $2 }' | sort -Vru)
  printf '%s' "$others"
}

# Unpacks a library's sources into $work/LIBRARY/src. A mirror may lack the files of one version, so all are tried.
fetch_listed() { # library
  local version
  for version in $(source_versions "$1"); do
    echo "--- $1 $version"
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    cd "$work/$1"
    if apt_private apt-get source --download-only "$1=$version" && dpkg-source --no-check -x ./*.dsc src; then
      echo "$1 $version" >>"$stage/versions"
      return 0
    fi
  done
  return 1
}

fetch_source() { # library
  fetch_listed "$1" || { read_expired_indexes && fetch_listed "$1"; } || no_source "$1"
}

# --- builds: configured for $prefix, installed below $root, so that the finished tree can be moved ---

build_openssl() {
  cd "$work/openssl/src"
  # A daemon must not load configuration or modules from somebody's cache: openssldir is the system's, and no-dso.
  CC=cc ./Configure --prefix="$prefix" --libdir=lib --openssldir=/etc/ssl \
    no-shared no-apps no-docs no-tests no-engine no-module no-legacy no-dso
  make -j"$(nproc)" build_libs
  make DESTDIR="$root" install_dev
}

build_with_cmake() { # library options…
  local source=$work/$1/src build=$work/$1/build
  shift
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_COMPILER=cc -DCMAKE_CXX_COMPILER=c++ "$@"
  cmake --build "$build"
  DESTDIR=$root cmake --install "$build"
}

build_ngtcp2() {
  local openssl=()
  [ ! -e "$stage/lib/libssl.a" ] || openssl=(-DOPENSSL_ROOT_DIR="$stage" -DOPENSSL_USE_STATIC_LIBS=ON)
  build_with_cmake ngtcp2 -DENABLE_OPENSSL=ON -DENABLE_GNUTLS=OFF -DENABLE_STATIC_LIB=ON \
    -DENABLE_SHARED_LIB=OFF -DENABLE_LIB_ONLY=ON -DBUILD_TESTING=OFF "${openssl[@]}"
  [ -e "$stage/lib/libngtcp2_crypto_ossl.a" ]
}

build_catch2() { build_with_cmake catch2 -DCATCH_INSTALL_DOCS=OFF -DBUILD_TESTING=OFF; }

fetch_and_build() { # library
  fetch_source "$1"
  "build_$1"
}

# Builds the named libraries into their prefix; the prefix appears only when everything is in it.
build_libraries() { # libraries
  local library
  prefix=$(prefix_of "$@")
  rm -rf "$cache"/building.*  # of a run that was killed; we hold the lock
  work=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  root=$work/root stage=$work/root$prefix
  mkdir -p "$stage"
  write_apt_sources
  step "Reading the indexes of Debian's newer source packages" sources read_source_index "$@"
  for library in "$@"; do
    step "Fetching and building $library (>= ${minimum[$library]}), once for this machine" "$library" fetch_and_build "$library"
  done
  [ ! -e "$work/apt/expired" ] ||
    say "note: this machine's mirror lags behind; source indexes past their date were used too (their signatures hold)"
  mv "$stage" "$prefix"
  rm -rf "$work"
  trap - EXIT
}
