# shellcheck shell=bash disable=SC2154,SC2034  # sourced: cmake/setup sets what is used here
# What the set-up tells its user: numbered steps with their time, and the end of the log when one fails.
# Sourced by cmake/setup.  Uses: $log_dir.  All talk goes to stderr.

step_number=0
step_count=0

say() { printf '%s\n' "$*" >&2; }

die() {
  say "set-up: $*"
  exit 1
}

# seconds_as_text 75 -> "1 min 15 s"
seconds_as_text() {
  if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Shows that a long step is alive, every second on a terminal, every 30 seconds in a log file, until stdin is closed.
# (Not until it is killed: a child killed right after its fork would run the EXIT trap of its parent.)
tick() { # title
  local begin=$SECONDS code=0
  while true; do
    code=0
    read -r -t 1 || code=$?
    ((code > 128)) || break
    if [ -t 2 ]; then
      printf '\r\033[K%s … %s' "$1" "$(seconds_as_text $((SECONDS - begin)))" >&2
    elif (((SECONDS - begin) % 30 == 0)); then
      say "$1 … $(seconds_as_text $((SECONDS - begin)))"
    fi
  done
}

# step TITLE LOG COMMAND…: runs a command (or function) with its output in $log_dir/LOG.
step() {
  local title log=$log_dir/$2.log begin=$SECONDS alive code=0
  step_number=$((step_number + 1))
  title="[$step_number/$step_count] $1"
  shift 2
  say "$title (log: $log)"
  exec {alive}> >(tick "$title" >/dev/null)
  # A plain "command || code=$?" would switch errexit off inside the command.
  set +e
  (exec {alive}>&-; set -e; "$@") </dev/null >"$log" 2>&1
  code=$?
  set -e
  exec {alive}>&-
  wait $! || true
  [ ! -t 2 ] || printf '\r\033[K' >&2
  if ((code != 0)); then
    say "$title failed after $(seconds_as_text $((SECONDS - begin))). The last lines of $log:"
    tail -n 25 "$log" >&2
    exit 1
  fi
  say "$title: done in $(seconds_as_text $((SECONDS - begin)))"
}
