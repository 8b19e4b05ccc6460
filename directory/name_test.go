package directory

import (
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"bob":                     "bob",
		"Bob@Example.ORG":         "bob@example.org",
		"bob+lists@example.org.":  "bob+lists@example.org",
		"BÜCHER@BÜCHER.example":   "bücher@xn--bcher-kva.example",
		"b\u00fc":                 "bü",
		"bu\u0308":                "bü", // to NFC
		"\uff22ob":                "bob",
		"x@xn--BCHER-KVA.example": "x@xn--bcher-kva.example",
		"x@bücher。example":        "x@xn--bcher-kva.example", // an ideographic full stop
		"x@localhost":             "x@localhost",
		"x@[192.0.2.1]":           "x@[192.0.2.1]",
		"x@[IPv6:2001:DB8::1]":    "x@[ipv6:2001:db8::1]",
		"o'neil/x=y@a_b.example":  "o'neil/x=y@a_b.example",
		"-":                       "-",
	} {
		got, err := Canonical(in)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
		if again, err := Canonical(got); err != nil || again != got {
			t.Errorf("%q is not its own canonical form: %q, %v", got, again, err)
		}
	}
	for _, in := range []string{"", "@", "a@", "@b", "a b", "a@b c", "a\x00", "a\n", "\xff", "a@b@c", "a@b..c", "a@.b",
		"a@[1.2.3]", "a@[::1]", "a@[ipv6:1.2.3.4]", "a@b/c", "a@" + strings.Repeat("b.", 200) + "c",
		strings.Repeat("a", 65), strings.Repeat("a", 5000), "\u200b", "a\u202eb"} {
		if got, err := Canonical(in); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add("Bob@Example.ORG")
	f.Add("x@[IPv6:2001:DB8::1]")
	f.Add("BÜCHER@BÜCHER.example")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := Canonical(in)
		if err != nil {
			if !errors.Is(err, restante.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if again, err := Canonical(got); err != nil || again != got {
			t.Fatalf("%q: %q, then %q, %v", in, got, again, err)
		}
	})
}

func TestSCRAMKeysText(t *testing.T) {
	k := SCRAMKeys{Mechanism: "SCRAM-SHA-256", Iterations: 4096, Salt: []byte("salt"), StoredKey: []byte("stored"), ServerKey: []byte("server")}
	text, err := k.MarshalText()
	if err != nil || string(text) != "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy" {
		t.Fatalf("%s, %v", text, err)
	}
	var back SCRAMKeys
	if err := back.UnmarshalText(text); err != nil || !(Credentials{SCRAM: []SCRAMKeys{k}}).Equal(Credentials{SCRAM: []SCRAMKeys{back}}) {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "$$", "a$b$c", "a$1$b:c", "a$0:b$c:d", "a$1:!$YQ==:YQ==", "a$1:YQ==$!:YQ==", "a$1:YQ==$YQ==:!", "$1:YQ==$YQ==:YQ=="} {
		if err := back.UnmarshalText([]byte(bad)); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
