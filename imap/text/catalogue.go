// Package text is the message catalogue: the texts of responses, which the server
// writes in English, in the languages that clients may choose (RFC 5255 §3).
//
// A text is translated as a whole, where it is sent, so that the code that knows
// what to say says it once, in English. Each language is a file of lines
//
//	English text = its translation
//
// in which %s stands for what differs from one text to the next; in a translation
// that needs another order %[2]s is the second. What stands for %s is translated
// too, if it is a text of its own. Names of the protocol stay as they are.
package text

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Default is the language of all sessions until they choose another: English, in
// ASCII (RFC 5255 §3.1, BCP 18).
const Default = "i-default"

//go:embed de.txt es.txt fr.txt ja.txt zh.txt
var files embed.FS

// tags are the languages, in the order in which they are told.
var tags = [...]string{"en", "de", "fr", "es", "ja", "zh", Default}

// Catalogue is all languages. Its methods may be called concurrently.
type Catalogue struct {
	languages []*Language
}

// New gives the catalogue. A language is read when it is first used.
func New() *Catalogue {
	c := &Catalogue{}
	for _, tag := range tags {
		l := &Language{tag: tag}
		l.load = sync.OnceFunc(l.read)
		c.languages = append(c.languages, l)
	}
	return c
}

// Tags gives the tags of the languages, as LANGUAGE tells them (RFC 5255 §3.3).
func (c *Catalogue) Tags() []string { return slices.Clone(tags[:]) }

// Language is one language.
type Language struct {
	tag  string
	load func()

	exact    map[string]string
	patterns []pattern // the most particular first
}

// Tag is the language's tag.
func (l *Language) Tag() string { return l.tag }

// Translate gives an English text in the language, or as it is where there is no
// translation.
func (l *Language) Translate(text string) string {
	l.load()
	if t, found := l.exact[text]; found {
		return t
	}
	for i := range l.patterns {
		if args, fits := l.patterns[i].match(text); fits {
			return l.fill(l.patterns[i].translation, args)
		}
	}
	return text
}

// Has reports whether there is a translation of a text, which may have %s in it.
func (l *Language) Has(text string) bool {
	l.load()
	_, found := l.exact[text]
	return found || slices.ContainsFunc(l.patterns, func(p pattern) bool {
		args, fits := p.match(text)
		if !fits {
			return false
		}
		// A common phrase of a phrase, such as "too many flags".
		arg, small := args[0], strings.ToUpper(args[0]) != args[0]
		return arg == "%s" || !small || l.exact[arg] != ""
	})
}

// fill puts arguments in a translation.
func (l *Language) fill(translation string, args []string) string {
	var b strings.Builder
	next := 0
	for translation != "" {
		before, behind, found := strings.Cut(translation, "%")
		b.WriteString(before)
		if !found {
			break
		}
		n, rest := next, behind
		switch {
		case strings.HasPrefix(behind, "s"):
			rest = behind[1:]
			next++
		case len(behind) > 3 && behind[0] == '[' && behind[2:4] == "]s":
			n, rest = int(behind[1]-'1'), behind[4:]
		default:
			n = -1
			b.WriteByte('%')
		}
		if n >= 0 && n < len(args) {
			arg := args[n]
			if t, text := l.exact[arg]; text {
				arg = t
			}
			b.WriteString(arg)
		}
		translation = rest
	}
	return b.String()
}

// read reads the language's file.
func (l *Language) read() {
	data, err := files.ReadFile(l.tag + ".txt")
	if err != nil {
		return // English
	}
	l.exact = make(map[string]string)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		english, translation, found := strings.Cut(lines.Text(), " = ")
		switch {
		case !found || strings.HasPrefix(english, "#"):
		case strings.Contains(english, "%s"):
			l.patterns = append(l.patterns, pattern{strings.Split(english, "%s"), translation})
		default:
			l.exact[english] = translation
		}
	}
	slices.SortStableFunc(l.patterns, func(a, b pattern) int { return b.weight() - a.weight() })
}

// pattern is a text with places for what differs.
type pattern struct {
	parts       []string // the English text around the places
	translation string
}

// weight is how much text has to fit.
func (p *pattern) weight() int {
	n := 0
	for _, part := range p.parts {
		n += len(part)
	}
	return n
}

// match gives what stands in the places of a text that fits.
func (p *pattern) match(text string) (args []string, fits bool) {
	rest, fits := strings.CutPrefix(text, p.parts[0])
	for i, part := range p.parts[1:] {
		at := strings.Index(rest, part)
		if i == len(p.parts)-2 {
			at = len(rest) - len(part)
			fits = fits && strings.HasSuffix(rest, part)
		}
		if !fits || at < 0 {
			return nil, false
		}
		args, rest = append(args, rest[:at]), rest[at+len(part):]
	}
	return args, fits
}

// Find gives the language with a tag of [Catalogue.Tags].
func (c *Catalogue) Find(tag string) (*Language, error) {
	for _, l := range c.languages {
		if strings.EqualFold(l.tag, tag) {
			return l, nil
		}
	}
	return nil, fmt.Errorf("there are no texts in the language %q", tag)
}
