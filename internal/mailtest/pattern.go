package mailtest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var reference = regexp.MustCompile(`\$\{([^}:]*)(?::((?:[^{}]|\{[^}]*\})*))?\}`)

const word = `[^ ()\[\]{}"]+`

// vars are the values that a transcript has kept or been given.
type vars map[string]string

// expand replaces every reference of a client line by its value.
func (v vars) expand(s string) (string, error) {
	var missing error
	out := reference.ReplaceAllStringFunc(s, func(m string) string {
		name := reference.FindStringSubmatch(m)[1]
		val, ok := v.lookup(name)
		if !ok {
			missing = fmt.Errorf("nothing is known of ${%s}", name)
		}
		return val
	})
	return out, missing
}

// lookup knows kept values, messages, and what is derived from a message.
func (v vars) lookup(name string) (string, bool) {
	if val, ok := v[name]; ok {
		return val, true
	}
	base, what, ok := strings.Cut(name, ".")
	m, known := v[base]
	if !ok || !known {
		return "", false
	}
	head, body, _ := strings.Cut(m, "\r\n\r\n")
	switch what {
	case "size":
		return strconv.Itoa(len(m)), true
	case "head":
		return head + "\r\n\r\n", true
	case "body":
		return body, true
	}
	return "", false
}

// match compares a server line with a pattern and, when it fits, keeps what
// the pattern's new names stand for.
func (v vars) match(pattern, line string) (bool, error) {
	var expr strings.Builder
	var names []string
	expr.WriteString(`(?s)\A`)
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(pattern, -1) {
		expr.WriteString(regexp.QuoteMeta(pattern[last:m[0]]))
		last = m[1]
		name := pattern[m[2]:m[3]]
		val, known := v.lookup(name)
		switch {
		case name == "*":
			expr.WriteString(`.*`)
		case known:
			expr.WriteString(regexp.QuoteMeta(val))
		case m[4] >= 0:
			expr.WriteString(`(` + pattern[m[4]:m[5]] + `)`)
			names = append(names, name)
		default:
			expr.WriteString(`(` + word + `)`)
			names = append(names, name)
		}
	}
	expr.WriteString(regexp.QuoteMeta(pattern[last:]) + `\z`)
	re, err := regexp.Compile(expr.String())
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	got := re.FindStringSubmatch(line)
	if got == nil {
		return false, nil
	}
	for i, name := range names {
		if name == "" {
			continue
		}
		if old, ok := v[name]; ok && old != got[i+1] {
			return false, nil
		}
		v[name] = got[i+1]
	}
	return true, nil
}
