//go:build linux

// Command ceiling is what no mail server can be faster than: it takes APPEND, writes
// what came to one file, syncs it, for all who wait at once, and answers OK. It
// looks at no message and keeps none.
//
//	ceiling -addr 127.0.0.1:11145 -file /var/tmp/ceiling
//
// imapbench -tasks append,append1 measures it like any other server.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:11145", "address to listen on")
	name := flag.String("file", "ceiling.data", "file to write to; it is overwritten, and removed in the end")
	flag.Parse()
	log.Fatal(run(*addr, *name))
}

// run serves until it fails.
func run(addr, name string) error {
	l, err := newLog(name)
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil { // its blocks stay as long as it is open
		return err
	}
	go l.run()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			if err := serve(conn, l); err != nil && !errors.Is(err, io.EOF) {
				log.Print(err)
			}
		}()
	}
}

// serve answers what imapbench sends when it logs in and appends.
func serve(conn net.Conn, l *syncLog) error {
	r := bufio.NewReaderSize(conn, 64<<10)
	if _, err := io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n"); err != nil {
		return err
	}
	w := waiter{done: make(chan error, 1)}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		tag, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		verb, _, _ := strings.Cut(rest, " ")
		answer := "OK done"
		switch strings.ToUpper(verb) {
		case "APPEND":
			if w.message, err = literal(r, conn, rest, w.message); err != nil {
				return err
			}
			l.waiters <- &w
			if err := <-w.done; err != nil {
				return err
			}
		case "CAPABILITY":
			answer = "OK done"
			if _, err := io.WriteString(conn, "* CAPABILITY IMAP4rev1 LITERAL+\r\n"); err != nil {
				return err
			}
		case "LOGOUT":
			_, err := fmt.Fprintf(conn, "* BYE\r\n%s OK done\r\n", tag)
			return err
		}
		if _, err := fmt.Fprintf(conn, "%s %s\r\n", tag, answer); err != nil {
			return err
		}
	}
}

// literal reads the literal that a command ends in, and the end of the line behind it.
func literal(r *bufio.Reader, w io.Writer, line string, into []byte) ([]byte, error) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return nil, fmt.Errorf("APPEND without a literal: %q", line)
	}
	size, waits := strings.CutSuffix(line[open+1:len(line)-1], "+")
	n, err := strconv.Atoi(size)
	if err != nil {
		return nil, err
	}
	if !waits {
		if _, err := io.WriteString(w, "+ go on\r\n"); err != nil {
			return nil, err
		}
	}
	if cap(into) < n {
		into = make([]byte, n)
	}
	into = into[:n]
	if _, err := io.ReadFull(r, into); err != nil {
		return nil, err
	}
	_, err = r.ReadString('\n')
	return into, err
}
