package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
)

// TestCheckAndRepair damages one thing, which Check must find, and Repair put
// right without losing what is not lost.
func TestCheckAndRepair(t *testing.T) {
	clean := newDamaged(t)
	for _, c := range damages {
		t.Run(c.name, func(t *testing.T) {
			d := *clean
			d.t, d.engine = t, clean.engine.Backing().CrashClone().Open()
			s := d.open()
			defer d.close(s)
			if r := d.check(s); !r.Clean() || r.Messages != 312 || r.Contents != 295 {
				t.Fatalf("before: %+v", r)
			}
			c.damage(&d)
			r := d.check(s)
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == c.kind }) {
				t.Fatalf("check found %v", r.Findings)
			}
			if r.Clean() {
				t.Fatal("the report says clean")
			}
			r, err := s.Repair(t.Context(), RepairOptions{})
			if err != nil || r.Clean() == c.lost {
				t.Fatalf("repair: %v, %d fixed of\n%v", err, r.Fixed, lines(r))
			}
			if c.lost {
				if r, err = s.Repair(t.Context(), RepairOptions{DropLost: true}); err != nil || !r.Clean() {
					t.Fatalf("repair that drops: %v, %d fixed of\n%v", err, r.Fixed, lines(r))
				}
			}
			t.Logf("repaired:\n%s", lines(r))
			if r := d.check(s); !r.Clean() || r.Messages != int64(312-c.all) {
				t.Fatalf("afterwards there are %d messages and\n%v", r.Messages, lines(r))
			}
			d.works(s, 292-c.inbox)
		})
	}
}

func lines(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%v fixed %v\n", f, f.Fixed)
	}
	return b.String()
}

// Repair of an account that is open here: who has it open sees what was done.
func TestRepairInUse(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	a, err := s.Account(t.Context(), d.id)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	before, err := a.Snapshot(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	d.delete(headerKey(7))
	r, err := s.Repair(t.Context(), RepairOptions{DropLost: true})
	if err != nil || !r.Clean() || r.Fixed == 0 {
		t.Fatalf("%v %s", err, lines(r))
	}
	after, err := a.Snapshot(t.Context(), 1)
	if err != nil || after.Len() != before.Len()-1 {
		t.Fatalf("%v: %d messages, before %d", err, after.Len(), before.Len())
	}
	gone, err := a.Vanished(t.Context(), 1, before.Mailbox().HighestModSeq)
	if err != nil || !slices.Equal(gone, UIDSet{{7, 7}}) {
		t.Fatalf("vanished %v, %v", gone, err)
	}
	d.works(s, before.Len()-1)
}

func TestCheckOptions(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	d.delete(summaryKey(5))
	d.set(headerKey(6), []byte("Subject: other\r\n\r\n"))
	var found []Finding
	progress := 0
	r, err := s.Check(t.Context(), CheckOptions{
		Accounts: []restante.AccountID{d.id}, Limit: 1,
		Found: func(f Finding) { found = append(found, f) }, Progress: func(CheckProgress) { progress++ },
	})
	if err != nil || len(r.Findings) != 1 || r.More != len(found)-1 || len(found) < 2 || progress == 0 {
		t.Fatalf("%v %+v, %d found, %d progress", err, r, len(found), progress)
	}
	r, err = s.Check(t.Context(), CheckOptions{SkipContents: true})
	if err != nil || len(r.Findings) != 1 {
		t.Fatalf("without contents: %v\n%s", err, lines(r))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Check(ctx, CheckOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestCheckRemovedAccount(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	if err := s.RemoveAccount(t.Context(), d.id); err != nil {
		t.Fatal(err)
	}
	if r := d.check(s); !r.Clean() || r.Accounts != 0 {
		t.Fatalf("%+v", r)
	}
	d.set(bytes.Repeat([]byte{kindBody}, 13), nil)
	if r := d.check(s); r.Clean() {
		t.Fatal("rows of no account are not found")
	}
}
