package pgkv

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// query reads one text from a database.
func query(t *testing.T, url, sql string) (text string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	if err := c.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDistributes holds which calls are made where there is Citus. It is a stand-in
// that notes them, not Citus.
func TestDistributes(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	name := url[strings.LastIndex(url, "/")+1:]
	server.Exec(t, name, `CREATE TABLE calls (what text);
		CREATE FUNCTION create_distributed_table(name regclass, by text, colocate_with text DEFAULT 'default') RETURNS void LANGUAGE sql
		AS $$ INSERT INTO calls VALUES (name || ' by ' || by || ' with ' || colocate_with) $$`)
	s := open(t, url)
	if mustCommit(t, s, 1, 0, "a"); !s.sharded {
		t.Error("commits of several partitions would go together")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, url).Close() // which finds them made
	want := "partition by id with default, kv by partition with partition, kv_part by partition with partition"
	if got := query(t, url, "SELECT string_agg(what, ', ') FROM calls"); got != want {
		t.Errorf("%s", got)
	}
}

// TestOpensTogether lets nodes open a new database at once: it is one store.
func TestOpensTogether(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	stores := make([]*Store, 4)
	var all sync.WaitGroup
	for i := range stores {
		all.Go(func() {
			s, err := Open(t.Context(), Options{URL: url, Readers: 2, Writers: 2, Patience: time.Minute})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	all.Wait()
	for _, s := range stores {
		if s == nil {
			continue
		}
		if s.id != stores[0].id {
			t.Error("two stores were made")
		}
		s.Close()
	}
}

// TestOpenRefuses what it cannot or must not use.
func TestOpenRefuses(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	url := server.Database(t)
	refused := func(what string, kind error, o Options) {
		t.Helper()
		s, err := Open(t.Context(), o)
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			s.Close()
		}
	}
	refused("no URL", restante.ErrInvalid, Options{URL: "postgres://h:port/"})
	refused("no store", restante.ErrNotFound, Options{URL: url, Existing: true})
	broken := errors.New("no file")
	refused("no password", broken, Options{URL: url, Password: func() (string, error) { return "", broken }})
	open(t, url).Close()
	server.Exec(t, url[strings.LastIndex(url, "/")+1:], "UPDATE restante SET schema = 1000")
	refused("newer", kv.ErrNewerSchema, Options{URL: url})
}

// TestWarnsOfLoss: a database that may lose commits is told of.
func TestWarnsOfLoss(t *testing.T) {
	for setting, warns := range map[string]bool{"fsync = off": true, "synchronous_commit = off": true, "fsync = on": false} {
		var log bytes.Buffer
		s, err := Open(t.Context(), Options{URL: pgtest.Start(t, setting).Database(t), Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if strings.Contains(log.String(), "lose commits") != warns {
			t.Errorf("%s: %s", setting, log.String())
		}
	}
}
