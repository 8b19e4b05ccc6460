package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestDefaultIsValidAndRoundTrips: what restante config prints is a whole
// configuration that loads to the same, with a comment for what is not plain.
func TestDefaultIsValidAndRoundTrips(t *testing.T) {
	var first, second bytes.Buffer
	if err := Default().Write(&first); err != nil {
		t.Fatal(err)
	}
	c, err := Parse("x", first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("loads to another: %+v", c)
	}
	if err := c.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("prints another: %v\n%s", err, second.String())
	}
	if empty, err := Parse("x", nil); err != nil || !reflect.DeepEqual(empty, Default()) {
		t.Errorf("an empty file is not the default: %v", err)
	}
}

// TestEveryKeyHasAComment: or the key before it in its table speaks for both.
func TestEveryKeyHasAComment(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(s reflect.Type) {
		for i := range s.NumField() {
			f := s.Field(i)
			if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[Duration]() {
				walk(f.Type)
			} else if f.Tag.Get("comment") == "" {
				t.Errorf("%s.%s has no comment", s.Name(), f.Name)
			}
			if f.Tag.Get("toml") == "" {
				t.Errorf("%s.%s has no key", s.Name(), f.Name)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestParse(t *testing.T) {
	c, err := Parse("x", []byte(`
data = "/srv/mail"
imap.listen = ["127.0.0.1:1143"]
[auth]
remember = "90m"
local_domains = ["example.org"]
[lmtp]
listen = ["unix:/run/lmtp", "[::1]:24"]
[limits]
message_size = "100 MB"
idle_time = "1h"
[[accounts.mailboxes]]
name = "Sent"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Data = "/srv/mail"
	want.IMAP.Listen = []string{"127.0.0.1:1143"}
	want.Auth.Remember = Duration{90 * time.Minute}
	want.Auth.LocalDomains = []string{"example.org"}
	want.LMTP.Listen = []string{"unix:/run/lmtp", "[::1]:24"}
	want.Limits.MessageSize = 100e6
	want.Limits.IdleTime = Duration{time.Hour}
	want.Accounts.Mailboxes = []Mailbox{{Name: "Sent"}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v", c)
	}
}

func TestErrorsNameKeyAndLine(t *testing.T) {
	for text, want := range map[string]string{
		"dta = 1":                             "f.toml:1: dta: no such key",
		"\n[imap]\nport = 1\n[x]\ny = 1":      "f.toml:3: imap.port: no such key\nf.toml:4: x: no such key",
		"\n\ndata = 1":                        "f.toml:3: ",
		"a = [":                               "f.toml:1: ",
		"[limits]\n\nidle_time = \"5m\"":      "f.toml:3: limits.idle_time: 5m0s is less than 30m0s",
		"[limits]\nidle_time = \"5 minutes\"": "f.toml:2: limits.idle_time: ",
		"[limits]\nmessage_size = \"much\"":   "f.toml:2: limits.message_size: ",
		"limits.message_size = \"1\"":         "f.toml:1: limits.message_size: 1 is not between 64KiB and 4294967295",
		"limits = { nesting = 1 }":            "f.toml:1: limits.nesting: 1 is not between 10 and 1000",
		"[log]\nlevel = \"loud\"":             `f.toml:2: log.level: "loud" is not one of debug, info, warn, error`,
		"[tls]\ncertificates = [\"a\"]":       "f.toml:1: tls.keys: 0 keys are given for 1 certificates",
		"[imap]\nwithout = [\"NOSUCH\"]":      `f.toml:2: imap.without: "NOSUCH" is not a capability`,
		"[imap]\nmoved_to = \"http://x/\"":    `f.toml:2: imap.moved_to: "http://x/" is not an IMAP URL`,
		"[[imap.login_referral]]\nuser = \"a*\"\nurl = \"imap://x/]\"":      `f.toml:1: imap.login_referral: "imap://x/]" has characters that must be escaped`,
		"[imap]\nlisten = [\"993\"]":                                        `f.toml:2: imap.listen: "993" is not host:port or unix:PATH`,
		"[imap]\nlisten = [\"x:99999\"]":                                    `f.toml:2: imap.listen: "x:99999" has no valid port`,
		"[lmtp]\nlisten = [\"unix:\"]":                                      "f.toml:2: lmtp.listen: ",
		"[lmtp]\nsocket_mode = \"rw\"":                                      "f.toml:2: lmtp.socket_mode: ",
		"[auth]\nmechanisms = [\"NTLM\"]":                                   "f.toml:2: auth.mechanisms: ",
		"[auth]\nmechanisms = []":                                           "f.toml:2: auth.mechanisms: there is no way to log in",
		"[auth]\nlocal_domains = [\"a b\"]":                                 "f.toml:2: auth.local_domains: ",
		"[[accounts.mailboxes]]\nname = \"inbox\"":                          "f.toml:1: accounts.mailboxes: ",
		"[store]\nengine = \"mysql\"":                                       `f.toml:2: store.engine: "mysql" is not one of pebble, postgresql`,
		"[store]\nengine = \"postgresql\"":                                  "f.toml:1: store.postgresql.url: the engine is postgresql and no database is named",
		"[store.postgresql]\nbus = \"nats\"":                                "f.toml:1: store.postgresql.nats.url: the bus is nats and no server is named",
		"[store.postgresql]\nurl = \"postgres://u:secret@h/d\"":             "f.toml:2: store.postgresql.url: it has a password, which",
		"[store.postgresql]\nurl = \"postgres://h/d?password=x\"":           "f.toml:2: store.postgresql.url: it has a password, which",
		"[store.postgresql]\nurl = \"host=h password = x\"":                 "f.toml:2: store.postgresql.url: it has a password, which",
		"[store.postgresql.nats]\nurl = \"nats://a,nats://u:p@b\"":          "f.toml:2: store.postgresql.nats.url: it has a login, which",
		"[store.postgresql]\nwait = \"1ms\"":                                "f.toml:2: store.postgresql.wait: ",
		"data = \"\"":                                                       "f.toml:1: data: no directory is given",
		"[auth]\nargon2_memory = \"1048577\"":                               "f.toml:2: auth.argon2_memory: 1048577 bytes are not whole KiB",
		"[limits]\nkeywords = 1\n[auth]\nremember=5":                        "f.toml:4: auth.remember: ",
		"[limits]\nconnections = \"20\"":                                    "f.toml:2: limits.connections: must be a whole number, not a string",
		"[limits]\nconnections = 2.5":                                       "f.toml:2: limits.connections: must be a whole number, not a float",
		"[accounts]\nquota_messages = [1]":                                  "f.toml:2: accounts.quota_messages: must be a whole number, not an array",
		"[imap]\nutf8_only = \"yes\"":                                       "f.toml:2: imap.utf8_only: must be true or false, not a string",
		"[imap]\nlisten = \"127.0.0.1:143\"":                                `f.toml:2: imap.listen: must be a list of strings, such as ["a", "b"], not a string`,
		"[imap]\nlisten = [143]":                                            "f.toml:2: imap.listen: must be a string, in quotes, not an integer",
		"[log]\nlevel = 2026-01-01":                                         "f.toml:2: log.level: must be a string, in quotes, not a local date",
		"imap = 3":                                                          "f.toml:1: imap: must be a table, not an integer",
		"[accounts]\nmailboxes = [\"Sent\"]":                                "f.toml:2: accounts.mailboxes: must be a table, not a string",
		"[[log]]\nlevel = \"info\"":                                         "f.toml:1: log: this table stands once, in single brackets",
		"[[accounts.mailboxes]]\nname = \"a//b\"":                           `f.toml:1: accounts.mailboxes: "a//b" is not a name for a mailbox besides INBOX`,
		"[[accounts.mailboxes]]\nname = \"A\"\nspecial_use = [\"\\\\Foo\"]": `f.toml:1: accounts.mailboxes: "A" has \Foo, which is not one of \Archive, `,
		"[accounts]\nmailboxes = [{name = 'A', special_use = ['\\Sent']}, {name = 'B', special_use = ['\\sent']}]": `f.toml:2: accounts.mailboxes: "B" has \sent, as "A" has: clients would not know which to take`,
	} {
		_, err := Parse("f.toml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "restante.toml")
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: %v", err)
	}
	os.WriteFile(file, []byte("data = \"/x\"\n"), 0o600)
	if c, err := Load(file); err != nil || c.Data != "/x" {
		t.Errorf("%v, %v", c.Data, err)
	}
}

func TestValues(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "1024": "1KiB", "64MiB": "64MiB", "1 GiB": "1GiB", "1536KiB": "1536KiB", "100MB": "100000000",
		"1tib": "1TiB", "1000": "1000", "7B": "7", "1kB": "1000",
	} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if got, _ := s.MarshalText(); string(got) != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	for _, in := range []string{"", "MiB", "-1", "1.5MiB", "1XB", "9223372036854775807KiB", "x"} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%s: %d", in, s)
		}
	}
	for in, want := range map[string]string{
		"30m": "30m", "90m": "1h30m", "1h": "1h", "0": "0s", "1h0m5s": "1h0m5s", "500ms": "500ms", "10s": "10s", "10m": "10m", "10h": "10h",
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if got, _ := d.MarshalText(); string(got) != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	var d Duration
	for _, in := range []string{"", "1", "-1s", "1 hour"} {
		if err := d.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%s: %v", in, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	var b bytes.Buffer
	Default().Write(&b)
	f.Add(b.Bytes())
	f.Add([]byte("limits = { nesting = 1 }\n[[accounts.mailboxes]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f", data)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := c.Write(&out); err != nil {
			t.Fatal(err)
		}
		if again, err := Parse("g", out.Bytes()); err != nil {
			t.Fatalf("what was written does not load: %v\n%s", err, out.String())
		} else if !reflect.DeepEqual(normal(again), normal(c)) {
			t.Fatalf("%+v\n%+v", c, again)
		}
	})
}

// normal makes empty lists nil, which are one and the same in a file.
func normal(c Config) Config {
	for _, l := range []*[]string{&c.TLS.Certificates, &c.TLS.Keys, &c.IMAP.Listen, &c.IMAP.ListenTLS, &c.IMAP.ListenLegacy, &c.IMAP.Without, &c.LMTP.Listen, &c.Auth.LocalDomains} {
		if len(*l) == 0 {
			*l = nil
		}
	}
	for i := range c.IMAP.Clients {
		if len(c.IMAP.Clients[i].Without) == 0 {
			c.IMAP.Clients[i].Without = nil
		}
	}
	for i := range c.IMAP.MailboxReferrals {
		r := &c.IMAP.MailboxReferrals[i]
		r.URLs, r.Mailboxes = append([]string(nil), r.URLs...), append([]string(nil), r.Mailboxes...)
	}
	if len(c.IMAP.Clients) == 0 {
		c.IMAP.Clients = nil
	}
	if len(c.IMAP.LoginReferrals) == 0 {
		c.IMAP.LoginReferrals = nil
	}
	if len(c.IMAP.MailboxReferrals) == 0 {
		c.IMAP.MailboxReferrals = nil
	}
	for i := range c.Accounts.Mailboxes {
		if len(c.Accounts.Mailboxes[i].SpecialUse) == 0 {
			c.Accounts.Mailboxes[i].SpecialUse = nil
		}
	}
	if len(c.Accounts.Mailboxes) == 0 {
		c.Accounts.Mailboxes = nil
	}
	return c
}

// TestIMAPClients reads the entries for clients and referrals as they are written.
func TestIMAPClients(t *testing.T) {
	c, err := Parse("f.toml", []byte(`
[imap]
without = ["UNAUTHENTICATE", "compress"]
utf8_only = true

[[imap.client]]
name = "Broken Mail"
version = "2.*"
without = ["IMAP4rev2", "QRESYNC"]

[[imap.client]]
name = "Outlook Express"
delay_newmail = true

[[imap.login_referral]]
user = "*@old.example.org"
url = "imap://%u@imap.old.example.org/"

[[imap.mailbox_referral]]
prefix = "Archive"
urls = ["imap://user;AUTH=*@archive.example.org/Archive"]
mailboxes = ["2025", "2026"]
`))
	if err != nil {
		t.Fatal(err)
	}
	o := c.IMAPOptions()
	if !o.UTF8Only || len(o.Without) != 2 || len(o.Clients) != 2 || o.Clients[0].Version != "2.*" || !o.Clients[1].DelayNew ||
		o.Referrals.Logins[0].User != "*@old.example.org" || len(o.Referrals.Mailboxes[0].Mailboxes) != 2 {
		t.Errorf("%+v", o)
	}
}
