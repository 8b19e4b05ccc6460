#!/usr/bin/env bash
# Measures Restante beside Debian's Dovecot by turns on this machine, and prints a table of both with
# their ratio, and of what no server can be faster than in appending (ceiling):
#   [ROUNDS=3] compare.sh [imapbench flags, e.g. -fill 20000 -idle 1000]
# Each round starts all anew; of several the table has the medians and the bounds of their ratio.
# Needs the packages dovecot-imapd and dovecot-lmtpd, and root. A round takes about two minutes.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  ./dovecot.sh stop "$dir/dovecot" 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT
go build -o "$dir/imapbench" .
go build -o "$dir/bin/restante" ../restante
go build -o "$dir/bin/ceiling" ./ceiling
mkdir -p "$dir"/figures/{dovecot,restante,ceiling}
listens() { for _ in $(seq 100); do (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null && break; sleep 0.1; done; }
stop() {
  kill "$server"
  wait "$server" || true
  server=
}

for round in $(seq -w "${ROUNDS:-1}"); do
  rm -rf "$dir/dovecot" "$dir/data"

  ./dovecot.sh start "$dir/dovecot" 11143 11024
  "$dir/imapbench" -addr 127.0.0.1:11143 -user 'b%d' -pass pass -pid "$(cat "$dir/dovecot/run/master.pid")" \
    -json "$dir/figures/dovecot/$round.json" "$@" || true
  ./dovecot.sh stop "$dir/dovecot"

  "$dir/bin/restante" demo --data "$dir/data" --imap 127.0.0.1:11144 --imaps 127.0.0.1:11994 --lmtp 127.0.0.1:11025 > "$dir/restante.log" 2>&1 &
  server=$!
  listens 11144
  "$dir/imapbench" -addr 127.0.0.1:11144 -user 'b%d' -pass demo -pid "$server" -json "$dir/figures/restante/$round.json" "$@" || true
  stop

  "$dir/bin/ceiling" -addr 127.0.0.1:11145 -file "$dir/data/ceiling" &
  server=$!
  listens 11145
  "$dir/imapbench" -addr 127.0.0.1:11145 -json "$dir/figures/ceiling/$round.json" "$@" -tasks append,append1 || true
  stop
done

go run ./table "$dir"/figures/{dovecot,restante,ceiling}
