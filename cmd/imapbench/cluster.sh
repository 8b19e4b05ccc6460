#!/usr/bin/env bash
# Measures Restante on PostgreSQL beside Restante on its embedded store, one after the other on this
# machine, and prints a table of all with the ratios to the first:
#   pebble         one node, embedded store
#   postgresql     one node on PostgreSQL
#   blobs          the same with bodies above 64 KiB as files in a directory
#   s3             the same with them in a real S3 server, versitygw, which is built from test/tools
#   three          three nodes on PostgreSQL, users spread over them
# Then the first SELECT of a mailbox of COLD messages after a restart of nodes and database.
#   cluster.sh [imapbench flags, e.g. -fill 20000 -append 8000]
#   RUNS="pebble postgresql" COLD=100000 cluster.sh
# DIR is where databases and figures go (default: a temporary directory, removed at the end); let it be
# on the disk that is to be measured. Needs Debian's package postgresql, and root.
set -eu
cd "$(dirname "$0")"
runs=${RUNS:-pebble postgresql blobs s3 three}
cold=${COLD:-100000}
tasks=append,append1,fill,select,flags,envelope,header,body,part,search,store,store1,copy,expunge,login,resync,status
dir=${DIR:-$(mktemp -d)}
mkdir -p "$dir"
chmod 0711 "$dir" # PostgreSQL runs as another user
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
port=15432
s3port=17070
nodes=()
gateway=

database() { # start|stop
  case $1 in
    start) runuser -u postgres -- "$bin/pg_ctl" -D "$dir/pg" -l "$dir/pg/log" -w start >/dev/null ;;
    stop) runuser -u postgres -- "$bin/pg_ctl" -D "$dir/pg" -m fast -w stop >/dev/null ;;
  esac
}

initialize() {
  install -d -o postgres "$dir/pg"
  runuser -u postgres -- "$bin/initdb" -D "$dir/pg" -U postgres -A trust --locale=C -E UTF8 >/dev/null
  cat >> "$dir/pg/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 1GB
max_wal_size = 8GB
min_wal_size = 2GB
checkpoint_timeout = 15min
wal_compression = off
CONF
  database start
  # A database that has been in use has log files to write over; a new one makes each as it goes.
  for sql in "SELECT count(pg_logical_emit_message(false, '', repeat('x', 1000000))) FROM generate_series(1, 1500)" CHECKPOINT; do
    "$bin/psql" -q -X -o /dev/null -h 127.0.0.1 -p $port -U postgres -c "$sql"
  done
}

# start_gateway: the S3 server, over a directory whose subdirectories are buckets.
start_gateway() {
  [ -x "$dir/versitygw" ] ||
    GOWORK=off go build -C ../../test/tools/versitygw -o "$dir/versitygw" github.com/versity/versitygw/cmd/versitygw
  mkdir -p "$dir/s3/data/bench" "$dir/s3/sidecar"
  echo restante-secret > "$dir/s3/secret"
  "$dir/versitygw" --port 127.0.0.1:$s3port --access restante --secret restante-secret --quiet \
    posix "$dir/s3/data" --sidecar "$dir/s3/sidecar" > "$dir/s3/log" 2>&1 &
  gateway=$!
  for _ in $(seq 100); do (: < /dev/tcp/127.0.0.1/$s3port) 2>/dev/null && break; sleep 0.1; done
}

stop_gateway() {
  [ -z "$gateway" ] || { kill "$gateway" 2>/dev/null && wait "$gateway" 2>/dev/null; } || true
  gateway=
}

finish() {
  stop_nodes
  stop_gateway
  [ ! -d "$dir/pg" ] || database stop 2>/dev/null || true
  [ -n "${DIR:-}" ] || rm -rf "$dir"
}

# configure RUN NODE: writes the node's configuration.
configure() {
  cat <<CONF
data = '$dir/$1.$2'
imap.listen = ['127.0.0.1:1114$2']
imap.listen_tls = ['127.0.0.1:1199$2']
lmtp.listen = ['127.0.0.1:1102$2']
log.level = 'warn'
auth.argon2_memory = '1MiB'
auth.argon2_passes = 1
auth.scram_iterations = 4096
CONF
  [ "$1" = pebble ] || echo "store.engine = 'postgresql'
store.postgresql.url = 'postgres://postgres@127.0.0.1:$port/$1?sslmode=disable'"
  [ "$1" != blobs ] || echo "blobs.engine = 'directory'
blobs.directory = '$dir/objects'
blobs.above = '64KiB'"
  [ "$1" != s3 ] || echo "blobs.engine = 's3'
blobs.above = '64KiB'
blobs.s3.endpoint = '127.0.0.1:$s3port'
blobs.s3.region = 'us-east-1'
blobs.s3.bucket = 'bench'
blobs.s3.tls = false
blobs.s3.bucket_in = 'path'
blobs.s3.access_key = 'restante'
blobs.s3.secret_key_file = '$dir/s3/secret'"
}

# start_nodes RUN: starts what the run wants and waits for it.
start_nodes() {
  local count=1 n
  [ "$1" != three ] || count=3
  addresses=
  for n in $(seq "$count"); do
    configure "$1" "$n" > "$dir/$1.$n.toml"
    "$dir/restante" serve --config "$dir/$1.$n.toml" >> "$dir/$1.$n.log" 2>&1 &
    nodes+=($!)
    for _ in $(seq 100); do (: < "/dev/tcp/127.0.0.1/1114$n") 2>/dev/null && break; sleep 0.1; done
    addresses=${addresses:+$addresses,}127.0.0.1:1114$n
  done
}

stop_nodes() {
  for n in "${nodes[@]}"; do kill "$n" 2>/dev/null || true; done
  for n in "${nodes[@]}"; do wait "$n" 2>/dev/null || true; done
  nodes=()
}

trap finish EXIT
go build -o "$dir/imapbench" .
go build -o "$dir/restante" ../restante
[ "$runs" = pebble ] || initialize

figures=()
for run in $runs; do
  [ "$run" = pebble ] || "$bin/createdb" -h 127.0.0.1 -p $port -U postgres "$run"
  mkdir -p "$dir/objects"
  [ "$run" != s3 ] || start_gateway
  start_nodes "$run"
  for n in 1 2 3 $(seq 101 116) $(seq 201 250); do
    echo pass | "$dir/restante" user add "b$n" --password-stdin --config "$dir/$run.1.toml" >/dev/null
  done
  echo "--- $run"
  "$dir/imapbench" -addr "$addresses" -user 'b%d' -pass pass -pid "${nodes[0]}" -tasks "$tasks" -json "$dir/$run.json" "$@" || true
  figures+=("$dir/$run.json")
  if [ "$cold" -gt 0 ]; then
    # b3 is user number 1 of a run of its own.
    "$dir/imapbench" -addr "$addresses" -user b3 -pass pass -small -fill "$cold" -tasks fill >/dev/null
    stop_nodes
    [ "$run" = pebble ] || { database stop; database start; }
    start_nodes "$run"
    "$dir/imapbench" -addr "$addresses" -user b3 -pass pass -tasks select -json "$dir/cold.$run.json" >/dev/null
    sed 's/"task": "select/"task": "cold select of '"$cold"'/' "$dir/cold.$run.json" > "$dir/cold.json"
    python3 - "$dir/$run.json" "$dir/cold.json" <<'PY'
import json, sys
all = json.load(open(sys.argv[1])) + json.load(open(sys.argv[2]))
json.dump(all, open(sys.argv[1], "w"))
PY
  fi
  stop_nodes
  stop_gateway
done
go run ./table "${figures[@]}"
