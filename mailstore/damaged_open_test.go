package mailstore

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante/kv"
)

// told is a log that is read while it is written.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestOpensWithDamagedUploads: rows of uploads and of forgotten objects that cannot be read
// keep neither an account closed nor the others of their kind. The log and check tell of
// them, and repair removes them.
func TestOpensWithDamagedUploads(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 20_000), large(2, 20_000))
	f.expungeUIDs(uids(1, 1))
	bad := [][]byte{stagingKey(4000), append(stagingKey(4001), 1), {kindStaging}, forgottenKey(4003, 7), {kindForgotten, 1}}
	version, err := kv.VersionOf(t.Context(), f.store.kv, f.partition())
	if err != nil {
		t.Fatal(err)
	}
	var b kv.Batch
	for _, key := range bad {
		b.Set(key, nil)
	}
	b.Set(bodyKey(4000, 2), []byte("of an upload"))
	b.Set(stagingKey(4002), binary.BigEndian.AppendUint64(binary.AppendUvarint(nil, uint64(f.now().Unix())), 5))
	if _, err := f.store.kv.Commit(t.Context(), f.partition(), version, &b, kv.Durable); err != nil {
		t.Fatal(err)
	}
	f.pass(2 * stagingLife)

	var log told
	g := *f.fixture
	g.store = openStore(t, Options{KV: f.store.kv, Blobs: f.blobs, Spool: t.TempDir(), Now: f.now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	g.Account = openAccount(t, g.store, f.ID())
	g.append(f.inbox, nil, "Subject: x\r\n\r\nx")
	if n := g.countRows(kindStaging); n != 3 {
		t.Errorf("%d rows of uploads: one was abandoned, three are damaged", n)
	}
	if err := g.store.reap(t.Context(), f.ID()); err != nil {
		t.Error(err)
	}
	if _, err := g.store.SweepObjects(t.Context(), SweepOptions{MinAge: time.Hour}); err != nil {
		t.Error(err)
	}
	if n := len(f.blobs.Names()); n != 1 {
		t.Errorf("%d objects, want the one that is not forgotten", n)
	}
	report, err := g.store.Check(t.Context(), CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range bad {
		if want := "row=" + hex.EncodeToString(key); !strings.Contains(log.String(), want+"\n") {
			t.Errorf("the log does not tell of %s:\n%s", want, log.String())
		}
	}
	count := make(map[FindingKind]int)
	for _, found := range report.Findings {
		count[found.Kind]++
	}
	if count[FindUpload] != 3 || count[FindObject] != 2 || len(count) != 2 {
		t.Errorf("check tells\n%s", lines(report))
	}
	if r, err := g.store.Repair(t.Context(), RepairOptions{}); err != nil || !r.Clean() {
		t.Errorf("repair: %v\n%s", err, lines(r))
	}
}
