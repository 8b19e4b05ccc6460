#!/usr/bin/env bash
# Measures Restante beside Debian's Dovecot, one after the other on this machine, and prints a table
# of both with their ratio, and of what no server can be faster than in appending (ceiling):
#   compare.sh [imapbench flags, e.g. -fill 20000 -idle 1000]
# Needs the packages dovecot-imapd and dovecot-lmtpd, and root. Takes a few minutes.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
restante=
ceiling=
finish() {
  [ -z "$restante" ] || kill "$restante" 2>/dev/null || true
  [ -z "$ceiling" ] || kill "$ceiling" 2>/dev/null || true
  ./dovecot.sh stop "$dir/dovecot" 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT
go build -o "$dir/imapbench" .
go build -o "$dir/restante" ../restante
go build -o "$dir/ceiling" ./ceiling
listens() { for _ in $(seq 100); do (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null && break; sleep 0.1; done; }

./dovecot.sh start "$dir/dovecot" 11143 11024
"$dir/imapbench" -addr 127.0.0.1:11143 -user 'b%d' -pass pass -pid "$(cat "$dir/dovecot/run/master.pid")" -json "$dir/dovecot.json" "$@" || true
./dovecot.sh stop "$dir/dovecot"

"$dir/restante" demo --data "$dir/data" --imap 127.0.0.1:11144 --imaps 127.0.0.1:11994 --lmtp 127.0.0.1:11025 > "$dir/restante.log" 2>&1 &
restante=$!
listens 11144
"$dir/imapbench" -addr 127.0.0.1:11144 -user 'b%d' -pass demo -pid "$restante" -json "$dir/restante.json" "$@" || true
kill "$restante"
wait "$restante" || true
restante=

"$dir/ceiling" -addr 127.0.0.1:11145 -file "$dir/data/ceiling" &
ceiling=$!
listens 11145
"$dir/imapbench" -addr 127.0.0.1:11145 -json "$dir/ceiling.json" "$@" -tasks append,append1 || true

go run ./table "$dir/dovecot.json" "$dir/restante.json" "$dir/ceiling.json"
