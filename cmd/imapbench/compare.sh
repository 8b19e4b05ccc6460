#!/usr/bin/env bash
# Measures Restante beside Debian's Dovecot, one after the other on this machine, and prints a table
# of both with their ratio:
#   compare.sh [imapbench flags, e.g. -fill 20000 -idle 1000]
# Needs the packages dovecot-imapd and dovecot-lmtpd, and root. Takes a few minutes.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
restante=
finish() {
  [ -z "$restante" ] || kill "$restante" 2>/dev/null || true
  ./dovecot.sh stop "$dir/dovecot" 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT
go build -o "$dir/imapbench" .
go build -o "$dir/restante" ../restante

./dovecot.sh start "$dir/dovecot" 11143 11024
"$dir/imapbench" -addr 127.0.0.1:11143 -user 'b%d' -pass pass -pid "$(cat "$dir/dovecot/run/master.pid")" -json "$dir/dovecot.json" "$@" || true
./dovecot.sh stop "$dir/dovecot"

"$dir/restante" demo --data "$dir/data" --imap 127.0.0.1:11144 --imaps 127.0.0.1:11994 --lmtp 127.0.0.1:11025 > "$dir/restante.log" 2>&1 &
restante=$!
for _ in $(seq 100); do (: < /dev/tcp/127.0.0.1/11144) 2>/dev/null && break; sleep 0.1; done
"$dir/imapbench" -addr 127.0.0.1:11144 -user 'b%d' -pass demo -pid "$restante" -json "$dir/restante.json" "$@" || true

go run ./table "$dir/dovecot.json" "$dir/restante.json"
