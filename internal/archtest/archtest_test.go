package archtest

import (
	"strings"
	"testing"
)

// rules are the layers of docs/architecture.md.
var rules = Rules{
	Layers: [][]string{
		{"test/load", "internal/clustertest"},
		{"test/imapclient", "test/lmtpclient", "test/binary"},
		{"cmd/..."},
		{"internal/mailtest"},
		{"config"},
		{"imap/server", "lmtp", "admin"},
		{"monitor"},
		{"interchange"},
		{"submission"},
		{"serve"},
		{"auth"},
		{"namespace"},
		{"directory"},
		{"imap/legacy"},
		{"imap/command"},
		{"imap/view"},
		{"imap/wire"},
		{"imap/text"},
		{"imap"},
		{"mailstore/mailstoretest"},
		{"mailstore"},
		{"convert"},
		{"message"},
		{"search"},
		{"cluster"},
		{"notify"},
		{"internal/s3test"},
		{"kv/pebblekv", "kv/pgkv", "kv/memkv", "blob/dirblob", "blob/s3blob", "blob/cachedblob", "blob/memblob"},
		{"blob/blobtest"},
		{"kv/natsbus"},
		{"internal/pgtest"},
		{"kv/kvtest", "kv/migrate", "kv/countkv"},
		{"kv", "blob"},
		{"internal/loopback", "internal/cputime", "internal/buffers"},
		{"."},
	},
	Never: []Border{
		{"imap/...", "kv/...", "front-ends know no storage engine"},
		{"lmtp", "kv/...", "front-ends know no storage engine"},
		{"monitor", "kv/...", "it is given what it tells"},
		{"admin", "kv/...", "front-ends know no storage engine"},
		{"imap/...", "blob/...", "front-ends know no store of objects"},
		{"lmtp", "blob/...", "front-ends know no store of objects"},
		{"mailstore", "blob/cachedblob", "only cmd/restante names stores of objects"},
		{"mailstore", "blob/s3blob", "only cmd/restante names stores of objects"},
		{"mailstore", "blob/dirblob", "only cmd/restante names stores of objects"},
		{"config", "blob/...", "only cmd/restante names stores of objects"},
		{"mailstore", "imap/...", "the mailstore speaks no protocol"},
		{"mailstore", "kv/pebblekv", "only cmd/restante names engines"},
		{"mailstore", "kv/pgkv", "only cmd/restante names engines"},
		{"config", "kv/pebblekv", "only cmd/restante names engines"},
		{"config", "kv/pgkv", "only cmd/restante names engines"},
		{"message", "kv/...", "the parser opens nothing"},
	},
}

func TestImports(t *testing.T) {
	imports, err := Imports("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 20 {
		t.Fatalf("only %d imports found: the test does not see the tree", len(imports))
	}
	for _, w := range rules.Check(imports) {
		t.Error(w)
	}
}

func TestCheckFindsBreaks(t *testing.T) {
	for want, i := range map[string]Import{
		"not below it":               {File: "kv/x.go", From: "kv", To: "mailstore"},
		"stands in no layer":         {File: "new/x.go", From: "new", To: "kv"},
		"know no storage engine":     {File: "lmtp/x.go", From: "lmtp", To: "kv/pebblekv"},
		"which stands in no layer":   {File: "kv/x.go", From: "kv", To: "new"},
		"only cmd/restante":          {File: "config/x.go", From: "config", To: "kv/pebblekv"},
		"imports lmtp, which is not": {File: "imap/server/x.go", From: "imap/server", To: "lmtp"},
	} {
		if got := strings.Join(rules.Check([]Import{i}), "\n"); !strings.Contains(got, want) {
			t.Errorf("%+v: %q does not say %q", i, got, want)
		}
	}
	if got := rules.Check([]Import{{File: "mailstore/x.go", From: "mailstore", To: "kv"}}); got != nil {
		t.Errorf("a right import is refused: %q", got)
	}
}
