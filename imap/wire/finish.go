package wire

import (
	"bytes"
	"io"
)

// announcementSize is more than any announcement that can be honoured takes.
const announcementSize = 64

// Finish ends the command: it skips all that is left of it, with the literals
// announced within, so that none of its octets is ever taken for a command. A
// literal that the client waits to be asked for does not come once the command
// is answered (RFC 9051 §4.3). The error is [ErrOutOfSync] or the reader's; the
// connection has to be closed after either.
func (d *Decoder) Finish() error {
	budget := d.limits.Discard
	for {
		if d.ioErr != nil {
			return unexpected(d.ioErr)
		}
		var skip int64
		switch {
		case d.lit.accepted:
			skip = d.lit.left
		case d.lit.announced && d.lit.lit.NonSync:
			skip = d.lit.lit.Size
		case d.lit.announced:
			d.lit = literalState{}
			return nil // the client was not asked for it
		default:
			more, err := d.restHasLiteral(&budget)
			if err != nil || !more {
				return unexpected(err)
			}
			continue
		}
		if budget -= skip; budget < 0 {
			return ErrOutOfSync
		}
		if err := d.discardLiteral(skip); err != nil {
			return unexpected(err)
		}
		d.lit = literalState{}
		d.open = true
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// restHasLiteral skips the rest of the current line and reports whether it ends
// with the announcement of a literal, which it notes.
func (d *Decoder) restHasLiteral(budget *int64) (bool, error) {
	if d.open {
		if err := d.skipLine(budget); err != nil {
			return false, err
		}
	} else if d.err == nil && d.pos == d.eol {
		return false, nil // a line lexed to its end has no announcement there
	}
	d.pos = d.eol
	line := d.buf[d.line:d.eol]
	l, ok := announcedAtEnd(line)
	if ok {
		d.lit = literalState{announced: true, lit: l}
	} else if len(line) >= announcementSize-2 && endsInNumber(line) {
		return false, ErrOutOfSync // an announcement padded until its beginning was dropped
	}
	return ok, nil
}

// endsInNumber reports whether all of the line could be the end of an
// announcement.
func endsInNumber(line []byte) bool {
	rest, ok := bytes.CutSuffix(line, []byte("}"))
	rest = bytes.TrimSuffix(rest, []byte("+"))
	return ok && len(bytes.Trim(rest, "0123456789")) == 0
}

// skipLine reads on to the end of a line that is open, keeping only its last
// octets and nothing of what is before it.
func (d *Decoder) skipLine(budget *int64) error {
	for {
		rest := d.buf[d.line:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			if *budget -= int64(i); *budget < 0 {
				return ErrOutOfSync
			}
			d.endLine(d.line + i)
			return nil
		}
		drop := max(0, len(rest)-announcementSize)
		if *budget -= int64(drop); *budget < 0 {
			return ErrOutOfSync
		}
		d.buf = append(d.buf[:0], rest[drop:]...) // so that there is room to read on
		d.mark, d.line, d.pos, d.eol, d.next = 0, 0, 0, 0, 0
		if err := d.fill(); err != nil {
			return err
		}
	}
}
