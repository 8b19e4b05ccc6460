package mailstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// posting is a message of the tests of sorting and threading.
type posting struct {
	sent     int64 // seconds since 1970, 0: no Date field
	internal int64
	base     string // its base subject
	reply    bool
	id       string // its Message-ID, or empty
	refs     []string
}

// modelNode is a message or dummy as the text of RFC 5256 §3 speaks of them.
type modelNode struct {
	seq      int // 0: dummy
	posting  posting
	parent   *modelNode
	children []*modelNode
}

func (n *modelNode) has(m *modelNode) bool {
	return n == m || slices.ContainsFunc(n.children, func(c *modelNode) bool { return c.has(m) })
}

func (n *modelNode) adopt(c *modelNode) {
	if c.parent != nil {
		c.parent.children = slices.DeleteFunc(c.parent.children, func(x *modelNode) bool { return x == c })
	}
	if c.parent = n; n != nil {
		n.children = append(n.children, c)
	}
}

// first is the message that a node is sorted by.
func (n *modelNode) first() *modelNode {
	if n.seq == 0 {
		return n.children[0]
	}
	return n
}

func bySent(a, b *modelNode) int {
	a, b = a.first(), b.first()
	return cmp.Or(cmp.Compare(sentOf(a.posting), sentOf(b.posting)), cmp.Compare(a.seq, b.seq))
}

func sentOf(l posting) int64 {
	if l.sent == 0 {
		return l.internal
	}
	return l.sent
}

// modelReferences does RFC 5256 §3, REFERENCES, word by word, and answers the
// text of the response.
func modelReferences(postings []posting, subjects bool) string {
	// (1)
	byID := map[string]*modelNode{}
	var all []*modelNode
	for i, l := range postings {
		n := &modelNode{seq: i + 1, posting: l}
		id := l.id
		if id == "" || byID[id] != nil {
			id = fmt.Sprint("unique ", i)
		}
		byID[id] = n
		all = append(all, n)
	}
	var dummies []*modelNode
	find := func(id string) *modelNode {
		if byID[id] == nil {
			byID[id] = &modelNode{}
			dummies = append(dummies, byID[id])
		}
		return byID[id]
	}
	for i, l := range postings {
		var parent *modelNode
		for _, id := range l.refs {
			child := find(id)
			if parent != nil && child.parent == nil && !child.has(parent) {
				parent.adopt(child)
			}
			parent = child
		}
		n := all[i]
		if n.parent != parent {
			(*modelNode)(nil).adopt(n)
			if parent != nil && !n.has(parent) {
				parent.adopt(n)
			}
		}
	}
	// (2)
	root := &modelNode{}
	for _, n := range append(all, dummies...) {
		if n.parent == nil {
			root.adopt(n)
		}
	}
	// (3)
	root.children = modelPrune(root.children, true)
	// (4)
	for _, n := range root.children {
		if n.seq == 0 {
			slices.SortFunc(n.children, bySent)
		}
	}
	slices.SortFunc(root.children, bySent)
	// (5)
	if subjects {
		modelGather(root)
	}
	// (6)
	modelSort(root)
	return modelText(root.children)
}

func modelPrune(level []*modelNode, atRoot bool) []*modelNode {
	var kept []*modelNode
	for _, n := range level {
		n.children = modelPrune(n.children, false)
		switch {
		case n.seq != 0:
			kept = append(kept, n)
		case len(n.children) == 0:
		case atRoot && len(n.children) > 1:
			kept = append(kept, n)
		default:
			kept = append(kept, n.children...)
		}
	}
	return kept
}

func modelGather(root *modelNode) {
	table := map[string]*modelNode{}
	subject := func(n *modelNode) string { return strings.ToUpper(n.first().posting.base) }
	for _, n := range root.children {
		s := subject(n)
		if s == "" {
			continue
		}
		in := table[s]
		if in == nil || in.seq != 0 && (n.seq == 0 || in.posting.reply && !n.posting.reply) {
			table[s] = n
		}
	}
	for _, n := range slices.Clone(root.children) {
		s := subject(n)
		in := table[s]
		if s == "" || in == n {
			continue
		}
		root.children = slices.DeleteFunc(root.children, func(x *modelNode) bool { return x == n })
		n.parent = nil
		switch {
		case n.seq == 0 && in.seq == 0:
			in.children = append(in.children, n.children...)
		case in.seq == 0, n.posting.reply && !in.posting.reply:
			in.adopt(n)
		default:
			dummy := &modelNode{}
			i := slices.Index(root.children, in)
			root.children[i] = dummy
			in.parent = nil
			dummy.adopt(n)
			dummy.adopt(in)
			slices.SortFunc(dummy.children, bySent)
			table[s] = dummy
		}
	}
}

func modelSort(n *modelNode) {
	for _, c := range n.children {
		modelSort(c)
	}
	slices.SortFunc(n.children, bySent)
}

// modelRefs is REFERENCES without the subjects, threads by their latest.
func modelRefs(postings []posting) string {
	text := modelReferences(postings, false)
	var threads []string
	for depth, start, i := 0, 0, 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			if depth++; depth == 1 {
				start = i
			}
		case ')':
			if depth--; depth == 0 {
				threads = append(threads, text[start:i+1])
			}
		}
	}
	latest := func(thread string) (at int64, seq int) {
		for _, f := range strings.FieldsFunc(thread, func(r rune) bool { return r < '0' || r > '9' }) {
			var n int
			fmt.Sscan(f, &n)
			if v := postings[n-1].internal; v > at || v == at && n > seq {
				at, seq = v, n
			}
		}
		return at, seq
	}
	slices.SortFunc(threads, func(a, b string) int {
		at1, seq1 := latest(a)
		at2, seq2 := latest(b)
		return cmp.Or(cmp.Compare(at1, at2), cmp.Compare(seq1, seq2))
	})
	return strings.Join(threads, "")
}

// modelOrderedSubject does RFC 5256 §3, ORDEREDSUBJECT.
func modelOrderedSubject(postings []posting) string {
	threads := map[string]*modelNode{}
	var all []*modelNode
	for i, l := range postings {
		all = append(all, &modelNode{seq: i + 1, posting: l})
	}
	slices.SortFunc(all, bySent)
	root := &modelNode{}
	for _, n := range all {
		s := strings.ToUpper(n.posting.base)
		if threads[s] == nil {
			threads[s] = n
			root.adopt(n)
			continue
		}
		threads[s].adopt(n)
	}
	return modelText(root.children)
}

// modelText is the thread-lists of RFC 5256 §5.
func modelText(level []*modelNode) string {
	var out strings.Builder
	for _, n := range level {
		out.WriteByte('(')
		for first := true; ; first = false {
			if n.seq != 0 {
				if !first {
					out.WriteByte(' ')
				}
				fmt.Fprint(&out, n.seq)
			}
			if len(n.children) != 1 {
				break
			}
			n = n.children[0]
		}
		if len(n.children) > 0 {
			if n.seq != 0 {
				out.WriteByte(' ')
			}
			out.WriteString(modelText(n.children))
		}
		out.WriteByte(')')
	}
	return out.String()
}
