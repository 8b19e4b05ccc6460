package pgkv

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// TestRowsFitIntoPages: PostgreSQL keeps nothing of a value in a table of its own, whichever
// way it came in.
func TestRowsFitIntoPages(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	s := open(t, url)
	defer s.Close()
	mustCommit(t, s, 1, 0, "first")
	for i, size := range []int{2000, pieceSize, pieceSize + 1, 100_000, aloneBytes + 1} {
		for j, add := range []func(*kv.Batch, []byte, []byte){(*kv.Batch).Set, (*kv.Batch).Add} {
			b := new(kv.Batch)
			add(b, fmt.Appendf(nil, "value %02d %02d", i, j), make([]byte, size))
			if _, err := s.Commit(t.Context(), 1, kv.Version(2*i+j+1), b, kv.Durable); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := query(t, url, `SELECT string_agg(relname || ' ' || pg_relation_size(reltoastrelid), ', ' ORDER BY relname)
		FROM pg_class WHERE relname IN ('kv', 'kv_part')`); got != "kv 0, kv_part 0" {
		t.Errorf("beside their rows the tables have: %s", got)
	}
}

// TestAddsTogether: one that adds what is there already is left out, with all of its group,
// and does by itself what it should.
func TestAddsTogether(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	s := open(t, url)
	defer s.Close()
	for p := range kv.Partition(2) {
		mustCommit(t, s, p, 0, fmt.Sprint("of ", p))
	}
	b := new(kv.Batch)
	b.Add([]byte("of 1"), make([]byte, 2*pieceSize+1))
	s.sendAll(companions(s, map[kv.Partition]kv.Version{0: 1, 1: 1}, b))
	for p := range kv.Partition(2) {
		if got := versionOf(t, s, p); got != 1 {
			t.Errorf("partition %d is at %d", p, got)
		}
		if _, err := s.Commit(t.Context(), p, 1, b, kv.Durable); err != nil {
			t.Errorf("partition %d: %v", p, err)
		}
	}
	if got := keys(t, s, 0) + ";" + keys(t, s, 1); got != "of 0 of 1;of 1" {
		t.Error(got)
	}
}

// TestUpgradesForm1 opens a store of the form before, whose values lie in rows of up to a
// mebibyte.
func TestUpgradesForm1(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	s := open(t, url)
	mustCommit(t, s, 1, 0, "first")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name := url[strings.LastIndex(url, "/")+1:]
	server.Exec(t, name, `UPDATE restante SET schema = 1;
		ALTER TABLE kv RESET (toast_tuple_target);
		ALTER TABLE kv_part RESET (toast_tuple_target, autovacuum_vacuum_scale_factor);
		INSERT INTO kv VALUES (1, 'old', convert_to(repeat('o', 100000), 'UTF8'), 0);
		INSERT INTO kv VALUES (1, 'older', convert_to(repeat('p', 1048576), 'UTF8'), 2);
		INSERT INTO kv_part VALUES (1, 'older', 1, convert_to(repeat('q', 1048576), 'UTF8')), (1, 'older', 2, 'rest')`)
	s = open(t, url)
	defer s.Close()
	if got := query(t, url, "SELECT schema::text FROM restante"); got != fmt.Sprint(schemaVersion) {
		t.Errorf("the form is %s", got)
	}
	if got := query(t, url, `SELECT count(*)::text FROM pg_class WHERE 'toast_tuple_target=8160' = ANY(reloptions)
		AND 'autovacuum_vacuum_scale_factor=0.02' = ANY(reloptions)`); got != "2" {
		t.Errorf("%s tables keep their rows whole", got)
	}
	older := bytes.Join([][]byte{bytes.Repeat([]byte("p"), 1<<20), bytes.Repeat([]byte("q"), 1<<20), []byte("rest")}, nil)
	for key, want := range map[string][]byte{"old": bytes.Repeat([]byte("o"), 100_000), "older": older} {
		rows, _, err := s.Look(t.Context(), 1, []kv.Range{kv.Only([]byte(key))})
		if err != nil || !bytes.Equal(rows[0].Value, want) {
			t.Errorf("%s: %d bytes, %v", key, len(rows[0].Value), err)
		}
	}
	b := new(kv.Batch)
	b.Set([]byte("old"), []byte("new"))
	b.Set([]byte("older"), []byte("newer"))
	if _, err := s.Commit(t.Context(), 1, 1, b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "SELECT count(*)::text FROM kv_part"); got != "0" {
		t.Errorf("%s pieces are left", got)
	}
}
