package mailtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// echo is a server that answers "tag WORDS" by "* WORDS" and "tag OK", one
// untagged line a word.
func echo(t *testing.T) Peer {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return Peer{Dial: func() (net.Conn, error) {
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return nil, err
		}
		server, err := ln.Accept()
		if err != nil {
			return nil, err
		}
		go func() {
			defer server.Close()
			fmt.Fprint(server, "* OK hello\r\n")
			lines := bufio.NewScanner(server)
			for lines.Scan() {
				words := strings.Fields(lines.Text())
				if len(words) > 1 && words[1] == "LOGOUT" {
					fmt.Fprintf(server, "* BYE\r\n* done\r\n")
					return
				}
				for _, w := range words[1:] {
					fmt.Fprintf(server, "* %s\r\n", w)
				}
				fmt.Fprintf(server, "%s OK %d words\r\n", words[0], len(words)-1)
			}
		}()
		return client, nil
	}, Quit: "x LOGOUT", QuitAnswer: []string{"* BYE", "* done"}}
}

func runText(t *testing.T, text string, rewrite bool) (string, error) {
	file := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	steps, err := parseScript(file)
	if err != nil {
		return "", err
	}
	p := echo(t)
	p.Greeting = "* OK ${*}"
	r := &runner{peer: p, steps: steps, vars: vars{}, conns: map[string]*conn{}, messages: map[string]string{}, rewrite: rewrite}
	defer r.hangUp()
	err = r.run()
	return strings.Join(r.out, "\n") + "\n", err
}

func TestTranscripts(t *testing.T) {
	for name, c := range map[string]struct{ text, fails string }{
		"match":      {text: "C: a one two\nS: * one\nS: * two\nS: a OK ${*}\n"},
		"any order":  {text: "C: a one two\nS~: * two\nS~: * one\nS: a OK 2 words\n"},
		"skip":       {text: "C: a one two three\n...\nS: * three\nS: a OK ${n} words\n"},
		"optional":   {text: "C: a x x y\nS*: * x\nS: * y\nS: a OK ${*}\n"},
		"kept":       {text: "C: a one\nS: * ${w}\nS: a OK ${*}\nC: b ${w}\nS: * one\nS: b OK ${*}\n"},
		"two":        {text: "C: a one\nC2: b two\nS2: * two\nS2: b OK ${*}\nS: * one\nS: a OK ${*}\n"},
		"message":    {text: "@message m\nab\n@end\nC: a ${m.size}\nS: * 4\nS: a OK ${*}\n"},
		"raw":        {text: "C!: \"a one\\r\\nb\\r\\n\"\nS: * one\nS: a OK ${*}\nS: b OK ${*}\n"},
		"wrong":      {text: "C: a one\nS: * two\n", fails: "server sent"},
		"kept wrong": {text: "C: a one two\nS: * ${w}\nS: * ${w}\n", fails: "server sent"},
		"too few":    {text: "C: a one\nS: * one\n", fails: "does not have"},
		"order":      {text: "C: a one two\nS~: * two\nS~: * three\nS: a OK 2 words\n", fails: "and not"},
		"directive":  {text: "@nonsense\n", fails: "no directive"},
		"no line":    {text: "hello\n", fails: "neither"},
		"unknown":    {text: "C: a ${x}\n", fails: "nothing is known"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := runText(t, c.text, false)
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Fatalf("got %v, want %q", err, c.fails)
			}
			if c.fails == "" && out != c.text {
				t.Fatalf("kept\n%s", out)
			}
		})
	}
}

func TestRewrite(t *testing.T) {
	out, err := runText(t, "# why\nC: a one two\nS: * nine\nS: a OK ${*}\n", true)
	if want := "# why\nC: a one two\nS: * one\nS: * two\nS: a OK 2 words\n"; err != nil || out != want {
		t.Fatalf("%v\n%s", err, out)
	}
}
