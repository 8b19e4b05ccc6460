package mailtest

import (
	"fmt"
	"strings"
)

// expect handles the S lines and "..." at the head of steps and answers how
// many it has dealt with.
func (r *runner) expect(steps []step) (int, error) {
	s := steps[0]
	switch s.kind {
	case '.':
		return r.skipTo(steps)
	case '*':
		return 1, r.optional(s)
	case '~':
		n := 1
		for n < len(steps) && steps[n].kind == '~' && steps[n].conn == s.conn {
			n++
		}
		return n, r.anyOrder(steps[:n])
	}
	c, err := r.conn(s.conn)
	if err != nil {
		return 0, err
	}
	line, err := c.line()
	if err != nil {
		return 0, fmt.Errorf("waiting for %q: %w", s.text, err)
	}
	ok, err := r.vars.match(s.text, line)
	if err != nil {
		return 0, err
	}
	if ok {
		r.keep(s)
		return 1, nil
	}
	if r.rewrite {
		return r.replace(steps, c, line)
	}
	return 0, fmt.Errorf("server sent\n\t%s\nnot\n\t%s", line, s.text)
}

// skipTo passes over untagged lines until the next S line's pattern matches.
func (r *runner) skipTo(steps []step) (int, error) {
	if len(steps) < 2 || steps[1].kind != 'S' {
		return 0, fmt.Errorf("... wants an S: line after it")
	}
	r.keep(steps[0])
	next := steps[1]
	c, err := r.conn(next.conn)
	if err != nil {
		return 0, err
	}
	for {
		line, err := c.line()
		if err != nil {
			return 0, fmt.Errorf("waiting for %q: %w", next.text, err)
		}
		ok, err := r.vars.match(next.text, line)
		if err != nil {
			return 0, err
		}
		if ok || !more(line) {
			c.unread(line)
			return 1, nil
		}
	}
}

// more reports whether a line is not the last of an answer: untagged in IMAP,
// "250-" in SMTP and LMTP.
func more(line string) bool {
	return strings.HasPrefix(line, "* ") || len(line) > 3 && line[3] == '-'
}

func (r *runner) optional(s step) error {
	r.keep(s)
	c, err := r.conn(s.conn)
	if err != nil {
		return err
	}
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if ok, err := r.vars.match(s.text, line); !ok || err != nil {
			c.unread(line)
			return err
		}
	}
}

// anyOrder reads as many lines as there are steps and pairs them.
func (r *runner) anyOrder(steps []step) error {
	c, err := r.conn(steps[0].conn)
	if err != nil {
		return err
	}
	left := append([]step(nil), steps...)
	var odd []string
	for range steps {
		line, err := c.line()
		if err != nil {
			return err
		}
		found := -1
		for i, s := range left {
			if ok, err := r.vars.match(s.text, line); err != nil {
				return err
			} else if ok {
				found = i
				break
			}
		}
		if found < 0 {
			odd = append(odd, line)
			continue
		}
		left = append(left[:found], left[found+1:]...)
	}
	if len(odd) == 0 {
		for _, s := range steps {
			r.keep(s)
		}
		return nil
	}
	if r.rewrite {
		return fmt.Errorf("lines with S~ are not rewritten; the server sent\n\t%s", strings.Join(odd, "\n\t"))
	}
	var want []string
	for _, s := range left {
		want = append(want, s.text)
	}
	return fmt.Errorf("server sent\n\t%s\nand not\n\t%s", strings.Join(odd, "\n\t"), strings.Join(want, "\n\t"))
}

// replace takes the server's lines, up to one that begins as the last of the S lines
// that stand there for the connection (with a tag, mostly) or asks for more, in their
// place. Lines of literals may stand before it.
func (r *runner) replace(steps []step, c *conn, line string) (int, error) {
	n := 0
	for n < len(steps) && steps[n].kind == 'S' && steps[n].conn == steps[0].conn {
		n++
	}
	last, _, _ := strings.Cut(steps[n-1].text, " ")
	for {
		r.out = append(r.out, fmt.Sprintf("S%s: %s", steps[0].conn, line))
		if first, _, _ := strings.Cut(line, " "); first == last && first != "*" || first == "+" || last == "*" && !more(line) {
			return n, nil
		}
		var err error
		if line, err = c.line(); err != nil {
			return 0, err
		}
	}
}
