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

# Shows that a long step is alive: every second on a terminal, every 30 seconds in a log file.
tick() { # title
  local begin=$SECONDS
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    if [ -t 2 ]; then
      printf '\r\033[K%s … %s' "$1" "$(seconds_as_text $((SECONDS - begin)))" >&2
    elif (((SECONDS - begin) % 30 == 0)); then
      say "$1 … $(seconds_as_text $((SECONDS - begin)))"
    fi
  done
}

# step TITLE LOG COMMAND…: runs a command (or function) with its output in $log_dir/LOG.
step() {
  local title log=$log_dir/$2.log begin=$SECONDS ticker code=0
  step_number=$((step_number + 1))
  title="[$step_number/$step_count] $1"
  shift 2
  say "$title (log: $log)"
  tick "$title" </dev/null >/dev/null &
  ticker=$!
  # A plain "command || code=$?" would switch errexit off inside the command.
  set +e
  (set -e; "$@") </dev/null >"$log" 2>&1
  code=$?
  set -e
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  [ ! -t 2 ] || printf '\r\033[K' >&2
  if ((code != 0)); then
    say "$title failed after $(seconds_as_text $((SECONDS - begin))). The last lines of $log:"
    tail -n 25 "$log" >&2
    exit 1
  fi
  say "$title: done in $(seconds_as_text $((SECONDS - begin)))"
}
