package interchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// isMbox reports whether a file begins like an mbox.
func isMbox(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 5)
	_, err = io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return string(head) == "From ", err
}

// readMbox reads an mbox of any of its dialects: messages begin at a "From "
// line that follows an empty one (mboxo, mboxrd, of whose ">From " quoting one
// level is taken off), or where Content-Length says, if another message or the
// end of the file is there (mboxcl).
func readMbox(ctx context.Context, path string, bad func(string, error), f func(string, Message) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	s := mboxScanner{file: file, size: info.Size(), r: bufio.NewReaderSize(file, 256<<10)}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		where := fmt.Sprintf("%s, message %d", path, n)
		if m.internal && m.ximap {
			continue
		}
		if m.end <= m.start {
			bad(where, errors.New("the message is empty"))
			continue
		}
		if m.date.IsZero() {
			m.date = info.ModTime().Truncate(time.Second)
		}
		msg := Message{Flags: m.flags(), InternalDate: m.date, Open: m.open(path)}
		if err := f(where, msg); err != nil {
			return err
		}
	}
}

// mboxMessage is where a message lies in its file.
type mboxMessage struct {
	start, end     int64 // after the From line; before the empty line that ends it
	date           time.Time
	status, xState string
	keywords       []string
	length         int64  // Content-Length, -1 none
	body           int64  // where the body begins
	field          string // the header field that the next line may continue, in lower case
	internal       bool   // its subject is that of the record that c-client programs keep for themselves
	ximap          bool   // it has the field of that record
}

func (m *mboxMessage) flags() []string {
	var flags []string
	for _, c := range []struct {
		in, letter, flag string
	}{
		{m.status, "R", `\Seen`}, {m.xState, "A", `\Answered`}, {m.xState, "F", `\Flagged`},
		{m.xState, "T", `\Draft`}, {m.xState, "D", `\Deleted`},
	} {
		if strings.Contains(c.in, c.letter) {
			flags = append(flags, c.flag)
		}
	}
	return append(flags, m.keywords...)
}

// header notes what a header line says of the message's place in its mailbox.
func (m *mboxMessage) header(line []byte) {
	value := line
	if line[0] != ' ' && line[0] != '\t' {
		name, rest, ok := bytes.Cut(line, []byte{':'})
		if m.field = ""; !ok {
			return
		}
		m.field, value = strings.ToLower(string(bytes.TrimSpace(name))), rest
	} else if m.field != "x-keywords" {
		return
	}
	v := strings.TrimSpace(string(value))
	switch m.field {
	case "status":
		m.status = v
	case "x-status":
		m.xState = v
	case "x-keywords":
		m.keywords = append(m.keywords, strings.Fields(strings.ReplaceAll(v, ",", " "))...)
	case "content-length":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
			m.length = n
		}
	case "subject":
		m.internal = v == "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
	case "x-imap":
		m.ximap = true
	}
}

// mboxScanner walks over an mbox file.
type mboxScanner struct {
	file *os.File
	size int64
	r    *bufio.Reader
	at   int64  // offset of what r reads next
	from []byte // the From line of the next message
}

// next finds the next message; io.EOF after the last.
func (s *mboxScanner) next() (*mboxMessage, error) {
	if s.from == nil {
		line, err := s.line()
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(line, []byte("From ")) {
			return nil, io.EOF
		}
		s.from = bytes.Clone(line)
	}
	m := &mboxMessage{start: s.at, date: fromLineDate(string(s.from)), length: -1, body: -1}
	s.from = nil
	empty := false // the line before was empty
	emptyAt := s.at
	for {
		at := s.at
		line, err := s.line()
		if err == io.EOF && len(line) == 0 {
			m.end = s.at
			if empty {
				m.end = emptyAt
			}
			return m, nil
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		if empty && bytes.HasPrefix(line, []byte("From ")) && looksLikeFromLine(line) {
			m.end, s.from = emptyAt, bytes.Clone(line)
			return m, nil
		}
		bare := bytes.TrimRight(line, "\r\n")
		if m.body < 0 && len(bare) > 0 {
			m.header(bare)
		}
		if empty = len(bare) == 0; empty {
			emptyAt = at
			if m.body < 0 {
				m.body = s.at
				if s.skip(m) {
					return m, nil
				}
			}
		}
	}
}

// skip jumps over the body if Content-Length leads to the next message or the
// end of the file, and reports whether it did.
func (s *mboxScanner) skip(m *mboxMessage) bool {
	end := m.body + m.length
	if m.length < 0 || end > s.size {
		return false
	}
	tail := make([]byte, 512)
	n, err := s.file.ReadAt(tail, end)
	if err != nil && err != io.EOF {
		return false
	}
	rest := bytes.TrimLeft(tail[:n], "\r\n")
	gap := n - len(rest)
	if gap == len(tail) || len(rest) > 0 && (gap == 0 || !bytes.HasPrefix(rest, []byte("From ")) || !looksLikeFromLine(rest)) {
		return false
	}
	if _, err := s.file.Seek(end+int64(gap), io.SeekStart); err != nil {
		return false
	}
	s.r.Reset(s.file)
	s.at = end + int64(gap)
	m.end = end
	return true
}

// line reads a line with its end, however long; only its first part is kept.
func (s *mboxScanner) line() ([]byte, error) {
	line, err := s.r.ReadSlice('\n')
	s.at += int64(len(line))
	if err == bufio.ErrBufferFull {
		kept := bytes.Clone(line[:1024])
		for err == bufio.ErrBufferFull {
			line, err = s.r.ReadSlice('\n')
			s.at += int64(len(line))
		}
		return kept, err
	}
	return line, err
}

// looksLikeFromLine asks for a date with a time of day, which a sentence that
// begins with "From " does not have.
func looksLikeFromLine(line []byte) bool {
	line, _, _ = bytes.Cut(line, []byte{'\n'})
	return !fromLineDate(string(line)).IsZero()
}
