package mailstore

import (
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
)

// TestThreadsAreExpected holds what finding its thread costs a message that names no other
// one: nothing, if it is new, and else another attempt, which joins the thread that there is.
func TestThreadsAreExpected(t *testing.T) {
	engine := countkv.New(memkv.New())
	f := newFixture(t, Options{KV: engine})
	const first, other, reply = "Message-ID: <1@x>\r\n\r\none", "Message-ID: <2@x>\r\n\r\ntwo",
		"Message-ID: <3@x>\r\nIn-Reply-To: <2@x>\r\n\r\nthree"
	for _, test := range []struct {
		what           string
		messages       []string
		commits, looks int
		thread         restante.ThreadID // of the last
	}{
		{"a new one", []string{first}, 1, 0, 1},
		{"one that is there", []string{first}, 2, 1, 1},
		{"two copies of a new one", []string{other, other}, 1, 0, 3},
		{"a reply", []string{reply}, 1, 1, 3},
		{"one without an id", []string{"\r\nfour"}, 1, 0, 6},
		{"a copy of a reply", []string{reply}, 1, 1, 3},
	} {
		engine.Take()
		f.append(f.inbox, nil, test.messages...)
		count := engine.Take()
		if commits, looks := count["commit account"].N, count["look account"].N; commits != test.commits || looks != test.looks {
			t.Errorf("%s: %d commits and %d looks, not %d and %d", test.what, commits, looks, test.commits, test.looks)
		}
		s := f.snapshot(f.inbox)
		if got := s.At(s.Len()).ThreadID; got != test.thread {
			t.Errorf("%s: thread %d, not %d", test.what, got, test.thread)
		}
	}
}

// TestThreadsAreExpectedOnNodes: what another node has put there meanwhile is found.
func TestThreadsAreExpectedOnNodes(t *testing.T) {
	f := newFixture(t, Options{})
	g := f.node()
	for range 3 {
		for _, node := range []*fixture{f, g} {
			node.append(f.inbox, nil, "Message-ID: <same@x>\r\n\r\none")
		}
	}
	s := g.snapshot(f.inbox)
	for i := range s.Len() {
		if got := s.At(i + 1).ThreadID; got != s.At(1).ThreadID {
			t.Errorf("message %d is of thread %d", i+1, got)
		}
	}
}
