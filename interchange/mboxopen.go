package interchange

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"time"

	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/message"
)

// hidden are the header fields in which mbox programs keep a message's place
// and state; they are no part of the message.
var hidden = []string{"status", "x-status", "x-keywords", "x-uid", "x-imap", "x-imapbase", "content-length"}

// open gives a function that reads the message as it was before it was put
// into the file: without those fields and the quoting, with CRLF line ends.
func (m *mboxMessage) open(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		section := io.NewSectionReader(f, m.start, m.end-m.start)
		raw := &mboxReader{r: bufio.NewReaderSize(section, 64<<10), header: true, quoted: m.length < 0}
		return readCloser{newCRLFReader(raw), f}, nil
	}
}

// mboxReader filters a message's lines.
type mboxReader struct {
	r       *bufio.Reader
	header  bool // still in the header
	hiding  bool // within a hidden field
	quoted  bool // ">From " stands for "From "
	partial bool // the line before did not end
	rest    []byte
	err     error
}

func (m *mboxReader) Read(b []byte) (int, error) {
	for len(m.rest) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		var line []byte
		line, m.err = m.r.ReadSlice('\n')
		full := m.err == bufio.ErrBufferFull
		if full {
			m.err = nil
		}
		m.rest = m.filter(line, !m.partial)
		m.partial = full
	}
	n := copy(b, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// filter gives what of a piece of a line belongs to the message: not the fields that mbox
// programs add, nor a quoting ">". begins says that the piece is the line's first.
func (m *mboxReader) filter(line []byte, begins bool) []byte {
	if !begins {
		if m.header && m.hiding {
			return nil
		}
		return line
	}
	if m.header {
		bare := bytes.TrimRight(line, "\r\n")
		if len(bare) == 0 {
			m.header = false
			return line
		}
		if bare[0] != ' ' && bare[0] != '\t' {
			name, _, _ := bytes.Cut(bare, []byte{':'})
			m.hiding = false
			for _, h := range hidden {
				m.hiding = m.hiding || strings.EqualFold(string(bytes.TrimSpace(name)), h)
			}
		}
		if m.hiding {
			return nil
		}
		return line
	}
	if m.quoted && len(line) > 0 && line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
		return line[1:]
	}
	return line
}

// fromLineDate reads the date of "From sender date", which programs write in
// several forms; the zero time if there is none.
func fromLineDate(line string) time.Time {
	fields := strings.Fields(strings.TrimSpace(line))
	days := "Mon Tue Wed Thu Fri Sat Sun"
	for i := 1; i < len(fields); i++ {
		if len(fields[i]) < 3 || !strings.Contains(days, strings.TrimSuffix(fields[i], ",")) {
			continue
		}
		text := strings.Join(fields[i:], " ")
		for _, layout := range []string{
			"Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 2006 -0700", "Mon Jan 2 15:04:05 -0700 2006",
			"Mon Jan 2 15:04:05 MST 2006", "Mon Jan 2 15:04 2006", "Mon Jan 2 15:04:05 2006 MST",
			"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
		} {
			if _, err := time.Parse(layout, text); err != nil { // which knows few names of zones
				continue
			}
			if unix, zone, ok := message.ParseDate([]byte(text)); ok {
				return time.Unix(unix, 0).In(mailstore.Time{Zone: int16(zone)}.Location())
			}
		}
	}
	return time.Time{}
}
