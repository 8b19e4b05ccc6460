package imap

import (
	"reflect"
	"testing"
	"time"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct {
		text string
		want URL
	}{
		// The examples of RFC 5092 §9 and §9.1, in order.
		{"imap://minbari.example.org/gray-council;UIDVALIDITY=385759045/;UID=20/;PARTIAL=0.1024",
			URL{Host: "minbari.example.org", Mailbox: "gray-council", UIDValidity: 385759045, UID: 20, Partial: &URLPartial{0, 1024}}},
		{"imap://psicorp.example.org/~peter/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E5%8F%B0%E5%8C%97",
			URL{Host: "psicorp.example.org", Mailbox: "~peter/日本語/台北"}},
		{"imap://;AUTH=GSSAPI@minbari.example.org/gray-council/;uid=20/;section=1.2",
			URL{Auth: "GSSAPI", Host: "minbari.example.org", Mailbox: "gray-council", UID: 20, Section: "1.2"}},
		{";section=1.4", URL{Form: URLRelativePath, Section: "1.4"}},
		{"imap://;AUTH=*@minbari.example.org/gray%20council?SUBJECT%20shadows",
			URL{Auth: "*", Host: "minbari.example.org", Mailbox: "gray council", Search: "SUBJECT shadows"}},
		{"imap://john;AUTH=*@minbari.example.org/babylon5/personel?charset%20UTF-8%20SUBJECT%20%7B14+%7D%0D%0A%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2%D0%B0",
			URL{User: "john", Auth: "*", Host: "minbari.example.org", Mailbox: "babylon5/personel", Search: "charset UTF-8 SUBJECT {14+}\r\nИванова"}},
		{"/foo/;UID=20/..", URL{Form: URLAbsolutePath, Mailbox: "foo"}},
		{"/foo", URL{Form: URLAbsolutePath, Mailbox: "foo"}},
		{";UID=20", URL{Form: URLRelativePath, UID: 20}},
		{"..;UIDVALIDITY=385759045/;UID=20", URL{Form: URLRelativePath, Mailbox: "..", UIDValidity: 385759045, UID: 20}},
		// RFC 5092 §6.1.2, §3.1 and §1.
		{"imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038",
			URL{User: "joe", Host: "example.com", Mailbox: "INBOX", UID: 20, Section: "1.2", Access: "submit+fred", Mechanism: "internal", Token: "91354a473744909de610943775f92038"}},
		{"imap://michael@example.org/INBOX", URL{User: "michael", Host: "example.org", Mailbox: "INBOX"}},
		{"imap://example.org", URL{Host: "example.org"}},
		{"IMAP://[2001:db8::1]:1143/", URL{Host: "[2001:db8::1]", Port: "1143"}},
		// RFC 5550 §8.4.1: "/" before ;URLAUTH.
		{"imap://bob.ar@example.org/Sent;UIDVALIDITY=387899045/;uid=45/;expire=2005-10-28T23:59:59Z;urlauth=submit+bob.ar",
			URL{User: "bob.ar", Host: "example.org", Mailbox: "Sent", UIDValidity: 387899045, UID: 45,
				Expire: time.Date(2005, 10, 28, 23, 59, 59, 0, time.UTC), Access: "submit+bob.ar"}},
		{"", URL{Form: URLEmpty}},
		{"//h/x", URL{Form: URLNetworkPath, Host: "h", Mailbox: "x"}},
		{"/a%2Fb/./c/../;UID=1", URL{Form: URLAbsolutePath, Mailbox: "a/b", UID: 1}},
		{"/x/;UID=1/;SECTION=HEADER.FIELDS%20(To)/;PARTIAL=5", URL{Form: URLAbsolutePath, Mailbox: "x", UID: 1, Section: "HEADER.FIELDS (To)", Partial: &URLPartial{5, 0}}},
	} {
		u, ok := ParseURL(c.text)
		if !ok || !reflect.DeepEqual(u, c.want) {
			t.Errorf("%s: %+v, %v", c.text, u, ok)
		}
		checkWritten(t, c.text, &u)
	}
}

// checkWritten reads again what is written of a URL.
func checkWritten(t *testing.T, text string, u *URL) {
	t.Helper()
	again, ok := ParseURL(u.String())
	if !again.Expire.Equal(u.Expire) {
		t.Errorf("%q: %s", text, again.Expire)
	}
	again.Expire = u.Expire
	if !ok || !reflect.DeepEqual(again, *u) {
		t.Errorf("%q, written %q: %+v, was %+v", text, u.String(), again, *u)
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, text := range []string{
		"http://h/x", "imap:", "imap://", "imap:///x", "imap://@h/x", "imap://a:b@h/x", "imap://h:x/y", "imap://h//x", "imap://h?x",
		"/x/;UID=0", "/x/;UID=01", "/x/;UID=4294967296", "/x/;UID=+1", "/x;UID=1", "/x/;UIDVALIDITY=1", "/;UID=1", "/x/;UID=1;SECTION=1",
		"/x/;SECTION=1", "/x/;UID=1/;PARTIAL=", "/x/;UID=1/;PARTIAL=1.0", "/x/;UID=1/;SECTION=", "/x/;UID=1/;PARTIAL=1/;SECTION=2",
		"/x/;UID=1/;UID=1", "/x/;FOO=1", "/x/;UID=1;URLAUTH=", "/x/;UID=1;URLAUTH=user+", "/x/;UID=1;URLAUTH=other",
		"/x/;UID=1;URLAUTH=anonymous:internal", "/x/;UID=1;URLAUTH=anonymous:internal:abcd", "/x/;UID=1;EXPIRE=tomorrow;URLAUTH=anonymous",
		"/x/;UID=1;URLAUTH=anonymous:internal:zz354a473744909de610943775f92038", "/x;UIDVALIDITY=1;URLAUTH=anonymous",
		"/x y", "/x%", "/x%2", "/x%zz", "/x%00", "/x%ff", "/ü", "/x\x00", "/x?", "/x/;UID=1?ALL", "/[x]", `/x"`,
	} {
		if u, ok := ParseURL(text); ok {
			t.Errorf("%q: %+v", text, u)
		}
	}
}

func TestResolveURL(t *testing.T) {
	base := URL{User: "joe", Host: "h", Mailbox: "a/b", UIDValidity: 7}
	for text, want := range map[string]string{
		"/c/;UID=1":               "imap://joe@h/c/;UID=1",
		";UID=20":                 "imap://joe@h/a/b;UIDVALIDITY=7/;UID=20",
		"":                        "imap://joe@h/a/b;UIDVALIDITY=7",
		"//k/c":                   "imap://k/c",
		"imap://x@y/z":            "imap://x@y/z",
		"..;UIDVALIDITY=5/;UID=2": "",
		"c/;UID=2":                "",
	} {
		u, ok := ParseURL(text)
		if !ok {
			t.Fatal(text)
		}
		full, ok := u.Resolve(&base)
		if ok != (want != "") || ok && full.String() != want {
			t.Errorf("%q: %q, %v", text, full.String(), ok)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, text := range []string{
		"imap://joe@h:1/INBOX;UIDVALIDITY=3/;UID=4/;SECTION=1.MIME/;PARTIAL=0.5;EXPIRE=2005-10-28T23:59:59.5+01:00;URLAUTH=user+x:internal:91354a473744909de610943775f92038",
		"imap://;AUTH=*@h/%2Fa/%2E%2E/b%2F?ALL", ";SECTION=2", "..;UIDVALIDITY=3/;UID=4", "//h", "/", "//::", "//[::1]:143/a", "//[v1.x]", "//h:", "//[", "//[]", "h/?:",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if u, ok := ParseURL(text); ok {
			checkWritten(t, text, &u)
		}
	})
}
