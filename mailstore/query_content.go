package mailstore

import (
	"bytes"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// contentPlan is a condition on the texts of messages: a tree of its own, so
// that a message is opened once for all texts that are looked for, and only as
// far as it takes to decide.
type contentPlan struct {
	expr   contentExpr
	leaves []contentLeaf
	by     search.Comparator // of all leaves
}

// contentLeaf is one text to be found in a message.
type contentLeaf struct {
	needle  search.Needle // not empty
	octets  search.Needle // for texts that cannot be decoded
	field   fieldNeedles
	headers bool // also in the header and in the headers of parts
}

// contentExpr combines leaves.
type contentExpr struct {
	op   contentOp
	leaf int           // of contentFind
	of   []contentExpr // of the others
}

type contentOp uint8

const (
	contentFind contentOp = iota
	contentAnd
	contentOr
	contentNot
)

func compileContent(text string, headers bool, by search.Comparator) plan {
	if text == "" {
		return everything{}
	}
	return &contentPlan{by: by, leaves: []contentLeaf{{
		needle: by.Needle([]byte(text)), octets: search.Octet.Needle([]byte(text)), field: textNeedles(text, by), headers: headers,
	}}}
}

func (*contentPlan) cost() cost { return costContent }

func (p *contentPlan) negated() *contentPlan {
	return &contentPlan{expr: contentExpr{op: contentNot, of: []contentExpr{p.expr}}, leaves: p.leaves, by: p.by}
}

// join answers the condition of p, which may be nil, and or or q.
func (p *contentPlan) join(q *contentPlan, and bool) *contentPlan {
	if p == nil {
		return q
	}
	op := contentOr
	if and {
		op = contentAnd
	}
	leaves := append(p.leaves[:len(p.leaves):len(p.leaves)], q.leaves...)
	return &contentPlan{
		expr:   contentExpr{op: op, of: []contentExpr{p.expr, q.expr.shifted(len(p.leaves))}},
		leaves: leaves,
		by:     p.by,
	}
}

// shifted is the same condition with its leaves further on by so many.
func (e contentExpr) shifted(by int) contentExpr {
	of := make([]contentExpr, len(e.of))
	for i, sub := range e.of {
		of[i] = sub.shifted(by)
	}
	return contentExpr{op: e.op, leaf: e.leaf + by, of: of}
}

// verdict is what is known of a condition while a message is read.
type verdict uint8

const (
	undecided verdict = iota
	no
	yes
)

// decide judges the condition by the leaves found so far. At the end, done, a
// leaf that was not found is not there.
func (e *contentExpr) decide(found []bool, done bool) verdict {
	switch e.op {
	case contentFind:
		switch {
		case found[e.leaf]:
			return yes
		case done:
			return no
		}
		return undecided
	case contentNot:
		switch e.of[0].decide(found, done) {
		case yes:
			return no
		case no:
			return yes
		}
		return undecided
	}
	ends, all := no, yes // what one of them decides, what all together make
	if e.op == contentOr {
		ends, all = yes, no
	}
	out := all
	for i := range e.of {
		switch e.of[i].decide(found, done) {
		case ends:
			return ends
		case undecided:
			out = undecided
		}
	}
	return out
}

func (p *contentPlan) eval(s *searcher, candidates, out bitset) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	needles, octets := make([]search.Needle, len(p.leaves)), make([]search.Needle, len(p.leaves))
	for i, leaf := range p.leaves {
		needles[i], octets[i] = leaf.needle, leaf.octets
	}
	scan := &contentScan{
		searcher: s, plan: p, reader: r,
		texts: search.NewMatcher(needles...), octets: search.NewMatcher(octets...), found: make([]bool, len(p.leaves)),
	}
	return s.eachContent(candidates, func(id restante.EmailID, place int) error {
		match, err := scan.message(id)
		if match {
			out.add(place)
		}
		return err
	})
}

// contentScan looks through one message after another.
type contentScan struct {
	searcher *searcher
	plan     *contentPlan
	reader   *Reader
	texts    *search.Matcher // of the leaves
	octets   *search.Matcher // of the leaves, in texts that cannot be decoded
	found    []bool          // by leaf
	before   []bool          // what was found before a part
	summary  message.Summary
	header   bytes.Buffer
	decoded  []byte
	folded   []byte
}

// message reports whether a message matches.
func (c *contentScan) message(id restante.EmailID) (bool, error) {
	clear(c.found)
	row, err := c.reader.Summary(id)
	if err != nil {
		return false, err
	}
	c.summary = append(c.summary[:0], row...)
	if c.wanted(true) {
		header, err := c.reader.Header(id)
		if err != nil {
			return false, err
		}
		c.fields(header, true)
	}
	v := c.plan.expr.decide(c.found, false)
	inMessage, first := false, true
	for part := range c.summary.Parts() {
		if v != undecided {
			break
		}
		if err := c.part(id, part, first || inMessage); err != nil {
			return false, err
		}
		inMessage, first = part.HasMessage(), false
		v = c.plan.expr.decide(c.found, false)
	}
	if v == undecided {
		v = c.plan.expr.decide(c.found, true)
	}
	return v == yes, nil
}

// wanted reports whether there are leaves still to be found that are looked
// for in part headers, or in texts.
func (c *contentScan) wanted(headers bool) bool {
	for i, leaf := range c.plan.leaves {
		if !c.found[i] && (leaf.headers || !headers) {
			return true
		}
	}
	return false
}

// part looks in one part without the parts within it. Its header is left out
// if it belongs to a message, where it has been looked at already.
func (c *contentScan) part(id restante.EmailID, part message.PartInfo, ofMessage bool) error {
	if !ofMessage && part.MIME.Len() > 0 && c.wanted(true) {
		if err := c.headerAt(id, part.MIME, true); err != nil {
			return err
		}
	}
	switch {
	case part.Kind == message.KindMessage:
		return c.headerAt(id, part.Header, false)
	case part.IsLegible():
		return c.text(id, part)
	}
	return nil
}

// text looks in the text of a part, or in its octets if it cannot be decoded (RFC
// 5255 §4.6).
func (c *contentScan) text(id restante.EmailID, part message.PartInfo) error {
	c.before = append(c.before[:0], c.found...)
	text := message.DecodeText(part, c.reader.Open(id, part.Body.Start, part.Body.Len()))
	if _, err := c.texts.MatchReader(c.searcher.ctx, text, c.found); err != nil {
		return err
	}
	if decodable, err := text.Decodable(); decodable || err != nil {
		return err
	}
	copy(c.found, c.before)
	octets := message.DecodeOctets(part, c.reader.Open(id, part.Body.Start, part.Body.Len()))
	_, err := c.octets.MatchReader(c.searcher.ctx, octets, c.found)
	return err
}

// headerAt looks in the header that stands at r.
func (c *contentScan) headerAt(id restante.EmailID, r message.Range, partHeader bool) error {
	c.header.Reset()
	if err := c.reader.WriteRange(&c.header, id, r.Start, r.Len()); err != nil {
		return err
	}
	c.fields(c.header.Bytes(), partHeader)
	return nil
}

// fields looks in each field of a header, name and decoded value. In the
// header of the message or of a part only the leaves that want headers are
// looked for; the header of a message within it is text as any other.
func (c *contentScan) fields(header []byte, partHeader bool) {
	for len(header) > 0 {
		end := fieldEnd(header)
		field := header[:end]
		header = header[end:]
		var decoded bool
		c.decoded, decoded = message.HeaderText(c.decoded[:0], field)
		by := c.plan.by
		if !decoded {
			by = search.Octet
		}
		c.folded = collateField(c.folded[:0], c.decoded, by)
		for i := range c.plan.leaves {
			leaf := &c.plan.leaves[i]
			needle := leaf.field.folded
			if !decoded {
				needle = leaf.field.octets
			}
			if !c.found[i] && (leaf.headers || !partHeader) && bytes.Contains(c.folded, needle) {
				c.found[i] = true
			}
		}
	}
}

// fieldEnd is where the field at the start of a header ends: at the first line
// that does not continue it (RFC 5322 §2.2.3).
func fieldEnd(header []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(header[at:], '\n')
		if i < 0 {
			return len(header)
		}
		at += i + 1
		if at == len(header) || header[at] != ' ' && header[at] != '\t' {
			return at
		}
	}
}
