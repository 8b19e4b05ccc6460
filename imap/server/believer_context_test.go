package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante/imap"
)

// followed is what a client believes the result of a search to be whose updates
// it is told (RFC 5267 §4.3). SORT's stand in their order, others rising.
type followed struct {
	uid    bool
	sorted bool
	// cancelled says that updates may come or not.
	cancelled bool
	command   string // to run it anew: all behind RETURN (…)
	list      []uint32
}

// followedKeys are searches of every kind of cost. Of those with the text $high
// the client puts in a modification sequence.
var followedKeys = []string{"UNSEEN", "DELETED", "KEYWORD work", "OR FLAGGED UNDELETED", "SUBJECT new", "NOT BODY x UNANSWERED",
	"RECENT", "OLD FLAGGED", "LARGER 20 OR SEEN TEXT deliv", "NOT (SEEN DELETED)", "YOUNGER 3600", "UID 1:1000 SEEN"}

// followedOrders are what SORT may be followed by.
var followedOrders = []string{"SUBJECT", "REVERSE SUBJECT SIZE", "UID", "REVERSE UID", "SIZE REVERSE ARRIVAL", "DISPLAYFROM"}

// follow begins to follow a search, or follows one no more.
func (b *believer) follow() {
	if len(b.follows) >= 3 {
		for tag := range b.follows {
			b.follows[tag].cancelled = true
			b.command(fmt.Sprintf("CANCELUPDATE %q", tag))
			delete(b.follows, tag)
			return
		}
	}
	// Which numbers VANISHED takes away a client only knows of messages whose UIDs
	// it knows.
	f := &followed{uid: b.qresync || b.rnd.Intn(2) == 0, command: " " + followedKeys[b.rnd.Intn(len(followedKeys))]}
	if b.rnd.Intn(2) == 0 {
		f.sorted = true
		f.command = " (" + followedOrders[b.rnd.Intn(len(followedOrders))] + ") UTF-8" + f.command
	}
	b.begin(f)
}

// begin runs the search of f with UPDATE.
func (b *believer) begin(f *followed) {
	if b.follows == nil {
		b.follows = make(map[string]*followed)
	}
	b.follows[fmt.Sprintf("t%d", b.tag+1)] = f
	update := "UPDATE"
	if b.rnd.Intn(3) == 0 {
		update = "UPDATE (UID FLAGS)" // RFC 5465 §7
	}
	b.command(f.verb() + " RETURN (" + update + " ALL)" + f.command)
}

func (f *followed) verb() string {
	verb := "SEARCH"
	if f.sorted {
		verb = "SORT"
	}
	if f.uid {
		verb = "UID " + verb
	}
	return verb
}

// esearch takes an ESEARCH response.
func (b *believer) esearch(rest string) {
	tag, data, _ := strings.Cut(strings.TrimPrefix(rest, `(TAG "`), `")`)
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(data))
	f := b.follows[tag]
	if f != nil && f.cancelled {
		return
	}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case "ALL":
			b.found = numbers(words[0])
			if f != nil {
				f.list = b.found
			}
			words = words[1:]
		case "REMOVEFROM", "ADDTO":
			if f == nil {
				b.failf("update of %s, which is not followed: %s", tag, rest)
			}
			end := slices.Index(words, ")")
			for pairs := words[1:end]; len(pairs) > 0; pairs = pairs[2:] {
				b.update(f, word, pairs[0], numbers(pairs[1]))
			}
			words = words[end+1:]
		}
	}
}

// update applies one pair of a context position and results (RFC 5267 §4.3.3,
// §4.3.4).
func (b *believer) update(f *followed, word, position string, results []uint32) {
	at := 0
	fmt.Sscan(position, &at)
	if at == 0 && f.sorted {
		b.failf("%s of a SORT without a position", word)
	}
	for i, n := range results {
		if !f.uid && int(n) > len(b.box) {
			b.failf("%s %d, but there are %d messages", word, n, len(b.box))
		}
		have := slices.Index(f.list, n)
		switch {
		case word == "REMOVEFROM" && (have < 0 || at > 0 && have != at-1):
			b.failf("REMOVEFROM %s %d, the list is %v", position, n, f.list)
		case word == "REMOVEFROM":
			f.list = slices.Delete(f.list, have, have+1)
		case have >= 0 || at > len(f.list)+1:
			b.failf("ADDTO %s %d, the list is %v", position, n, f.list)
		case at > 0:
			f.list = slices.Insert(f.list, at-1+i, n)
		default:
			f.list = append(f.list, n)
			slices.Sort(f.list)
		}
	}
}

// renumber moves the numbers in the lists when message n is expunged; it must not
// be in any of them.
func (b *believer) renumber(n int) {
	for tag, f := range b.follows {
		for i, m := range f.list {
			switch {
			case f.uid, f.cancelled:
			case int(m) == n:
				b.failf("message %d is expunged and still in the list of %s: %v", n, tag, f.list)
			case int(m) > n:
				f.list[i]--
			}
		}
	}
}

// verifyFollowed compares the lists with what fresh searches give.
func (b *believer) verifyFollowed() {
	for tag, f := range b.follows {
		b.found = nil
		b.command(f.verb() + " RETURN (ALL)" + f.command)
		if !slices.Equal(b.found, f.list) {
			b.failf("%s (%s%s): believes in %v, it is %v", tag, f.verb(), f.command, f.list, b.found)
		}
	}
}

// numbers gives the numbers of a set in their order.
func numbers(set string) []uint32 {
	var list []uint32
	for _, part := range strings.Split(set, ",") {
		r, err := imap.ParseNumSet([]byte(part), 10)
		if err != nil {
			return nil
		}
		list = slices.AppendSeq(list, r.Numbers())
	}
	return list
}
