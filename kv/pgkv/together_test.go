package pgkv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// companions are commits of several partitions as they would meet.
func companions(s *Store, at map[kv.Partition]kv.Version, b *kv.Batch) (group []*companion) {
	for p, base := range at {
		group = append(group, &companion{commit: &commit{partition: p, base: base, mark: s.newMark(), changes: changesOf(b)}})
	}
	return group
}

// TestTogether sends commits of several partitions in one transaction: each is done or
// not for itself, and none waits for another's partition.
func TestTogether(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	s := open(t, url)
	defer s.Close()
	large := new(kv.Batch)
	large.Set([]byte("gone"), []byte("x"))
	large.Set([]byte("large"), make([]byte, pieceSize+1))
	const partitions = 6
	for p := range kv.Partition(partitions) {
		if _, err := s.Commit(t.Context(), p, 0, large, kv.Durable); err != nil {
			t.Fatal(err)
		}
	}
	mustCommit(t, s, 2, 1, "moved")
	locker, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer locker.Close(context.Background())
	if _, err := locker.Exec(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := locker.Exec(t.Context(), "SELECT FROM partition WHERE id = 3 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}

	b := new(kv.Batch)
	b.Set([]byte("large"), []byte("small now"))
	b.Set([]byte("new"), nil)
	b.Delete([]byte("gone"), 1)
	group := companions(s, map[kv.Partition]kv.Version{0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 99: 7}, b)
	s.sendAll(group)
	left := map[kv.Partition]bool{2: true, 3: true, 99: true} // moved, locked, not there
	for _, m := range group {
		if got := errors.Is(m.err, errLeftOut); got != left[m.partition] || !got && m.err != nil {
			t.Errorf("partition %d: %v", m.partition, m.err)
		}
		written, err := s.written(t.Context(), s.outages.write.patience(s.options.Patience), m.commit)
		if m.partition != 3 && (err != nil || written == left[m.partition]) {
			t.Errorf("partition %d: written %v, %v", m.partition, written, err)
		}
	}
	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for p := range kv.Partition(partitions) {
		want := map[bool]string{true: "2 large new", false: "1 gone large"}[p < 2 || p == 4]
		if p == 2 {
			want = "2 gone large moved"
		}
		if got := fmt.Sprint(versionOf(t, s, p), " ", keys(t, s, p)); got != want {
			t.Errorf("partition %d: %s, want %s", p, got, want)
		}
	}
	if got := query(t, url, "SELECT string_agg(partition::text, ' ' ORDER BY partition) FROM kv_part"); got != "2 3 5" {
		t.Errorf("pieces of %s", got)
	}
	if got := query(t, url, "SELECT string_agg(encode(value, 'escape'), ',') FROM kv WHERE partition = 1"); got != "small now," && got != ",small now" {
		t.Errorf("values %q", got)
	}
}

// TestFaultOfOne: what the database refuses of a group is done for the others.
func TestFaultOfOne(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	s := open(t, url)
	defer s.Close()
	for p := range kv.Partition(3) {
		mustCommit(t, s, p, 0, "first")
	}
	// A stand-in for whatever goes wrong with the rows of one partition.
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), "ALTER TABLE kv ADD CHECK (partition <> 1) NOT VALID"); err != nil {
		t.Fatal(err)
	}
	group := companions(s, map[kv.Partition]kv.Version{0: 1, 1: 1, 2: 1}, one("second"))
	s.sendAll(group)
	for _, m := range group {
		if !errors.Is(m.err, errLeftOut) {
			t.Errorf("partition %d: %v", m.partition, m.err)
		}
		_, err := s.Commit(t.Context(), m.partition, 1, one("second"), kv.Durable)
		if (err == nil) != (m.partition != 1) || errors.Is(err, kv.ErrConflict) {
			t.Errorf("partition %d by itself: %v", m.partition, err)
		}
	}
}

// TestUnexpectedTogether: one whose ranges are not empty is not done, and the others are.
func TestUnexpectedTogether(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	s := open(t, url)
	defer s.Close()
	for p := range kv.Partition(4) {
		mustCommit(t, s, p, 0, fmt.Sprint("of ", p))
	}
	send := func(left ...kv.Partition) {
		t.Helper()
		group := companions(s, map[kv.Partition]kv.Version{0: 1, 1: 1, 2: 1, 3: 1}, one("of 2 too"))
		group = slices.DeleteFunc(group, func(m *companion) bool { return !slices.Contains(left, m.partition) })
		for _, m := range group {
			m.empty = boundsOf([]kv.Range{kv.Only([]byte("of 1")), {Start: []byte("of 2"), End: []byte("of 3")}})
		}
		s.sendAll(group)
		for _, m := range group {
			if unexpected := m.partition == 1 || m.partition == 2; unexpected != errors.Is(m.err, kv.ErrUnexpected) || !unexpected && m.err != nil {
				t.Errorf("partition %d: %v", m.partition, m.err)
			}
		}
	}
	send(0, 1, 2, 3)
	send(1, 2)
	for p, want := range []string{"2 of 0 of 2 too", "1 of 1", "1 of 2", "2 of 2 too of 3"} {
		p := kv.Partition(p)
		if got := fmt.Sprint(versionOf(t, s, p), " ", keys(t, s, p)); got != want {
			t.Errorf("partition %d: %s, not %s", p, got, want)
		}
	}
}

// TestPanicOfCompanion: what became of a commit that another one's panic has ended is found
// out before it is answered, be it that nothing was sent or that it was done.
func TestPanicOfCompanion(t *testing.T) {
	s := open(t, pgtest.Start(t, "fsync = off").Database(t))
	defer s.Close()
	for p := range kv.Partition(3) {
		mustCommit(t, s, p, 0, "before")
	}
	s.company.few, s.company.most = 1, 1
	for _, sent := range []bool{false, true} {
		began, end := make(chan bool), make(chan bool)
		s.company.do = func(group []*companion) {
			if group[0].partition == 0 {
				began <- true
				<-end
				s.sendAll(group)
				return
			}
			if sent {
				s.sendAll(group)
			}
			for _, m := range group {
				m.err = errUnanswered
			}
			panic("a fault")
		}
		answers := make(chan any, 3)
		commit := func(p kv.Partition, base kv.Version) {
			defer func() {
				if fault := recover(); fault != nil {
					answers <- fault
				}
			}()
			_, err := s.Commit(context.Background(), p, base, one("k"), kv.Durable)
			answers <- err
		}
		go commit(0, versionOf(t, s, 0))
		<-began
		go commit(1, versionOf(t, s, 1))
		go commit(2, versionOf(t, s, 2))
		for queued(&s.company) < 2 {
			time.Sleep(time.Millisecond) // between questions
		}
		end <- true
		want := map[any]int{nil: 1, "a fault": 1, kv.ErrConflict: 1}
		if sent {
			want = map[any]int{nil: 2, "a fault": 1}
		}
		got := make(map[any]int)
		for range 3 {
			got[<-answers]++
		}
		if !maps.Equal(got, want) {
			t.Errorf("sent: %v: answers %v, want %v", sent, got, want)
		}
	}
}
