package imap

import (
	"strings"
	"testing"
)

// shown writes a key with what stands in queries only.
func shown(k *SearchKey) string {
	list := func() string {
		var all []string
		for i := range k.Keys {
			all = append(all, shown(&k.Keys[i]))
		}
		return strings.Join(all, " ")
	}
	switch k.Op {
	case SearchAnd:
		return "(" + list() + ")"
	case SearchOr:
		return "{" + list() + "}"
	case SearchNot:
		return "NOT " + list()
	case SearchAttachment:
		return "ATTACHMENT"
	case SearchUserLabels:
		return "USERLABELS"
	case SearchFilename:
		return "FILENAME " + k.Text
	case SearchArrivedSince:
		return "ARRIVEDSINCE"
	case SearchArrivedBefore:
		return "ARRIVEDBEFORE"
	case SearchLabel:
		return strings.TrimSpace("LABEL " + k.Text + " " + k.Field)
	}
	return string(k.Append(nil))
}

func TestParseGmail(t *testing.T) {
	for query, want := range map[string]string{
		"":                               `ALL`,
		"  ":                             `ALL`,
		"tea":                            `TEXT "tea"`,
		"tea time":                       `(TEXT "tea" TEXT "time")`,
		`"tea  time"`:                    `TEXT "tea time"`,
		`"tea time`:                      `TEXT "tea time"`,
		`""`:                             `ALL`,
		"+tea -time":                     `(TEXT "tea" NOT TEXT "time")`,
		"--tea":                          `TEXT "tea"`,
		"well-known":                     `TEXT "well-known"`,
		"from:amy":                       `FROM "amy"`,
		"FROM:amy":                       `FROM "amy"`,
		`from:"Amy Lee"`:                 `FROM "Amy Lee"`,
		"from:amy OR from:bob tea":       `({FROM "amy" FROM "bob"} TEXT "tea")`,
		"a OR b OR c":                    `{TEXT "a" TEXT "b" TEXT "c"}`,
		"a | b":                          `{TEXT "a" TEXT "b"}`,
		"{from:amy from:bob}":            `{FROM "amy" FROM "bob"}`,
		"-{a b}":                         `NOT {TEXT "a" TEXT "b"}`,
		"subject:(dinner movie)":         `(SUBJECT "dinner" SUBJECT "movie")`,
		"subject:{dinner movie}":         `{SUBJECT "dinner" SUBJECT "movie"}`,
		"subject:(a OR -b from:c)":       `({SUBJECT "a" NOT SUBJECT "b"} FROM "c")`,
		"(a b) OR c":                     `{(TEXT "a" TEXT "b") TEXT "c"}`,
		"a AND b":                        `(TEXT "a" TEXT "b")`,
		"holiday AROUND 10 vacation":     `(TEXT "holiday" TEXT "vacation")`,
		"OR a":                           `(TEXT "OR" TEXT "a")`,
		"a OR":                           `TEXT "a"`,
		"or":                             `TEXT "or"`,
		"a ) b } (":                      `(TEXT "a" TEXT "b" ALL)`,
		"to:a cc:b bcc:c":                `(TO "a" CC "b" BCC "c")`,
		"from:":                          `ALL`,
		"deliveredto:a@b.c":              `HEADER "Delivered-To" "a@b.c"`,
		"list:info@example.com":          `{HEADER "List-Id" "info.example.com" HEADER "List-Post" "info@example.com"}`,
		"label:my-friends":               `LABEL my-friends loose`,
		"in:inbox":                       `LABEL \Inbox`,
		"in:anywhere":                    `ALL`,
		"in:work":                        `LABEL work loose`,
		"in:chats":                       `NOT ALL`,
		"is:starred":                     `LABEL \Starred`,
		"is:unread is:read":              `(UNSEEN SEEN)`,
		"is:tea":                         `TEXT "is:tea"`,
		"has:attachment in:unread":       `(ATTACHMENT UNSEEN)`,
		"has:userlabels":                 `USERLABELS`,
		"has:nouserlabels":               `NOT USERLABELS`,
		"has:yellow-star":                `LABEL \Starred`,
		"filename:pdf":                   `FILENAME pdf`,
		"after:2004/04/16":               `SINCE 16-Apr-2004`,
		"newer:04/16/2004":               `SINCE 16-Apr-2004`,
		"before:2004-4-6":                `BEFORE 6-Apr-2004`,
		"older:1388552400":               `ARRIVEDBEFORE`,
		"after:1388552400":               `ARRIVEDSINCE`,
		"after:tuesday":                  `TEXT "after:tuesday"`,
		"older_than:1y newer_than:2d":    `(OLDER 31536000 YOUNGER 172800)`,
		"older_than:99999999y":           `OLDER 4294967295`,
		"newer_than:0d":                  `TEXT "newer_than:0d"`,
		"larger:10M smaller:2k size:100": `(LARGER 10485759 SMALLER 2048 LARGER 99)`,
		"rfc822msgid:200503292@example":  `MESSAGEID "<200503292@example>"`,
		"category:primary":               `ALL`,
		"category:social":                `NOT ALL`,
		"http://example.org":             `TEXT "http://example.org"`,
		"größe subject:straße":           `(TEXT "größe" SUBJECT "straße")`,
	} {
		k, err := ParseGmail(query, GmailLimits{Keys: 100, Depth: 10})
		if got := shown(&k); got != want || err != nil {
			t.Errorf("%q: %s (%v), want %s", query, got, err, want)
		}
	}
}

func TestGmailLimits(t *testing.T) {
	for _, query := range []string{strings.Repeat("a ", 101), strings.Repeat("(", 11), strings.Repeat("from:{", 11) + "a"} {
		if _, err := ParseGmail(query, GmailLimits{Keys: 100, Depth: 10}); err != ErrGmailLimit {
			t.Errorf("%.20q: %v", query, err)
		}
	}
}

// FuzzParseGmail: a query is a key within its limits, whatever it is.
func FuzzParseGmail(f *testing.F) {
	for _, q := range []string{
		"has:attachment in:unread", `from:(a OR {b "c d"}) -subject:x | y`, "larger:10M older_than:2d AROUND 3 )}", "-\"", "in:archive list:a@b",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		limits := GmailLimits{Keys: 50, Depth: 5}
		k, err := ParseGmail(query, limits)
		if err == nil && k.Count() > limits.Keys {
			t.Errorf("%d keys", k.Count())
		}
	})
}
