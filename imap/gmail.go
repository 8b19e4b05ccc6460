package imap

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file and gmail_terms.go read the search language of Gmail's web page, which
// the search key X-GM-RAW takes (Gmail IMAP extensions, "Extension of the SEARCH
// command"):
//
//	query = *(term / "OR" / "|" / "AND" / "AROUND" / number)
//	term  = ["-" / "+"] (word / phrase / "(" query ")" / "{" query "}" /
//	        operator ":" (word / phrase / "(" query ")" / "{" query "}"))
//
// Neighbours are all wanted, those with OR between them, or in braces, any of them;
// OR binds closer. An operator before a group is that of each word in it. The
// language has no errors: what is not understood is a word to be looked for.

// GmailLimits bound what a query may ask for.
type GmailLimits struct {
	Keys  int // search keys that it is turned into
	Depth int // groups in groups
}

// ErrGmailLimit says that a query is over its limits.
var ErrGmailLimit = errors.New("query is too complex")

// ParseGmail turns a query, which is UTF-8, into the search key that says the same.
// The only error is [ErrGmailLimit].
func ParseGmail(query string, limits GmailLimits) (SearchKey, error) {
	p := gmailParser{in: query, left: limits.Keys, depth: limits.Depth}
	key := p.sequence("", 0)
	if p.over {
		return SearchKey{}, ErrGmailLimit
	}
	return key, nil
}

// gmailParser reads one query.
type gmailParser struct {
	in    string
	left  int // keys that may still be made
	depth int // groups that may still be opened in one another
	over  bool
}

// make counts a key.
func (p *gmailParser) make(k SearchKey) SearchKey {
	if p.left -= k.Count(); p.left < 0 {
		p.over = true
	}
	return k
}

// sequence reads terms up to the bracket that closes them, 0 for the end. op is the
// operator before the group that they stand in. A bracket that was not opened is
// passed over.
func (p *gmailParser) sequence(op string, closing byte) SearchKey {
	var all []SearchKey
	or := false // the next term is an alternative to the last
	for !p.over {
		p.in = strings.TrimLeftFunc(p.in, unicode.IsSpace)
		if p.in == "" {
			break
		}
		if c := p.in[0]; c == ')' || c == '}' {
			if p.in = p.in[1:]; c == closing {
				break
			}
			continue
		}
		if word, is := p.connective(len(all) > 0); is {
			or = or || word == "OR"
			continue
		}
		term, ok := p.term(op)
		switch {
		case !ok:
		case or && len(all) > 0 && closing != '}':
			all[len(all)-1] = p.either(all[len(all)-1], term)
			or = false
		default:
			all = append(all, term)
			or = false
		}
	}
	switch {
	case len(all) == 0:
		return p.make(SearchKey{Op: SearchAll})
	case len(all) == 1:
		return all[0]
	case closing == '}':
		return p.join(SearchOr, all)
	}
	return p.join(SearchAnd, all)
}

// connective passes over a word that joins terms; between says that there is a
// term before it.
func (p *gmailParser) connective(between bool) (word string, is bool) {
	word, rest := cutWord(p.in)
	switch {
	case !between || rest == p.in:
		return "", false
	case word == "|", word == "OR":
		p.in = rest
		return "OR", true
	case word == "AND":
		p.in = rest
		return word, true
	case word == "AROUND":
		p.in = rest
		number, after := cutWord(strings.TrimLeftFunc(rest, unicode.IsSpace))
		if number != "" && strings.Trim(number, "0123456789") == "" {
			p.in = after
		}
		return word, true
	}
	return "", false
}

// either makes an alternative of two terms.
func (p *gmailParser) either(a, b SearchKey) SearchKey {
	if a.Op == SearchOr && a.Field == "" {
		a.Keys = append(a.Keys, b)
		return a
	}
	return p.join(SearchOr, []SearchKey{a, b})
}

// join makes one key of terms that were counted.
func (p *gmailParser) join(op SearchOp, keys []SearchKey) SearchKey {
	if p.left--; p.left < 0 {
		p.over = true
	}
	return SearchKey{Op: op, Keys: keys}
}

// term reads one term; ok is false for one that says nothing.
func (p *gmailParser) term(op string) (k SearchKey, ok bool) {
	not := false
	for p.in != "" && (p.in[0] == '-' || p.in[0] == '+') {
		not = not != (p.in[0] == '-')
		p.in = p.in[1:]
	}
	if name, rest, is := strings.Cut(p.in, ":"); is && isGmailOperator(name) {
		op, p.in = strings.ToLower(name), rest
	}
	if k, ok = p.value(op); ok && not {
		k = p.join(SearchNot, []SearchKey{k})
	}
	return k, ok
}

// value reads what an operator, or none, is about.
func (p *gmailParser) value(op string) (SearchKey, bool) {
	switch {
	case p.in == "":
		return SearchKey{}, false
	case p.in[0] == '(':
		return p.group(op, ')'), true
	case p.in[0] == '{':
		return p.group(op, '}'), true
	}
	var text string
	if p.in[0] == '"' {
		text, p.in, _ = strings.Cut(p.in[1:], `"`)
		text = strings.Join(strings.Fields(text), " ")
	} else {
		text, p.in = cutWord(p.in)
	}
	if text == "" {
		return SearchKey{}, false
	}
	return p.make(gmailTerm(op, text)), true
}

// group reads terms in brackets.
func (p *gmailParser) group(op string, closing byte) SearchKey {
	p.in = p.in[1:]
	if p.depth--; p.depth < 0 {
		p.over = true
		return SearchKey{}
	}
	k := p.sequence(op, closing)
	p.depth++
	return k
}

// cutWord gives the word at the beginning of s, and what follows it.
func cutWord(s string) (word, rest string) {
	for i, r := range s {
		if unicode.IsSpace(r) || r < utf8.RuneSelf && strings.IndexByte(`(){}"`, byte(r)) >= 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
