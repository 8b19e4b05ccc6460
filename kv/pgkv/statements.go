package pgkv

// All SQL of the engine stands here. It is plain enough for PostgreSQL's kin:
// every statement but those of the schema, sqlPartitions, sqlTogether and sqlLookAll names
// one partition, so that where the tables are distributed by it each goes to one shard, and
// none needs a transaction over several. The last two are not used there.
//
// Tested, by the tests of this package, is PostgreSQL. Not tested are:
//
//   - Citus. Where it is, the tables are distributed as they are made, and a test holds
//     that the right calls are made, against a stand-in for its functions. To a planner
//     that has to see the shard, sqlSet (INSERT … SELECT from unnest) is the hardest
//     statement: Citus takes it by way of its coordinator. The table restante stays on
//     the coordinator.
//   - CockroachDB has no LISTEN and NOTIFY (the bus has to be NATS), no advisory locks
//     (they do nothing there, so the first node has to be started alone), and wants
//     retries of 40001, which every call here makes. The settings of ofPlans, fillfactor and the settings of
//     autovacuum, toast_tuple_target and STORAGE are of no meaning to it and may have to be left out.
//   - YugabyteDB has NOTIFY and advisory locks only lately; else as CockroachDB.

// schemaVersion is the form of the tables that this program makes. A store of a
// higher one is refused.
const schemaVersion = 2

// lockKey names the advisory lock under which the tables are made and migrated.
const lockKey = 0x72657374_616e7465 // "restante"

// schema makes the tables. They are of the schema that search_path names first.
//
// partition.marks holds, for each of the last 32 nodes that committed, a mark of its
// last commit, the newest first (see mark), so that a node whose connection broke
// can ask whether its commit was done. Rows of partition change at every commit: the room left in their
// pages lets PostgreSQL do so without touching the index (HOT).
//
// restante.store names the store among all there are, for what nodes tell one
// another.
//
// Values are not compressed by PostgreSQL, which would cost more than a commit. One of
// more than pieceSize bytes has its rest in kv_part, so that each row fits into a page:
// PostgreSQL by itself would make four rows of what fits into one, each with its entry in an index.
var schema = []string{
	`CREATE TABLE partition (
		id bigint PRIMARY KEY,
		version bigint NOT NULL,
		marks bytea NOT NULL
	) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)`,
	`CREATE TABLE kv (
		partition bigint NOT NULL,
		key bytea NOT NULL,
		value bytea NOT NULL,
		parts smallint NOT NULL DEFAULT 0,
		PRIMARY KEY (partition, key)
	) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, toast_tuple_target = 8160)`,
	`ALTER TABLE kv ALTER COLUMN value SET STORAGE EXTERNAL`,
	`CREATE TABLE kv_part (
		partition bigint NOT NULL,
		key bytea NOT NULL,
		part smallint NOT NULL,
		value bytea NOT NULL,
		PRIMARY KEY (partition, key, part)
	) WITH (autovacuum_vacuum_scale_factor = 0.02, toast_tuple_target = 8160)`,
	`ALTER TABLE kv_part ALTER COLUMN value SET STORAGE EXTERNAL`,
	`CREATE TABLE restante (schema integer NOT NULL, store text NOT NULL)`,
}

// upgrade makes tables of form 1 those of form 2, in which values above a page are in pieces.
// What was written before is read as it is.
var upgrade = []string{
	`ALTER TABLE kv SET (toast_tuple_target = 8160)`,
	`ALTER TABLE kv_part SET (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.02)`,
	sqlRaiseSchema,
}

// distribute spreads the tables over a Citus cluster, rows of a partition together.
var distribute = []string{
	`SELECT create_distributed_table('partition', 'id')`,
	`SELECT create_distributed_table('kv', 'partition', colocate_with => 'partition')`,
	`SELECT create_distributed_table('kv_part', 'partition', colocate_with => 'partition')`,
}

const (
	sqlLock        = `SELECT pg_advisory_xact_lock($1)`
	sqlHasSchema   = `SELECT to_regclass('restante') IS NOT NULL`
	sqlSchema      = `SELECT schema, store FROM restante`
	sqlSetSchema   = `INSERT INTO restante (schema, store) VALUES ($1, $2)`
	sqlRaiseSchema = `UPDATE restante SET schema = 2`
	sqlHasCitus    = `SELECT to_regproc('create_distributed_table') IS NOT NULL`
	sqlVersion     = `SELECT version FROM partition WHERE id = $1`
	// sqlMarks reads by way of writing, so that the answer comes when the standby has what
	// was read.
	sqlMarks      = `UPDATE partition SET marks = marks WHERE id = $1 RETURNING marks`
	sqlPartitions = `SELECT id, version FROM partition WHERE id > $1 ORDER BY id LIMIT 1000`

	// A commit is these, in one pipeline that is one transaction. The first
	// fails unless the partition is at its base (a division by zero, a row that
	// is there already), and the rest is then not done.
	sqlFirst = `INSERT INTO partition (id, version, marks) VALUES ($1, 1, $2)`
	sqlNext  = `WITH swapped AS (
		UPDATE partition SET version = version + 1, marks = $3::bytea || substring(
			CASE position($4::bytea IN marks) WHEN 0 THEN marks
			ELSE substring(marks FROM 1 FOR position($4::bytea IN marks) - 1) || substring(marks FROM position($4::bytea IN marks) + 16)
			END FROM 1 FOR 496)
		WHERE id = $1 AND version = $2 RETURNING version
	) SELECT 1 / count(*) FROM swapped`
	// sqlExpect fails if one of the ranges has a row (a root of a negative number).
	sqlExpect = `SELECT sqrt(-count(*)) FROM unnest($2::bytea[], $3::bytea[]) AS e (first, past) CROSS JOIN LATERAL (
		SELECT FROM kv WHERE partition = $1 AND key >= e.first AND key < e.past LIMIT 1
	) f`
	// sqlTogether makes commits of several partitions, each or none: of those that are at
	// their base, whose ranges are empty, and that nobody else is changing it answers the
	// partitions; and others whose ranges are not. It waits for nobody's lock, so that nobody
	// keeps others' commits waiting.
	sqlTogether = `WITH unexpected AS MATERIALIZED (
		SELECT e.id FROM unnest($19::bigint[], $20::bytea[], $21::bytea[]) AS e (id, first, past) CROSS JOIN LATERAL (
			SELECT FROM kv WHERE partition = e.id AND key >= e.first AND key < e.past LIMIT 1
		) f
	), mine AS (
		SELECT p.id, u.mark FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS u (id, base, mark)
		JOIN partition p ON p.id = u.id AND p.version = u.base
		WHERE u.id NOT IN (SELECT id FROM unexpected) FOR UPDATE OF p SKIP LOCKED
	), swapped AS (
		UPDATE partition SET version = version + 1, marks = mine.mark || substring(
			CASE position(substring(mine.mark FROM 1 FOR 8) IN marks) WHEN 0 THEN marks
			ELSE substring(marks FROM 1 FOR position(substring(mine.mark FROM 1 FOR 8) IN marks) - 1)
				|| substring(marks FROM position(substring(mine.mark FROM 1 FOR 8) IN marks) + 16)
			END FROM 1 FOR 496)
		FROM mine WHERE partition.id = mine.id RETURNING partition.id
	), cleared AS (
		DELETE FROM kv_part USING unnest($4::bigint[], $5::bytea[]) AS u (p, k)
		WHERE kv_part.partition = u.p AND kv_part.key = u.k AND u.p IN (SELECT id FROM swapped)
	), deleted AS (
		DELETE FROM kv USING unnest($6::bigint[], $7::bytea[]) AS u (p, k)
		WHERE kv.partition = u.p AND kv.key = u.k AND u.p IN (SELECT id FROM swapped)
	), stored AS (
		INSERT INTO kv (partition, key, value, parts)
		SELECT p, k, v, 0 FROM unnest($8::bigint[], $9::bytea[], $10::bytea[]) AS u (p, k, v) WHERE p IN (SELECT id FROM swapped)
		ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, parts = 0
	), added AS (
		INSERT INTO kv (partition, key, value, parts)
		SELECT p, k, v, n FROM unnest($11::bigint[], $12::bytea[], $13::bytea[], $14::smallint[]) AS u (p, k, v, n)
		WHERE p IN (SELECT id FROM swapped)
	), continued AS (
		INSERT INTO kv_part (partition, key, part, value)
		SELECT p, k, n, v FROM unnest($15::bigint[], $16::bytea[], $17::smallint[], $18::bytea[]) AS u (p, k, n, v)
		WHERE p IN (SELECT id FROM swapped)
	) SELECT id, true FROM swapped UNION ALL SELECT id, false FROM unexpected`
	// An import begins with one of these instead: they set any version, or
	// forget the partition.
	sqlImportFirst = `INSERT INTO partition (id, version, marks) VALUES ($1, $2, $3)`
	sqlImportNext  = `WITH swapped AS (
		UPDATE partition SET version = $3, marks = $4 WHERE id = $1 AND version = $2 RETURNING version
	) SELECT 1 / count(*) FROM swapped`
	sqlForget = `WITH forgotten AS (DELETE FROM partition WHERE id = $1 AND version = $2 RETURNING version) SELECT 1 / count(*) FROM forgotten`

	sqlDeleteRange     = `DELETE FROM kv WHERE partition = $1 AND key >= $2 AND key < $3`
	sqlDeletePartRange = `DELETE FROM kv_part WHERE partition = $1 AND key >= $2 AND key < $3`
	sqlDeleteFrom      = `DELETE FROM kv WHERE partition = $1 AND key >= $2`
	sqlDeletePartsFrom = `DELETE FROM kv_part WHERE partition = $1 AND key >= $2`
	sqlDelete          = `DELETE FROM kv WHERE partition = $1 AND key = ANY($2::bytea[])`
	sqlDeleteParts     = `DELETE FROM kv_part WHERE partition = $1 AND key = ANY($2::bytea[])`
	sqlSet             = `INSERT INTO kv (partition, key, value, parts)
		SELECT $1, k, v, p FROM unnest($2::bytea[], $3::bytea[], $4::smallint[]) AS u (k, v, p)
		ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, parts = excluded.parts`
	sqlSetParts = `INSERT INTO kv_part (partition, key, part, value)
		SELECT $1, k, n, v FROM unnest($2::bytea[], $3::smallint[], $4::bytea[]) AS u (k, n, v)`

	// sqlValue is a value with its other pieces, up to joinedParts of them.
	sqlValue = `CASE WHEN parts BETWEEN 1 AND 127 THEN value || (
		SELECT string_agg(p.value, '') FROM (
			SELECT kv_part.value FROM kv_part WHERE kv_part.partition = kv.partition AND kv_part.key = kv.key ORDER BY part
		) p
	) ELSE value END AS value`

	sqlGet      = `SELECT ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key = $2`
	sqlGetParts = `SELECT value FROM kv_part WHERE partition = $1 AND key = $2 ORDER BY part`
	// sqlLook reads the first row of each of several ranges.
	sqlLook = `SELECT p.version, r.n, f.key, f.value, f.parts
		FROM partition p CROSS JOIN unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS r (first, past, n)
		LEFT JOIN LATERAL (
			SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key >= r.first AND key < r.past ORDER BY key LIMIT 1
		) f ON true WHERE p.id = $1`
	// sqlLookAll does so for ranges of several partitions.
	sqlLookAll = `SELECT coalesce(p.version, 0), r.n, f.key, f.value, f.parts
		FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS r (id, first, past, n)
		LEFT JOIN partition p ON p.id = r.id
		LEFT JOIN LATERAL (
			SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = r.id AND key >= r.first AND key < r.past ORDER BY key LIMIT 1
		) f ON true`
	// Pages of a scan: rows from a key on, and rows before a key backwards. The
	// end of the range is a bound too; nil is none.
	sqlForward   = `SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key >= $2 ORDER BY key LIMIT $3`
	sqlForwardTo = `SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key >= $2 AND key < $4 ORDER BY key LIMIT $3`
	sqlBackward  = `SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key >= $2 ORDER BY key DESC LIMIT $3`
	sqlBackFrom  = `SELECT key, ` + sqlValue + `, parts FROM kv WHERE partition = $1 AND key >= $2 AND key < $4 ORDER BY key DESC LIMIT $3`

	sqlSize = `SELECT pg_total_relation_size('kv') + pg_total_relation_size('kv_part')`

	// sqlBacklog counts who waits for a standby, and tells since how many seconds the first does.
	sqlBacklog = `SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(state_change)), 0)::float8 FROM pg_stat_activity
		WHERE wait_event = 'SyncRep' AND datname = current_database() AND usename = current_user`

	// sqlStarted tells one server from another, and from itself after it was started anew.
	sqlStarted = `SELECT pg_catalog.pg_postmaster_start_time()`

	// sqlDurability asks for settings with which a database loses what it has
	// acknowledged.
	sqlDurability = `SELECT current_setting('synchronous_commit'), coalesce(current_setting('fsync', true), 'on')`

	sqlRollback = `ROLLBACK`

	sqlNotify = `SELECT pg_notify($1, $2)`
)

// pieceSize is how many bytes of a value one row holds, so that it fits into a page.
const pieceSize = 8000

// joinedParts is up to how many other pieces of a value are read with its first, as sqlValue
// says: about a mebibyte. Others of larger ones are read when the value is asked for.
const joinedParts = 127
