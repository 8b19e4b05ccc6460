package serve

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// ErrDeflate is the kind of what is wrong with a compressed stream.
var ErrDeflate = errors.New("serve: compressed data is damaged")

// errMore says that a step needs more input. What the step had taken is put back.
var errMore = errors.New("more input is needed")

const (
	windowSize   = 32 << 10       // how far back a stream may refer (RFC 1951 §2)
	windowBuffer = 2 * windowSize // what is kept of the output, so that it is seldom moved
	longestMatch = 258            // octets of one match (RFC 1951 §3.2.5)
	inputBuffer  = 4 << 10        // holds the longest head of a block, of less than 600 octets
)

// inflater decodes a DEFLATE stream (RFC 1951) that comes in pieces. Unlike
// compress/flate it hands out what it has decoded before it waits for more,
// whatever kind of flush the client used (mutt's is Z_PARTIAL_FLUSH), it goes on
// after a read that timed out, and while the client is silent it holds no more
// than the last octets that the client may refer to: see [inflater.relax].
type inflater struct {
	src    func([]byte) (int, error)
	works  *sync.Pool   // of *inflateWork
	work   *inflateWork // nil while relaxed
	kept   []byte       // the last output while relaxed
	in     bitReader
	at     blockState
	fixed  bool // the block's codes are the fixed ones
	final  bool // the block is the last one
	stored int  // octets of a stored block that are left
	ending bool // the client's layer ends at the next flush
	err    error
	octets int64    // of compressed input
	tiny   [64]byte // read into while relaxed
}

// inflateWork is what decoding needs besides; it is lent.
type inflateWork struct {
	input            [inputBuffer]byte
	output           [windowBuffer]byte
	read, written    int // how much of output
	literal, distant huffman
}

// blockState is where in the stream the next octet stands.
type blockState uint8

const (
	beforeBlock blockState = iota
	inStored
	inCompressed
	behindStream
)

// Read gives decoded octets. It waits for input only where none are left.
func (f *inflater) Read(p []byte) (int, error) {
	if err := f.resume(); err != nil {
		return 0, err
	}
	w := f.work
	for {
		if w.read < w.written {
			n := copy(p, w.output[w.read:w.written])
			w.read += n
			return n, nil
		}
		if f.err != nil {
			return 0, f.err
		}
		if err := f.decode(); !errors.Is(err, errMore) {
			f.err = err
			continue
		}
		rest := copy(w.input[:], f.in.left())
		n, err := f.src(w.input[rest:])
		f.octets += int64(n)
		f.in.reset(w.input[:rest+n])
		if n == 0 {
			if err == io.EOF && (rest > 0 || f.at != beforeBlock) {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
}

// resume borrows what decoding needs, once there is something to decode.
func (f *inflater) resume() error {
	if f.work != nil {
		return nil
	}
	if f.err != nil {
		return f.err
	}
	n := 0
	if f.at != behindStream {
		var err error
		n, err = f.src(f.tiny[:])
		f.octets += int64(n)
		if n == 0 {
			return err
		}
	}
	f.work, _ = f.works.Get().(*inflateWork)
	if f.work == nil {
		f.work = new(inflateWork)
	}
	f.work.written = copy(f.work.output[:], f.kept)
	f.work.read = f.work.written
	if f.at == inCompressed {
		f.work.fixed()
	}
	f.in.reset(f.work.input[:copy(f.work.input[:], f.tiny[:n])])
	return nil
}

// relax gives back what is not needed while the client is silent, which is all
// but the last octets that it sent, if it stopped behind a block, or in one with
// the fixed codes, as it does when it flushes.
func (f *inflater) relax() {
	w := f.work
	if w == nil {
		return
	}
	if f.err == nil && w.read == w.written {
		// The flush behind what was read last.
		if err := f.decode(); !errors.Is(err, errMore) {
			f.err = err
		}
	}
	if w.read < w.written || len(f.in.left()) > 0 || f.at == inCompressed && !f.fixed {
		return
	}
	last := w.output[max(0, w.written-windowSize):w.written]
	if cap(f.kept) < len(last) {
		const grain = 512
		f.kept = make([]byte, 0, (len(last)+grain-1)/grain*grain)
	}
	f.kept = append(f.kept[:0], last...)
	f.in.reset(nil)
	f.work = nil
	w.read, w.written = 0, 0
	f.works.Put(w)
}

// end says that the client ends its layer with the command that was read last
// (RFC 8437 §4.1): at the flush behind it, or with its stream.
func (f *inflater) end() { f.ending = true }

// decode decodes until the end of a block that gave output, so that nothing
// behind a flush is taken before what came before it was understood. The error is
// errMore where input is wanted, and io.EOF behind the stream.
func (f *inflater) decode() error {
	w := f.work
	for {
		if w.written > windowBuffer-longestMatch {
			if w.read < w.written {
				return nil
			}
			w.written = copy(w.output[:], w.output[w.written-windowSize:w.written])
			w.read = w.written
		}
		had := f.at
		err := f.step()
		switch {
		case err != nil:
			if w.read < w.written {
				// The error is met again once this is read.
				return nil
			}
			return err
		case w.read == w.written:
		case f.ending:
			return fmt.Errorf("%w: more behind its end", ErrDeflate)
		case had != beforeBlock && (f.at == beforeBlock || f.at == behindStream):
			return nil
		}
	}
}

// step decodes one piece: a block's head, or some of its octets.
func (f *inflater) step() error {
	switch f.at {
	case beforeBlock:
		before := f.in
		err := f.head()
		if errors.Is(err, errMore) {
			f.in = before
		}
		return err
	case inStored:
		return f.copyStored()
	case inCompressed:
		return f.symbols()
	}
	return io.EOF
}

// endBlock goes on behind a block. flush says that it was an empty stored one.
func (f *inflater) endBlock(flush bool) {
	f.at = beforeBlock
	if f.final || flush && f.ending {
		f.at = behindStream
	}
}

// copyStored copies octets of a stored block (RFC 1951 §3.2.4).
func (f *inflater) copyStored() error {
	w := f.work
	n := min(f.stored, windowBuffer-w.written)
	n = f.in.octets(w.output[w.written : w.written+n])
	w.written += n
	if f.stored -= n; f.stored == 0 {
		f.endBlock(false)
		return nil
	}
	if n == 0 {
		return errMore
	}
	return nil
}

// symbols decodes a compressed block until it ends, there is no input, or no room
// for a match (RFC 1951 §3.2.3).
func (f *inflater) symbols() error {
	w := f.work
	literal, distant := &w.literal, &w.distant
	for w.written <= windowBuffer-longestMatch {
		before := f.in
		symbol, err := f.in.symbol(literal)
		switch {
		case err == nil && symbol < endOfBlock:
			w.output[w.written] = byte(symbol)
			w.written++
			continue
		case err == nil && symbol == endOfBlock:
			f.endBlock(false)
			return nil
		case err == nil:
			err = f.match(symbol, distant)
		}
		if err != nil {
			if errors.Is(err, errMore) {
				f.in = before
			}
			return err
		}
	}
	return nil
}

// match copies earlier output (RFC 1951 §3.2.5).
func (f *inflater) match(symbol int, distant *huffman) error {
	symbol -= endOfBlock + 1
	if symbol >= len(lengthBase) {
		return fmt.Errorf("%w: no such length", ErrDeflate)
	}
	extra, err := f.in.take(uint(lengthExtra[symbol]))
	if err != nil {
		return err
	}
	length := int(lengthBase[symbol]) + int(extra)
	if symbol, err = f.in.symbol(distant); err != nil {
		return err
	}
	if symbol >= len(distanceBase) {
		return fmt.Errorf("%w: no such distance", ErrDeflate)
	}
	if extra, err = f.in.take(uint(distanceExtra[symbol])); err != nil {
		return err
	}
	w := f.work
	from := w.written - int(distanceBase[symbol]) - int(extra)
	if from < 0 {
		return fmt.Errorf("%w: a distance before its beginning", ErrDeflate)
	}
	for end := w.written + length; w.written < end; {
		// Octets that this very match writes may be among those it copies.
		n := copy(w.output[w.written:end], w.output[from:w.written])
		w.written += n
	}
	return nil
}
