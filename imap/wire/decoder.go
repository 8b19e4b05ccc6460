package wire

import (
	"bytes"
	"io"

	"github.com/restante/restante/imap"
)

// Limits bound what a Decoder takes. A zero field means its default.
type Limits struct {
	Line    int   // octets of one line, without literals; 64 KiB
	String  int   // octets of a literal that is an argument, not a message; 64 KiB
	Command int   // octets of all lines and argument literals of a command; 4 MiB
	Depth   int   // nested parentheses and search keys; 50
	Discard int64 // octets skipped to get behind a bad command; 1 MiB
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Line, 64<<10)
	setDefault(&l.String, 64<<10)
	setDefault(&l.Command, max(4<<20, 2*l.Line, 2*l.String))
	setDefault(&l.Depth, 50)
	if l.Discard == 0 {
		l.Discard = 1 << 20
	}
	return l
}

func setDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// DecoderOptions say how a Decoder works.
type DecoderOptions struct {
	Limits Limits
	// Buffers lends the read buffer; nil means one of its own.
	Buffers *Buffers
	// Continue sends a continuation request for a synchronizing literal and
	// flushes (RFC 9051 §7.6). Without it such literals are refused.
	Continue func() error
}

// Decoder reads the commands of one client. It holds a whole line at a time, so
// that tokens are slices of its buffer; what a method returns as a slice is
// valid until the next call of any method.
//
// The way of a command is [Decoder.Begin], the methods of the grammar, and
// [Decoder.Finish], whatever came of it. The first fault sticks: each method
// after it says no, and [Decoder.Err] tells it.
type Decoder struct {
	r       io.Reader
	limits  Limits
	buffers *Buffers
	cont    func() error
	budget  *Budget
	grown   int64 // taken from budget

	lent *[]byte // what buffers lent; nil while released
	buf  []byte  // read and not yet dropped
	mark int     // the first octet of buf still needed
	line int     // where the current line begins
	pos  int     // the next octet to lex
	eol  int     // where the current line's content ends
	next int     // where the following line, or a literal, begins
	open bool    // the current line's end has not been read

	used  int // octets of this command
	depth int
	lit   literalState
	err   error // the command's first fault
	ioErr error // of the connection; lasts until Reset

	reader literalReader
	tiny   [128]byte // read into while no buffer is held; most commands fit
}

// NewDecoder gives a decoder of r.
func NewDecoder(r io.Reader, o DecoderOptions) *Decoder {
	d := &Decoder{buffers: o.Buffers, cont: o.Continue}
	if d.buffers == nil {
		d.buffers = NewBuffers(8 << 10)
	}
	d.SetLimits(o.Limits)
	d.Reset(r)
	return d
}

// SetLimits changes the limits, from the next command on.
func (d *Decoder) SetLimits(l Limits) { d.limits = l.withDefaults() }

// Reset goes on with another reader and forgets all that has been read: after
// STARTTLS, nothing that the client sent before may be run (RFC 9051 §6.2.1).
func (d *Decoder) Reset(r io.Reader) {
	d.buf = d.buf[:0]
	d.mark, d.line, d.pos, d.eol, d.next, d.open = 0, 0, 0, 0, 0, false
	d.used, d.depth, d.lit, d.err, d.ioErr = 0, 0, literalState{}, nil, nil
	d.r = r
	d.reader.d = d
	d.Release()
}

// Release gives the buffer back if nothing waits in it. The next read borrows
// one again, once there is something to read.
func (d *Decoder) Release() {
	if d.lent == nil || d.next < len(d.buf) {
		return
	}
	*d.lent = d.buf[:0]
	d.buffers.put(d.lent)
	d.giveBack()
	d.lent, d.buf = nil, nil
	d.mark, d.line, d.pos, d.eol, d.next = 0, 0, 0, 0, 0
}

// Pending reports whether a whole line has been read and not yet lexed, so that
// answers need not be flushed before it.
func (d *Decoder) Pending() bool {
	return bytes.IndexByte(d.buf[d.next:], '\n') >= 0
}

// Buffered gives how many octets have been read behind the current line.
func (d *Decoder) Buffered() int { return len(d.buf) - d.next }

// Take gives what has been read behind the current line and forgets it: it is not
// what a command is made of, but compressed (RFC 4978 §3).
func (d *Decoder) Take() []byte {
	rest := bytes.Clone(d.buf[d.next:])
	d.buf = d.buf[:d.next]
	return rest
}

// Wait returns once something has been read that has not been lexed, holding
// no buffer until then. It returns the reader's error; after a timeout it may
// be called again.
func (d *Decoder) Wait() error {
	if d.next < len(d.buf) {
		return nil
	}
	d.Release()
	return d.fill()
}

// Begin reads the first line of a command. It returns the reader's error, which
// is io.EOF only where the client left between commands, or the *[Error] of a
// line that is too long. Of an interrupted read (a timeout) nothing is lost and
// Begin may be called again.
func (d *Decoder) Begin() error {
	d.err, d.depth, d.used, d.lit = nil, 0, 0, literalState{}
	d.mark = d.next
	if d.next == len(d.buf) {
		d.buf = d.buf[:0]
		d.mark, d.next = 0, 0
	}
	err := d.readLine()
	if err != nil && d.err == nil {
		d.open = false // nothing of the command has been taken
	}
	if err == io.EOF && len(d.buf) > d.next {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readLine reads the line that begins at next and makes it the current one.
func (d *Decoder) readLine() error {
	d.line, d.pos, d.eol, d.open = d.next, d.next, d.next, true
	seen := d.next
	for {
		i := bytes.IndexByte(d.buf[seen:], '\n')
		n := len(d.buf) - d.line
		if i >= 0 {
			n = seen + i - d.line
		}
		if n > d.limits.Line || d.used+n > d.limits.Command {
			return d.Fail(OverLimit, "command line is too long")
		}
		if i >= 0 {
			d.endLine(seen + i)
			return nil
		}
		at := len(d.buf) - d.line
		if err := d.fill(); err != nil {
			return err
		}
		seen = d.line + at
	}
}

// endLine makes the octets up to the line feed at lf the current line. A line
// feed without CR ends a line too, for sessions typed by hand.
func (d *Decoder) endLine(lf int) {
	d.next, d.eol, d.open = lf+1, lf, false
	d.used += d.next - d.line
	if lf > d.line && d.buf[lf-1] == '\r' {
		d.eol--
	}
}

// fill reads more into the buffer, which it borrows, moves or grows as needed.
// The error is remembered only where reading cannot go on.
func (d *Decoder) fill() error {
	if d.ioErr != nil {
		return d.ioErr
	}
	if d.lent == nil {
		n, err := d.read(d.tiny[:])
		if n == 0 {
			return err
		}
		d.lent = d.buffers.get()
		d.buf = append(*d.lent, d.tiny[:n]...)
		return nil
	}
	if len(d.buf) == cap(d.buf) && !d.makeRoom(1) {
		return d.failBudget()
	}
	n, err := d.read(d.buf[len(d.buf):cap(d.buf)])
	d.buf = d.buf[:len(d.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// read reads at least one octet or fails.
func (d *Decoder) read(p []byte) (int, error) {
	for range 100 {
		n, err := d.r.Read(p)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			if t, ok := err.(interface{ Timeout() bool }); !ok || !t.Timeout() {
				d.ioErr = err
			}
			return 0, err
		}
	}
	d.ioErr = io.ErrNoProgress
	return 0, d.ioErr
}

// makeRoom moves what is still needed to the front and grows the buffer until
// it has room for n octets more. It says no, and does nothing, if the budget has
// no room.
func (d *Decoder) makeRoom(n int) bool {
	if cap(d.buf)-len(d.buf) >= n {
		return true
	}
	keep := d.buf[d.mark:]
	into := d.buf[:0]
	if need := len(keep) + n; need > cap(d.buf) || len(keep) > cap(d.buf)/2 {
		size := max(need, 2*cap(d.buf))
		if !d.mayGrow(size - cap(d.buf)) {
			return false
		}
		into = make([]byte, 0, size)
	}
	d.buf = append(into, keep...)
	d.line, d.pos, d.eol, d.next = d.line-d.mark, d.pos-d.mark, d.eol-d.mark, d.next-d.mark
	d.mark = 0
	return true
}

// Err gives the command's first fault: an *[Error], or the reader's error.
func (d *Decoder) Err() error { return d.err }

// Fail makes a fault of the kind and text given the command's, if it is the
// first, and returns the first.
func (d *Decoder) Fail(kind ErrorKind, text string) error {
	if d.err == nil {
		d.err = &Error{Kind: kind, Text: text}
	}
	return d.err
}

// FailCode is Fail with the code of the response that answers the command, which
// is then NO.
func (d *Decoder) FailCode(kind ErrorKind, code imap.Code, text string) error {
	if d.err == nil {
		d.err = &Error{Kind: kind, Text: text, Code: code}
	}
	return d.err
}

// Expected fails with what would have been right at this place, and says no.
func (d *Decoder) Expected(what string) bool {
	if d.err == nil {
		d.err = &Error{Kind: Syntax, Text: "expected " + what}
	}
	return false
}

// failIO makes an error of the connection the command's fault.
func (d *Decoder) failIO(err error) bool {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if d.err == nil {
		d.err = err
	}
	return false
}

// Enter counts one level of nesting and says no at the limit; Leave undoes it.
func (d *Decoder) Enter() bool {
	if d.depth++; d.depth > d.limits.Depth {
		d.Fail(OverLimit, "command is nested too deeply")
	}
	return d.err == nil
}

// Leave ends the level of nesting that Enter began.
func (d *Decoder) Leave() { d.depth-- }
