package message

import (
	"encoding/binary"
	"iter"
)

// Range is a run of octets [Start, End) of the stored message.
type Range struct{ Start, End int64 }

// Len is the number of octets in the range.
func (r Range) Len() int64 { return r.End - r.Start }

// PartKind says what a part's body holds.
type PartKind uint8

const (
	KindLeaf      PartKind = iota // a body with no parts
	KindMultipart                 // parts between boundaries
	KindMessage                   // message/rfc822 or message/global
)

// PartInfo is one part as the summary knows it. The strings are copies and may
// be kept.
type PartInfo struct {
	Kind PartKind
	// MIME is the part's own header with the empty line that ends it
	// (BODY[n.MIME]). For a whole message it is the message's header.
	MIME Range
	// Body is the part's body in its transfer encoding (BODY[n]). For a whole
	// message it is all of it (BODY[]).
	Body Range
	// Header and Text are the header (with its empty line) and the body of
	// the message that a KindMessage part or a whole message holds
	// (BODY[HEADER], BODY[n.HEADER], BODY[TEXT], BODY[n.TEXT]).
	Header, Text Range
	Lines        int64 // line ends in Body

	Type, Subtype string // in lower case
	Charset       string // the charset parameter as given; "" where absent
	Encoding      Encoding
	Depth         int // 0 for the root
}

// HasMessage says whether Header and Text hold, so that HEADER, HEADER.FIELDS
// and TEXT may follow the part's number (RFC 9051 §6.4.5.1).
func (p *PartInfo) HasMessage() bool { return p.Kind == KindMessage }

// node is one part as it stands in the parts section, in preorder.
type node struct {
	kind        PartKind
	children    int
	headerStart int64
	bodyStart   int64
	bodyEnd     int64
	lines       int64
	encoding    Encoding
	typ, sub    []byte
	charset     []byte
}

// A node is written as: kind and encoding (1 octet: kind in the low 2 bits),
// number of children, header start less the header start of the node before
// it, header length, body length, lines, then type, subtype and charset, each
// with its length. All numbers are unsigned varints.

func appendNode(dst []byte, n *node, prevHeader int64) []byte {
	dst = append(dst, byte(n.kind)|byte(n.encoding)<<2)
	for _, v := range [...]int64{
		int64(n.children), n.headerStart - prevHeader, n.bodyStart - n.headerStart,
		n.bodyEnd - n.bodyStart, n.lines,
	} {
		dst = binary.AppendUvarint(dst, uint64(v))
	}
	dst = appendString(dst, n.typ)
	dst = appendString(dst, n.sub)
	return appendString(dst, n.charset)
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// nodeReader walks a parts section; ok turns false at damage.
type nodeReader struct {
	b    []byte
	prev int64
	size int64 // of the message: offsets beyond it are damage
	ok   bool
}

func (r *nodeReader) uvarint() int64 {
	v, w := binary.Uvarint(r.b)
	if w <= 0 || v > 1<<48 {
		r.ok = false
		r.b = nil
		return 0
	}
	r.b = r.b[w:]
	return int64(v)
}

func (r *nodeReader) str() []byte {
	n := r.uvarint()
	if n > int64(len(r.b)) {
		r.ok = false
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *nodeReader) next(n *node) bool {
	if len(r.b) == 0 || !r.ok {
		r.ok = false
		return false
	}
	n.kind = PartKind(r.b[0] & 3)
	n.encoding = Encoding(r.b[0] >> 2)
	r.b = r.b[1:]
	n.children = int(r.uvarint())
	n.headerStart = r.prev + r.uvarint()
	n.bodyStart = n.headerStart + r.uvarint()
	n.bodyEnd = n.bodyStart + r.uvarint()
	n.lines = r.uvarint()
	n.typ, n.sub, n.charset = r.str(), r.str(), r.str()
	r.prev = n.headerStart
	if n.kind > KindMessage || n.encoding > encodingLast || n.bodyEnd > r.size ||
		n.kind == KindLeaf && n.children != 0 || n.kind == KindMessage && n.children != 1 {
		r.ok = false
	}
	return r.ok
}

// skip passes over n whole subtrees.
func (r *nodeReader) skip(n int) bool {
	var nd node
	for n > 0 {
		if !r.next(&nd) {
			return false
		}
		n += nd.children - 1
	}
	return r.ok
}

func (s Summary) nodes() nodeReader {
	return nodeReader{b: s.section(secParts), size: s.Size(), ok: true}
}

// info makes a PartInfo of a node; for a message part it reads the next node,
// which is the message's own header and body, without passing over it.
func (r *nodeReader) info(n *node) (PartInfo, bool) {
	p := PartInfo{
		Kind: n.kind, Lines: n.lines, Encoding: n.encoding,
		MIME: Range{n.headerStart, n.bodyStart}, Body: Range{n.bodyStart, n.bodyEnd},
		Type: knownString(n.typ), Subtype: knownString(n.sub), Charset: knownString(n.charset),
	}
	if n.kind == KindMessage {
		ahead := *r
		var child node
		if !ahead.next(&child) {
			return p, false
		}
		p.Header = Range{child.headerStart, child.bodyStart}
		p.Text = Range{child.bodyStart, child.bodyEnd}
	}
	return p, true
}

// Part finds the part that a section part names (RFC 9051 §6.4.5.1). The empty
// path is the whole message. Part 1 of a message that is not a multipart is
// its body. ok is false where there is no such part.
func (s Summary) Part(path []int) (info PartInfo, ok bool) {
	r := s.nodes()
	var n node
	if !r.next(&n) {
		return PartInfo{}, false
	}
	if len(path) == 0 {
		return PartInfo{
			Kind: KindMessage, Type: "message", Subtype: "rfc822", Lines: n.lines,
			MIME: Range{n.headerStart, n.bodyStart}, Body: Range{0, s.Size()},
			Header: Range{n.headerStart, n.bodyStart}, Text: Range{n.bodyStart, n.bodyEnd},
		}, true
	}
	inMessage := true // n is the body of a message, not yet counted by a number
	for _, num := range path {
		if n.kind == KindMessage && !inMessage {
			if !r.next(&n) { // the numbers go on in the message's body
				return PartInfo{}, false
			}
			inMessage = true
		}
		switch {
		case n.kind == KindMultipart:
			if num < 1 || num > n.children || !r.skip(num-1) || !r.next(&n) {
				return PartInfo{}, false
			}
		case inMessage && num == 1:
		default:
			return PartInfo{}, false
		}
		inMessage = false
	}
	info, ok = r.info(&n)
	info.Depth = len(path)
	return info, ok
}

// Parts gives all parts in the order in which they stand in the message,
// containers before what they hold, starting with the root. Depth counts the
// containers around a part.
func (s Summary) Parts() iter.Seq[PartInfo] {
	return func(yield func(PartInfo) bool) {
		r := s.nodes()
		var n node
		var left []int // children still to come at each depth
		for r.next(&n) {
			for len(left) > 0 && left[len(left)-1] == 0 {
				left = left[:len(left)-1]
			}
			p, ok := r.info(&n)
			p.Depth = len(left)
			if !ok || !yield(p) {
				return
			}
			if len(left) > 0 {
				left[len(left)-1]--
			}
			if n.children > 0 {
				left = append(left, n.children)
			}
		}
	}
}
