package message

import (
	"bytes"
	"strings"
	"testing"
)

var subjectTests = []struct {
	in, want string
	reply    bool
}{
	{"", "", false},
	{"hello", "hello", false},
	{"  a \t b  ", "a b", false},
	{"Re: hello", "hello", true},
	{"re : hello", "hello", true},
	{"RE: Fwd: fw: hello", "hello", true},
	{"Re[2]: hello", "hello", true},
	{"Re [list] : hello", "hello", true},
	{"[list] hello", "hello", false},
	{"[list] Re: hello", "hello", true},
	{"Re: [list] Re: [other] hello", "hello", true},
	{"[list]", "[list]", false},
	{"Re: [list]", "[list]", true},
	{"[a] [b]", "[b]", false},
	{"[a] re: [b] x", "x", true},
	{"hello (fwd)", "hello", true},
	{"hello (FWD) (fwd) ", "hello", true},
	{"[fwd: hello]", "hello", true},
	{"[Fwd: Re: [list] hello (fwd)]", "hello", true},
	{"[fwd: [fwd: hello]]", "hello", true},
	{"Re:", "", true},
	{"(fwd)", "", true},
	{"[fwd:]", "", true},
	{"regards: x", "regards: x", false},
	{"Re hello", "Re hello", false},
	{"[a[b] hello", "[a[b] hello", false},
	{"[open hello", "[open hello", false},
	{"Aw: hello", "Aw: hello", false},
	{"Re: für Élise", "für Élise", true},
}

func TestBaseSubject(t *testing.T) {
	for _, c := range subjectTests {
		got, reply := AppendBaseSubject([]byte("x"), []byte(c.in))
		if string(got[1:]) != c.want || reply != c.reply {
			t.Errorf("%q: got %q %v, want %q %v", c.in, got[1:], reply, c.want, c.reply)
		}
	}
}

func TestBaseSubjectIsLinear(t *testing.T) {
	for _, s := range []string{"[a]", "re:", "[a] re:", "(fwd)", "[fwd:", "[", "re[a]", "[fwd: a]"} {
		AppendBaseSubject(nil, []byte(strings.Repeat(s, 256<<10/len(s))))
	}
	AppendBaseSubject(nil, []byte(strings.Repeat("[fwd:", 50000)+strings.Repeat("]", 50000)))
}

func FuzzBaseSubject(f *testing.F) {
	for _, c := range subjectTests {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		base, _ := AppendBaseSubject(nil, in)
		again, _ := AppendBaseSubject(nil, base)
		if len(again) > len(base) || len(base) > len(in) {
			t.Fatalf("%q gives %q gives %q", in, base, again)
		}
		if bytes.HasPrefix(bytes.ToLower(base), []byte("re:")) {
			t.Fatalf("%q keeps a leader in %q", in, base)
		}
	})
}
