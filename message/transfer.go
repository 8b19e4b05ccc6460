package message

import (
	"fmt"
	"io"
)

// DecodeTransfer gives the content of a part whose body r reads. It decodes
// what real mail holds and never fails on bad input: octets that the encoding
// does not allow are passed over (base64) or kept (quoted-printable). The error
// wraps [ErrUnknownEncoding]; a read error of r comes out of the reader.
func DecodeTransfer(e Encoding, r io.Reader) (io.Reader, error) {
	return decodeTransfer(e, r, decodingBuffer)
}

// decodeTransfer is DecodeTransfer with a buffer of that size.
func decodeTransfer(e Encoding, r io.Reader, buffer int) (io.Reader, error) {
	dec, err := transferDecoder(e)
	if dec == nil || err != nil {
		return r, err
	}
	return newDecodingReader(r, dec, buffer), nil
}

// transferDecoder gives the decoder of an encoding, nil where nothing is to be
// done. The error wraps [ErrUnknownEncoding].
func transferDecoder(e Encoding) (pieceDecoder, error) {
	switch e {
	case Encoding7Bit, Encoding8Bit, EncodingBinary:
		return nil, nil
	case EncodingBase64:
		return &base64Decoder{}, nil
	case EncodingQuotedPrintable:
		return &quotedPrintableDecoder{}, nil
	case EncodingUU:
		return &uuDecoder{}, nil
	}
	return nil, fmt.Errorf("decode part: %w", ErrUnknownEncoding)
}

// pieceDecoder decodes octets that come in pieces of any size.
type pieceDecoder interface {
	append(dst, src []byte) []byte
	finish(dst []byte) []byte
}

// decodingReader reads through a pieceDecoder.
type decodingReader struct {
	src io.Reader
	dec pieceDecoder
	in  []byte
	out []byte // decoded and not yet read
	buf []byte // memory of out
	err error
}

const decodingBuffer = 16 << 10

// bufferFor is the buffer that so many octets need: most texts are far smaller
// than decodingBuffer. One more lets a reader see their end.
func bufferFor(octets int64) int {
	return int(max(512, min(octets+1, decodingBuffer)))
}

func newDecodingReader(src io.Reader, dec pieceDecoder, buffer int) io.Reader {
	return &decodingReader{src: src, dec: dec, in: make([]byte, buffer)}
}

func (r *decodingReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		n, err := r.src.Read(r.in)
		r.buf = r.dec.append(r.buf[:0], r.in[:n])
		if err != nil {
			r.err = err
			if err == io.EOF {
				r.buf = r.dec.finish(r.buf)
			}
		}
		r.out = r.buf
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}
