package pgkv

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/pgtest"
)

// TestPlans holds that every statement that a command waits for reads by the primary keys,
// even if the tables were next to empty when it was planned.
func TestPlans(t *testing.T) {
	server := pgtest.Start(t, "fsync = off", "autovacuum = off")
	url := server.Database(t)
	s := open(t, url)
	defer s.Close()
	mustCommit(t, s, 1, 0, "a")
	c, err := s.readers.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if _, err := c.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	others := regexp.MustCompile(`Seq Scan|Bitmap|Sort`)
	for i, sql := range []string{
		sqlVersion, sqlMarks, sqlPartitions, sqlNext, sqlTogether,
		sqlDeleteRange, sqlDeletePartRange, sqlDeleteFrom, sqlDeletePartsFrom, sqlDelete, sqlDeleteParts,
		sqlGet, sqlGetParts, sqlLook, sqlLookAll, sqlForward, sqlForwardTo, sqlBackward, sqlBackFrom,
	} {
		if _, err := c.Exec(t.Context(), fmt.Sprintf("PREPARE p%d AS %s", i, sql)); err != nil {
			t.Fatal(err)
		}
		parameters := 0
		for strings.Contains(sql, fmt.Sprintf("$%d", parameters+1)) {
			parameters++
		}
		nulls := strings.TrimSuffix(strings.Repeat("NULL, ", parameters), ", ")
		rows, err := c.Query(t.Context(), fmt.Sprintf("EXPLAIN EXECUTE p%d (%s)", i, nulls), pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if whole := strings.Join(plan, "\n"); others.MatchString(whole) {
			t.Errorf("%s\nis done so:\n%s", sql, whole)
		}
	}
}
