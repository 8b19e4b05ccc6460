package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/cputime"
)

func addressText(value string) string {
	var out []string
	str := func(b []byte) string {
		if b == nil {
			return "NIL"
		}
		return fmt.Sprintf("%q", b)
	}
	for a := range Addresses([]byte(value)) {
		out = append(out, "("+str(a.Name)+" "+str(a.Route)+" "+str(a.Mailbox)+" "+str(a.Host)+")")
	}
	return strings.Join(out, "")
}

var addressTests = []struct{ in, want string }{
	{"", ""},
	{" , ,\r\n ,", ""},
	{"joe@example.com", `(NIL NIL "joe" "example.com")`},
	{"<joe@example.com>", `(NIL NIL "joe" "example.com")`},
	{"Joe Q. Public <john.q.public@example.com>", `("Joe Q. Public" NIL "john.q.public" "example.com")`},
	{`"Joe \"the\" \\ Public" <joe@example.com>`, "(\"Joe \\\"the\\\" \\\\ Public\" NIL \"joe\" \"example.com\")"},
	// RFC 5322 §A.1.2, A.1.3, A.5, A.6.1, A.6.3
	{`Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>`,
		`("Mary Smith" NIL "mary" "x.test")(NIL NIL "jdoe" "example.org")("Who?" NIL "one" "y.test")`},
	{`<boss@nil.test>, "Giant; \"Big\" Box" <sysservices@example.net>`,
		`(NIL NIL "boss" "nil.test")("Giant; \"Big\" Box" NIL "sysservices" "example.net")`},
	{`A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;`,
		`(NIL NIL "A Group" NIL)("Ed Jones" NIL "c" "a.test")(NIL NIL "joe" "where.test")("John" NIL "jdoe" "one.test")(NIL NIL NIL NIL)`},
	{`Undisclosed recipients:;`, `(NIL NIL "Undisclosed recipients" NIL)(NIL NIL NIL NIL)`},
	{`Pete(A nice \) chap) <pete(his account)@silly.test(his host)>`, `("Pete" NIL "pete" "silly.test")`},
	{"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
		`(NIL NIL "A Group" NIL)("Chris Jones" NIL "c" "public.example")(NIL NIL "joe" "example.org")("John" NIL "jdoe" "one.test")(NIL NIL NIL NIL)`},
	{`(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;`, `(NIL NIL "Hidden recipients" NIL)(NIL NIL NIL NIL)`},
	{`Joe Q. Public <john . public@example . com>`, `("Joe Q. Public" NIL "john.public" "example.com")`},
	{`Mary Smith <@node.test,@other.test:mary@example.net>, , jdoe@test   . example`,
		`("Mary Smith" "@node.test,@other.test" "mary" "example.net")(NIL NIL "jdoe" "test.example")`},
	{`joe@example.com (Joe Public)`, `("Joe Public" NIL "joe" "example.com")`},
	{`"joe blow"@example.com`, `(NIL NIL "joe blow" "example.com")`},
	{`joe@[IPv6:2001:db8::1]`, `(NIL NIL "joe" "[IPv6:2001:db8::1]")`},
	{`=?utf-8?Q?Doe,_J=C3=B6rg?= <joerg@example.com>`, `("=?utf-8?Q?Doe,_J=C3=B6rg?=" NIL "joerg" "example.com")`},
	{`joe@example.com <joe@example.com>`, `("joe@example.com" NIL "joe" "example.com")`},
	{"J\xc3\xb6rg <j@x>", `("Jörg" NIL "j" "x")`},
	// Broken ones.
	{`joe`, `(NIL NIL "joe" "MISSING_DOMAIN")`},
	{`Joe Public`, `("Joe Public" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")`},
	{`<joe>`, `(NIL NIL "joe" "MISSING_DOMAIN")`},
	{`joe@`, `(NIL NIL "joe" "MISSING_DOMAIN")`},
	{`@example.com`, `(NIL NIL "MISSING_MAILBOX" "example.com")`},
	{`Joe <>`, `("Joe" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")`},
	{`"" <joe@x>`, `(NIL NIL "joe" "x")`},
	{`"" <joe@x> (Joe)`, `("Joe" NIL "joe" "x")`},
	{`"" "" <joe@x> Joe`, `("Joe" NIL "joe" "x")`},
	{`""@x`, `(NIL NIL "" "x")`},
	{`"":joe@x;`, `(NIL NIL "" NIL)(NIL NIL "joe" "x")(NIL NIL NIL NIL)`},
	{`Joe <joe@example.com`, `("Joe" NIL "joe" "example.com")`},
	{`Joe <joe@x, Jim <jim@y>`, `("Joe" NIL "joe" "x")("Jim" NIL "jim" "y")`},
	{`<<joe@x>>`, `(NIL NIL "joe" "x")`},
	{`<joe@x> Joe`, `("Joe" NIL "joe" "x")`},
	{`"Joe <joe@x>`, `("\"Joe" NIL "joe" "x")`},
	{`Joe (a <joe@x>`, `("Joe (a" NIL "joe" "x")`},
	{`John Smith john@x.test`, `("John Smith" NIL "john" "x.test")`},
	{`john@x.test John`, `("John" NIL "john" "x.test")`},
	{`a@b@c`, `(NIL NIL "a@b" "c")`},
	{`a@x; b@y`, `(NIL NIL "a" "x")(NIL NIL "b" "y")`},
	{`Group: a@x, b@y`, `(NIL NIL "Group" NIL)(NIL NIL "a" "x")(NIL NIL "b" "y")(NIL NIL NIL NIL)`},
	{`A: b: c@x;, d@y`, `(NIL NIL "A" NIL)("b:" NIL "c" "x")(NIL NIL NIL NIL)(NIL NIL "d" "y")`},
	{":;", `(NIL NIL "" NIL)(NIL NIL NIL NIL)`},
	{"a\x00b@x", `(NIL NIL "a?b" "x")`},
	{"\"a\r\n b\" <x@y>", `("a b" NIL "x" "y")`},
}

func TestAddresses(t *testing.T) {
	for _, c := range addressTests {
		if got := addressText(c.in); got != c.want {
			t.Errorf("%q\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"RFC 9051 §8", `Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
From: Terry Gray <gray@cac.washington.edu>
Subject: IMAP4rev2 WG mtg summary and minutes
To: imap@cac.washington.edu
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
Message-Id: <B27397-0100000@cac.washington.ed>

`, `("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.ed>")`},
		{"nothing", "\n", `(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)`},
		{"empty fields", "Subject:\nDate: \nFrom:\nTo: \nIn-Reply-To:\n\n", `("" "" NIL NIL NIL NIL NIL NIL "" NIL)`},
		{"folded, quoted, repeated", "Subject: a\n \"b\\\"\n\tc\nSubject: second\nTo: a@x\nTo: b@y\nReply-To: c@z\n\n",
			"(NIL \"a \\\"b\\\\\\\"\tc\" NIL NIL ((NIL NIL \"c\" \"z\")) ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"y\")) NIL NIL NIL NIL)"},
		{"8-bit, NUL and bare CR", "Subject: gr\xfc\xdfe\nIn-Reply-To: a\x00b\rc\nMessage-ID: \xff\x00\n\n",
			"(NIL {5}\r\ngr\xfc\xdfe NIL NIL NIL NIL NIL NIL \"a?b c\" {2}\r\n\xff?)"},
		{"white space before the colon", "Subject : x\nSENDER\t: a@b\n\n", `(NIL "x" NIL ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL NIL)`},
	} {
		raw := []byte(crlf(c.in))
		m := Parse(raw)
		if got := string(AppendEnvelope(nil, m.Root.Envelope)); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
		if err := checkMessage(raw, m); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestAddressesAreLinear holds that what a long field takes grows as the field does: it
// was minutes for the domain literals that are never closed.
func TestAddressesAreLinear(t *testing.T) {
	took := cputime.Of(t, func() {
		for _, s := range []string{"(", `"`, "<", "=?a?Q?", "a ", "@", "[", ",", ":", `\`, "((a)", "a@[", "=?u?q?a? "} {
			for range Addresses([]byte(strings.Repeat(s, 200000/len(s)))) {
			}
		}
		for range Addresses([]byte(strings.Repeat("@[", 2<<20))) {
		}
	})
	if took > 20*time.Second {
		t.Error("took", took)
	}
}

func FuzzAddresses(f *testing.F) {
	for _, c := range addressTests {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		depth := 0
		for a := range Addresses([]byte(in)) {
			switch {
			case a.Host == nil && a.Mailbox != nil:
				depth++
			case a.Host == nil:
				depth--
			}
			if depth < 0 || depth > 1 || a.Host == nil && (a.Name != nil || a.Route != nil) || a.Host != nil && a.Mailbox == nil {
				t.Fatalf("groups do not pair in %s", addressText(in))
			}
		}
		if depth != 0 {
			t.Fatalf("group is left open in %s", addressText(in))
		}
		e := Envelope{From: []byte(in), Subject: []byte(in)}
		if err := checkWire(AppendEnvelope(nil, &e), (*wireChecker).envelope); err != nil {
			t.Fatal(err)
		}
	})
}
