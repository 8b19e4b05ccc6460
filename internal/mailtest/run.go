package mailtest

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "replace the S: lines of transcripts by what the server sends")

// Peer is the server that a transcript talks to.
type Peer struct {
	// Dial opens a connection.
	Dial func() (net.Conn, error)
	// Directive runs an @ line that the runner does not know: its words and
	// the messages defined so far by name. Nil: there are none.
	Directive func(words []string, messages map[string]string) error
	// Greeting is the pattern of a connection's first line when the
	// transcript does not give it; "" is "* OK ${*}".
	Greeting string
	// Quit is what the runner sends at the end on open connections, and the
	// patterns of the answers; the zero value is IMAP's LOGOUT.
	Quit       string
	QuitAnswer []string
}

// Run runs every transcript that the glob pattern names as a subtest, each
// with a peer of its own.
func Run(t *testing.T, glob string, open func(t *testing.T) Peer) {
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts at %s (%v)", glob, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		t.Run(name, func(t *testing.T) { runFile(t, file, open(t)) })
	}
}

func runFile(t *testing.T, file string, p Peer) {
	steps, err := parseScript(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Greeting == "" {
		p.Greeting = "* OK ${*}"
	}
	if p.Quit == "" {
		p.Quit, p.QuitAnswer = "bye LOGOUT", []string{"* BYE ${*}", "bye OK ${*}"}
	}
	r := &runner{peer: p, steps: steps, vars: vars{}, conns: map[string]*conn{}, messages: map[string]string{}, rewrite: *rewrite}
	defer r.hangUp()
	err = r.run()
	if r.rewrite && err == nil {
		err = os.WriteFile(file, []byte(strings.Join(r.out, "\n")+"\n"), 0o644)
	}
	if err != nil {
		t.Fatalf("%s:%d: %v", file, r.at, err)
	}
}

// runner is one transcript on its way.
type runner struct {
	peer     Peer
	steps    []step
	at       int // line number, for messages
	vars     vars
	messages map[string]string
	conns    map[string]*conn
	rewrite  bool
	out      []string // the transcript as it should be, with rewrite
}

func (r *runner) run() error {
	for i := 0; i < len(r.steps); {
		s := r.steps[i]
		r.at = s.line
		n, err := 1, error(nil)
		switch s.kind {
		case '#':
			r.keep(s)
		case 'C', '!':
			err = r.send(s)
		case '@':
			err = r.directive(s)
		default:
			n, err = r.expect(r.steps[i:])
		}
		if err != nil {
			return err
		}
		i += n
	}
	return r.goodbye()
}

func (r *runner) keep(s step) { r.out = append(r.out, s.raw) }

// conn is the connection of that name, opened and greeted if it is new.
func (r *runner) conn(name string) (*conn, error) {
	if c := r.conns[name]; c != nil {
		return c, nil
	}
	c, err := r.open(name)
	if err != nil {
		return nil, err
	}
	line, err := c.line()
	if err != nil {
		return nil, fmt.Errorf("greeting: %w", err)
	}
	if ok, err := r.vars.match(r.peer.Greeting, line); !ok || err != nil {
		return nil, fmt.Errorf("greeting %q is not %q (%v)", line, r.peer.Greeting, err)
	}
	return c, nil
}

func (r *runner) open(name string) (*conn, error) {
	c, err := r.peer.Dial()
	if err != nil {
		return nil, err
	}
	r.conns[name] = newConn(c)
	return r.conns[name], nil
}

func (r *runner) send(s step) error {
	r.keep(s)
	c, err := r.conn(s.conn)
	if err != nil {
		return err
	}
	text := s.text
	if s.kind == '!' {
		if text, err = strconv.Unquote(text); err != nil {
			return fmt.Errorf("a C! line wants a quoted Go string: %w", err)
		}
	}
	if text, err = r.vars.expand(text); err != nil {
		return err
	}
	if s.kind == 'C' {
		text += "\r\n"
	}
	return c.send(text)
}

func (r *runner) directive(s step) error {
	r.keep(s)
	words := strings.Fields(s.text)
	name := ""
	if len(words) > 1 {
		name = words[1]
	}
	switch words[0] {
	case "message":
		r.messages[name], r.vars[name] = s.body, s.body
		return nil
	case "open":
		_, err := r.open(name)
		return err
	}
	builtin := map[string]func(*conn) error{
		"starttls": (*conn).startTLS,
		"deflate":  (*conn).startDeflate,
		"plain":    (*conn).endDeflate,
		"close":    func(c *conn) error { c.closed = true; return c.Close() },
		"eof": func(c *conn) error {
			c.closed = true
			if !c.eof() {
				return fmt.Errorf("the server has not closed the connection")
			}
			return c.Close()
		},
	}[words[0]]
	if builtin == nil {
		if r.peer.Directive == nil {
			return fmt.Errorf("no directive @%s", words[0])
		}
		return r.peer.Directive(words, r.messages)
	}
	c, err := r.conn(name)
	if err != nil {
		return err
	}
	return builtin(c)
}

// goodbye ends every open connection and refuses anything that the server
// sends but the answer to that.
func (r *runner) goodbye() error {
	for name, c := range r.conns {
		if c.closed {
			continue
		}
		if err := c.send(r.peer.Quit + "\r\n"); err != nil {
			return err
		}
		for _, want := range r.peer.QuitAnswer {
			line, err := c.line()
			if err != nil {
				return fmt.Errorf("connection %q at the end: %w", name, err)
			}
			if ok, _ := r.vars.match(want, line); !ok {
				return fmt.Errorf("connection %q at the end: the transcript does not have %q", name, line)
			}
		}
	}
	return nil
}

func (r *runner) hangUp() {
	for _, c := range r.conns {
		c.Close()
	}
}
