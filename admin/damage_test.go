package admin

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/interchange"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestExportLeavesDamageOut: a message that cannot be read does not keep the others.
func TestExportLeavesDamageOut(t *testing.T) {
	for _, remote := range []bool{false, true} {
		kvs := memkv.New()
		o := openOn(t, kvs, nil)
		var c Caller = Local{o}
		if remote {
			c = listen(t, o)
		}
		if err := c.Call(t.Context(), OpUserAdd, Secret{Name: "bob", Password: "x"}, nil, nil); err != nil {
			t.Fatal(err)
		}
		mail, in, out := Mail{Caller: c, User: "bob"}, t.TempDir(), filepath.Join(t.TempDir(), "out")
		torn := "Subject: two\n\n" + string(bytes.Repeat([]byte("text\n"), 200_000)) + "torn\n"
		writeMaildir(t, in, map[string]string{
			"cur/1:2,": "Subject: one\n\none\n", "cur/2:2,": torn, "cur/3:2,": "Subject: three\n\nthree\n", "new/": "",
		})
		if r, err := (interchange.Import{Target: mail}).Run(t.Context(), in); err != nil || r.Added != 3 {
			t.Fatal(r, err)
		}
		damage(t, kvs, "torn\r\n")
		if _, err := (interchange.Export{Source: mail}).Run(t.Context(), filepath.Join(t.TempDir(), "out")); !errors.Is(err, restante.ErrCorrupt) {
			t.Errorf("nobody is told of the damage: %v", err)
		}
		var told []string
		e := interchange.Export{Source: mail, Damaged: func(mailbox string, uid restante.UID, err error) {
			told = append(told, fmt.Sprint(mailbox, " ", uid > 0, " ", errors.Is(err, restante.ErrCorrupt)))
		}}
		if n, err := e.Run(t.Context(), out); n != 2 || err != nil || !slices.Equal(told, []string{"INBOX true true"}) {
			t.Errorf("%d messages written, %v, told of %q", n, err, told)
		}
		for sub, want := range map[string]int{"cur": 2, "tmp": 0} {
			if names, _ := filepath.Glob(filepath.Join(out, sub, "*")); len(names) != want {
				t.Errorf("%s has %q", sub, names)
			}
		}
	}
}

// damage makes every value that ends so unreadable from now on.
func damage(t *testing.T, kvs *memkv.Store, end string) {
	t.Helper()
	var bad []string
	err := kvs.Partitions(t.Context(), func(p kv.Partition, _ kv.Version) error {
		snap, err := kvs.Snapshot(t.Context(), p)
		if err != nil {
			return err
		}
		defer snap.Close()
		it := snap.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			if bytes.HasSuffix(it.Value(), []byte(end)) {
				bad = append(bad, string(it.Key()))
			}
		}
		return it.Err()
	})
	if err != nil || len(bad) != 1 {
		t.Fatal(len(bad), err)
	}
	kvs.Inject(memkv.Faults{Read: func(_ kv.Partition, key []byte) error {
		if string(key) == bad[0] {
			return kv.ErrCorrupt
		}
		return nil
	}})
}
