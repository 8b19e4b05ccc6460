package mailstore

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

func TestRows(t *testing.T) {
	account := accountRow{
		name: "alice", created: 1_700_000_000, nextMailbox: 7, nextEmail: 1 << 40, lastUIDValidity: 1<<32 - 1,
		hasQuota: true, quota: Quota{5, 6, 7, 8}, usage: Usage{Bytes: 3, Messages: 4, Annotations: 5, Metadata: 6},
		epoch: modSeqEpoch{2, 3 << 20}, metadata: 9,
	}
	got, err := parseAccountRow(account.appendTo(nil), Quota{Bytes: 1, Messages: 1})
	if err != nil || got != account {
		t.Errorf("%+v %v", got, err)
	}
	account.hasQuota = false
	if got, err = parseAccountRow(account.appendTo(nil), Quota{Bytes: 1, Messages: 2}); err != nil || got.quota != (Quota{Bytes: 1, Messages: 2}) {
		t.Errorf("%+v %v", got, err)
	}
	newer := append([]byte{schemaVersion + 1}, account.appendTo(nil)[1:]...)
	if _, err = parseAccountRow(newer, Quota{}); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("newer schema: %v", err)
	}
	b := &box{floor: 9, history: 8, mailbox: &Mailbox{
		ID: 3, Name: "a/é", UIDValidity: 1, UIDNext: 1<<32 - 1, HighestModSeq: 10, Messages: 5, Unseen: 4, Deleted: 3, Size: 1 << 50,
		DeletedSize: 7, SpecialUse: []string{`\Sent`, `\Trash`}, NoSelect: true, Created: time.Unix(1_700_000_000, 0), MetadataModSeq: 9, appendLimit: 1001,
	}}
	row := appendMailboxRow(nil, b)
	parsed, err := parseMailboxRow(3, row)
	if err != nil || !reflect.DeepEqual(parsed.mailbox, b.mailbox) || parsed.floor != 9 || parsed.history != 8 {
		t.Errorf("%+v %v", parsed, err)
	}
	for i := range row {
		if _, err := parseMailboxRow(3, row[:i]); !errors.Is(err, restante.ErrCorrupt) {
			t.Errorf("%d bytes of a mailbox row: %v", i, err)
		}
	}
}

// TestRowsOfVersion1 reads the rows that programs wrote which knew no metadata.
func TestRowsOfVersion1(t *testing.T) {
	row := append([]byte{1, 9, 7, 8, 1, 1, 5, 6, 3, 4, 2, 3}, "alice"...)
	want := accountRow{
		name: "alice", created: 9, nextMailbox: 7, nextEmail: 8, lastUIDValidity: 1, hasQuota: true,
		quota: Quota{Bytes: 5, Messages: 6}, usage: Usage{Bytes: 3, Messages: 4}, epoch: modSeqEpoch{2, 3},
	}
	if got, err := parseAccountRow(row, Quota{}); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	b, err := parseMailboxRow(1, []byte{0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'a'})
	if err != nil || b.mailbox.Name != "a" || b.mailbox.MetadataModSeq != 0 {
		t.Errorf("%+v %v", b, err)
	}
}

// FuzzRows reads any bytes as each kind of row. What is accepted must come back
// the same once it was written again.
func FuzzRows(f *testing.F) {
	account := accountRow{name: "a", nextMailbox: 1, nextEmail: 1}
	f.Add(account.appendTo(nil))
	f.Add(appendMailboxRow(nil, &box{mailbox: &Mailbox{Name: "a", UIDNext: 1, UIDValidity: 1, SpecialUse: []string{`\Sent`}}}))
	f.Add([]byte("\x08Junk $Forwarded"))
	f.Add((&annotationRow{modSeq: 300, value: []byte("text")}).appendTo(nil))
	f.Add((&annotationRow{modSeq: 1 << 40, gone: true}).appendTo(nil))
	f.Add(annotationKey(7, annotationID{uid: 1<<32 - 1, of: 5, entry: "/comment"}))
	f.Add([]byte("\x01\x02\x09\x01"))
	f.Add([]byte("nk $Ffruhy\x00\x00\x00\x01cud\x00 $"))
	f.Fuzz(func(t *testing.T, row []byte) {
		if a, err := parseAccountRow(row, Quota{}); err == nil {
			if again, err := parseAccountRow(a.appendTo(nil), Quota{}); err != nil || again != a {
				t.Fatalf("%+v, again %+v: %v", a, again, err)
			}
		}
		if b, err := parseMailboxRow(1, row); err == nil {
			again, err := parseMailboxRow(1, appendMailboxRow(nil, b))
			if err != nil || !reflect.DeepEqual(again.mailbox, b.mailbox) {
				t.Fatalf("%+v, again %+v: %v", b.mailbox, again, err)
			}
		}
		if system, keywords, ok := parseFlagSet(row); ok {
			if got := appendFlagSet(nil, newFlagSet(1, system, keywords)); !bytes.Equal(got, row) {
				t.Fatalf("flag set %x, want %x", got, row)
			}
		}
		var refs, again refBlock
		if refs.parse(row) && (!again.parse(refs.appendTo(nil)) || again.counts != refs.counts) {
			t.Fatal("references do not come back")
		}
		parseStaging(1, row)
		if note, ok := parseAnnotationRow(row); ok {
			again, ok := parseAnnotationRow(note.appendTo(nil))
			if !ok || note.value == nil || again.modSeq != note.modSeq || again.gone != note.gone || !bytes.Equal(again.value, note.value) {
				t.Fatalf("annotation %+v, again %+v", note, again)
			}
		}
		if mb, id, ok := splitAnnotationKey(row); ok && (id.entry == "" || !bytes.Equal(annotationKey(mb, id)[1:], row[1:])) {
			t.Fatalf("key of an annotation %x, again %x", row, annotationKey(mb, id))
		}
	})
}

func TestMissingBytes(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, "Subject: x\r\n\r\n"+strings.Repeat("0123456789", 100_000))
	id := f.snapshot(f.inbox).At(1).EmailID
	var batch kv.Batch
	batch.Delete(bodyKey(id, 2), 0)
	if _, err := f.engine.Commit(t.Context(), kv.Partition(f.ID()), kv.Version(f.State().ModSeq()), &batch, kv.Durable); err != nil {
		t.Fatal(err)
	}
	r, err := f.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if err := r.WriteRange(&b, id, 0, -1); !errors.Is(err, restante.ErrCorrupt) || b.Len() != chunkSize {
		t.Errorf("%d bytes: %v", b.Len(), err)
	}
}

// TestRefusedEarly tells a client before it sends a message in vain.
func TestRefusedEarly(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{MessageSize: 100, Quota: Quota{Bytes: 150}}})
	p := f.BeginAppend(t.Context())
	if _, err := p.Message(NewMessage{Size: 101}); !errors.Is(err, restante.ErrTooLarge) {
		t.Error(err)
	}
	w, err := p.Message(NewMessage{Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Message(NewMessage{Size: 60}); !errors.Is(err, restante.ErrOverQuota) {
		t.Error(err)
	}
	if _, err := p.Commit(t.Context(), f.inbox); err != nil {
		t.Error("what was accepted before cannot be committed: ", err)
	}
}

func TestKeywordBounds(t *testing.T) {
	f := newFixture(t, Options{})
	var many []string
	for i := range maxFlagKeywords + 1 {
		many = append(many, "k"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+strings.Repeat("y", i/26))
	}
	f.append(f.inbox, many[:maxFlagKeywords], "x")
	if _, err := f.StoreFlags(t.Context(), f.inbox, uids(1, 1), AddFlags, many[maxFlagKeywords:], nil); !errors.Is(err, restante.ErrLimit) {
		t.Error(err)
	}
	f.sameAsStored()
}
