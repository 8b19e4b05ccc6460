package wire

import (
	"fmt"
	"io"
)

// EncoderOptions say how an Encoder works.
type EncoderOptions struct {
	// Buffers lends the write buffer; nil means one of its own.
	Buffers *Buffers
}

// Encoder builds what a client is told in one buffer, which is written when it
// is full and when its owner calls [Encoder.Flush]. Its methods follow the
// grammar and return the Encoder, so that a response reads as one line of code.
// None of them can write an illegal string. The first error of the writer
// sticks, and all that follows is dropped.
type Encoder struct {
	w       io.Writer
	buffers *Buffers
	lent    *[]byte // nil while released
	buf     []byte
	utf8    bool
	texts   func(string) string // nil: English, in ASCII
	err     error
}

// NewEncoder gives an encoder to w.
func NewEncoder(w io.Writer, o EncoderOptions) *Encoder {
	e := &Encoder{w: w, buffers: o.Buffers}
	if e.buffers == nil {
		e.buffers = NewBuffers(32 << 10)
	}
	return e
}

// SetUTF8 says that the client takes UTF-8 in quoted strings, mailbox names and
// texts: it has enabled IMAP4rev2 or UTF8=ACCEPT (RFC 9051 §5.1, RFC 9755 §3).
func (e *Encoder) SetUTF8(on bool) { e.utf8 = on }

// UTF8 reports what SetUTF8 said.
func (e *Encoder) UTF8() bool { return e.utf8 }

// SetTexts has texts of responses translated from English, in UTF-8 (RFC 5255
// §3.5). nil leaves them as they are.
func (e *Encoder) SetTexts(translate func(string) string) { e.texts = translate }

// Reset goes on with another writer, as after STARTTLS. What was not flushed is
// dropped.
func (e *Encoder) Reset(w io.Writer) {
	e.w, e.err = w, nil
	e.buf = e.buf[:0]
}

// Err gives the first error of the writer, or of a literal's source.
func (e *Encoder) Err() error { return e.err }

// Buffered gives how many octets have not been written.
func (e *Encoder) Buffered() int { return len(e.buf) }

// Flush writes all that is buffered.
func (e *Encoder) Flush() error {
	if len(e.buf) > 0 {
		e.write(e.buf)
		e.buf = e.buf[:0]
	}
	return e.err
}

// Release gives the buffer back if it is empty. The next octet borrows one.
func (e *Encoder) Release() {
	if e.lent == nil || len(e.buf) > 0 {
		return
	}
	*e.lent = e.buf
	e.buffers.put(e.lent)
	e.lent, e.buf = nil, nil
}

func (e *Encoder) write(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

// room makes sure that there is a buffer with space for n octets, if n is not
// more than a buffer has.
func (e *Encoder) room(n int) {
	if e.lent == nil {
		e.lent = e.buffers.get()
		e.buf = *e.lent
	}
	if len(e.buf)+n > cap(e.buf) {
		_ = e.Flush()
	}
}

// Raw writes octets as they are. They must be legal where they stand: rendered
// before by this package, or constants of the grammar.
func (e *Encoder) Raw(s string) *Encoder {
	e.room(len(s))
	if len(s) > cap(e.buf) {
		e.write([]byte(s))
		return e
	}
	e.buf = append(e.buf, s...)
	return e
}

// RawBytes is Raw for a slice. A long one is written without being copied.
func (e *Encoder) RawBytes(b []byte) *Encoder {
	e.room(len(b))
	if len(b) > cap(e.buf) {
		e.write(b)
		return e
	}
	e.buf = append(e.buf, b...)
	return e
}

// Append lets f append up to about n octets to the buffer, which it returns. As
// with Raw they must be legal where they stand.
func (e *Encoder) Append(n int, f func([]byte) []byte) *Encoder {
	e.room(n)
	e.adopt(f(e.buf))
	return e
}

// adopt takes a buffer that may have been appended to beyond what was lent; one
// that has outgrown it is written at once, and the lent one used again.
func (e *Encoder) adopt(b []byte) {
	if cap(b) == cap(e.buf) {
		e.buf = b
		return
	}
	e.write(b)
	e.buf = e.buf[:0]
}

// Byte writes one octet.
func (e *Encoder) Byte(c byte) *Encoder {
	e.room(1)
	e.buf = append(e.buf, c)
	return e
}

// SP writes a space.
func (e *Encoder) SP() *Encoder { return e.Byte(' ') }

// CRLF ends a line.
func (e *Encoder) CRLF() *Encoder { return e.Raw("\r\n") }

// Open writes "(".
func (e *Encoder) Open() *Encoder { return e.Byte('(') }

// Close writes ")".
func (e *Encoder) Close() *Encoder { return e.Byte(')') }

// Literal writes size octets of src as a literal: {size} CRLF and the octets,
// which are read into the buffer piece by piece. If src gives fewer or fails,
// the announcement cannot be kept: the error sticks and the connection has to
// be closed. What src has beyond size is not read. NUL passes, as the messages
// that have it are returned as they came.
func (e *Encoder) Literal(size int64, src io.Reader) *Encoder {
	e.literalHead(size, false)
	return e.copyFrom(size, src)
}

// LiteralTo is Literal for a source that writes itself, such as stored chunks.
func (e *Encoder) LiteralTo(size int64, src io.WriterTo) *Encoder {
	e.literalHead(size, false)
	return e.copyTo(size, src)
}

// Literal8To is LiteralTo in the form that may hold NUL: ~{size} (RFC 3516 §4.3).
func (e *Encoder) Literal8To(size int64, src io.WriterTo) *Encoder {
	e.literalHead(size, true)
	return e.copyTo(size, src)
}

func (e *Encoder) copyFrom(size int64, src io.Reader) *Encoder {
	for left := size; left > 0 && e.err == nil; {
		if len(e.buf) == cap(e.buf) {
			_ = e.Flush()
			continue
		}
		e.room(1)
		free := e.buf[len(e.buf):cap(e.buf)]
		n, err := src.Read(free[:min(left, int64(len(free)))])
		e.buf = e.buf[:len(e.buf)+n]
		left -= int64(n)
		if err != nil && left > 0 {
			e.fail(size, left, err)
		}
	}
	return e
}

func (e *Encoder) copyTo(size int64, src io.WriterTo) *Encoder {
	lw := literalWriter{e: e, left: size}
	if _, err := src.WriteTo(&lw); err != nil || lw.left > 0 {
		e.fail(size, lw.left, err)
	}
	return e
}

// fail notes that a literal was announced and its octets did not come.
func (e *Encoder) fail(size, left int64, err error) {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if e.err == nil {
		e.err = fmt.Errorf("literal of %d octets lacks %d: %w", size, left, err)
	}
}

// literalWriter takes the octets of a literal and no more than were announced.
type literalWriter struct {
	e    *Encoder
	left int64
}

func (w *literalWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		return 0, io.ErrShortWrite
	}
	w.left -= int64(len(p))
	w.e.RawBytes(p)
	return len(p), w.e.err
}
