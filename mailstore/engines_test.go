package mailstore

import (
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/pgkv"
)

// place makes room for a fixture's data, and answers what opens it; nil for
// fixtures in memory.
var place func(testing.TB) func(testing.TB) kv.Store

// operations are the tests of what is done to one account by one node.
var operations = map[string]func(*testing.T){
	"AppendAndRead": TestAppendAndRead, "AppendErrors": TestAppendErrors, "StoreFlags": TestStoreFlags,
	"CopyMoveExpunge": TestCopyMoveExpunge, "MoveToSameMailbox": TestMoveToSameMailbox, "Mailboxes": TestMailboxes,
	"RenameInbox": TestRenameInbox, "Threads": TestThreads, "ContentSizes": TestContentSizes,
	"StagedAbort": TestStagedAbort, "ImportTwice": TestImportTwice, "HistoryIsBounded": TestHistoryIsBounded,
	"CopyBetween": TestCopyBetween, "RandomOnOneNode": testRandomOnOneNode,
}

// shared are those of what several nodes do.
var shared = map[string]func(*testing.T){
	"Nodes": TestNodes, "WatchTellsSubscribers": TestWatchTellsSubscribers, "SeenOnNodes": TestSeenOnNodes,
	"RandomOperations": TestRandomOperations,
}

// on runs tests with their fixtures at a place.
func on(t *testing.T, at func(testing.TB) func(testing.TB) kv.Store, tests map[string]func(*testing.T)) {
	place = at
	defer func() { place = nil }()
	for name, test := range tests {
		t.Run(name, test)
	}
}

// TestOnPebble runs the tests of the operations on the engine on disk.
func TestOnPebble(t *testing.T) {
	on(t, func(t testing.TB) func(testing.TB) kv.Store { return openPebble }, operations)
}

// TestOnPostgreSQL runs them, and those of several nodes, on PostgreSQL.
func TestOnPostgreSQL(t *testing.T) {
	if !pgtest.Required() {
		t.Skip("RESTANTE_SERVERS=required runs this; it would make go test too long")
	}
	server := pgtest.Start(t, "fsync = off")
	at := func(t testing.TB) func(testing.TB) kv.Store {
		url := server.Database(t)
		return func(t testing.TB) kv.Store {
			s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		}
	}
	on(t, at, operations)
	on(t, at, shared)
}
