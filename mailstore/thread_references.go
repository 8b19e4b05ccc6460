package mailstore

// references does RFC 5256 §3, REFERENCES: steps 1 to 4 and 6, and step 5 with
// subjects.
func (b *threadBuilder) references(subjects bool) error {
	f, err := b.family()
	if err != nil {
		return err
	}
	b.prune(f.parent)
	b.link()
	if subjects {
		b.gather()
		b.link()
	}
	return b.ctx.Err()
}

// family links parents and children by the Message-IDs (step 1).
func (b *threadBuilder) family() (*forest, error) {
	ids := newHashTable(2 * b.n)
	nodes := make([]int32, 0, 4*b.n) // of the references of one message after another
	ends := make([]int32, b.n)
	// All messages are known before any is linked, so that what is not found
	// is not there. Of those with the same id the first has it.
	for i, id := range b.list.emails {
		c, k := b.uses.of(id).columns[sortIDs], int(id%blockSize)
		if c.marked.has(k) {
			ids.put(c.numbers[k], int32(i))
		}
	}
	dummies := int32(b.n)
	for i, id := range b.list.emails {
		c, k := b.uses.of(id).columns[sortIDs], int(id%blockSize)
		for _, hash := range c.references(k) {
			node, added := ids.put(hash, dummies)
			if added {
				dummies++
			}
			nodes = append(nodes, node)
		}
		ends[i] = int32(len(nodes))
	}
	f := newForest(int(dummies))
	start := int32(0)
	for i, end := range ends {
		if i%4096 == 0 && b.ctx.Err() != nil {
			return nil, b.ctx.Err()
		}
		f.message(int32(i), nodes[start:end])
		start = end
	}
	return f, nil
}

// message links one message and its references (step 1, A and B).
func (f *forest) message(node int32, references []int32) {
	for k := 1; k < len(references); k++ {
		if child := references[k]; f.parent[child] < 0 {
			f.adopt(references[k-1], child)
		}
	}
	parent := int32(-1)
	if len(references) > 0 {
		parent = references[len(references)-1]
	}
	if f.parent[node] == parent {
		return
	}
	f.orphan(node)
	if parent >= 0 {
		f.adopt(parent, node)
	}
}

// prune takes the dummies out (step 3) and sets parent for what is left: the
// children of one move up to its parent, but not to the root if there are
// several; then the dummy that is the root keeps them. family is by node, and
// is used up.
func (b *threadBuilder) prune(family []int32) {
	n := int32(b.n)
	b.parent = make([]int32, n, n+16)
	only := make([]int32, int32(len(family))-n) // of each dummy root: -1 for none, a child, or -2 for several
	for i := range only {
		only[i] = -1
	}
	for node := range n {
		p := above(family, n, node)
		b.parent[node] = p
		if p >= n {
			switch o := &only[p-n]; *o {
			case -1:
				*o = node
			default:
				*o = -2
			}
		}
	}
	kept := make([]int32, len(only)) // the new number of a dummy, -1 if it goes
	for i, o := range only {
		kept[i] = -1
		if o == -2 {
			kept[i] = int32(len(b.parent))
			b.parent = append(b.parent, -1)
		}
	}
	for node := range n {
		if p := b.parent[node]; p >= n {
			b.parent[node] = kept[p-n]
		}
	}
}

// above gives the nearest node above one that is a message, or the dummy at the
// root; -1 where there is none. Dummies on the way are made to point there, so
// that long chains of them are gone up once.
func above(family []int32, n, node int32) int32 {
	top := family[node]
	for top >= n && family[top] >= 0 {
		top = family[top]
	}
	for at := family[node]; at >= n && at != top; {
		at, family[at] = family[at], top
	}
	return top
}

// gather joins threads whose subjects are the same (step 5).
func (b *threadBuilder) gather() {
	n := int32(b.n)
	table := newHashTable(b.n)
	type thread struct {
		root          int32
		subject       uint64
		dummy, replys bool
	}
	var roots []thread
	for root := b.root; root >= 0; root = b.next[root] {
		t := thread{root: root, dummy: root >= n}
		first := root
		if t.dummy {
			first = b.child[root]
		}
		hash, some, reply := b.subject(first)
		if !some {
			continue
		}
		t.subject, t.replys = hash, reply
		roots = append(roots, t)
	}
	// B. The table holds places in roots.
	for i, t := range roots {
		at, added := table.put(t.subject, int32(i))
		if added {
			continue
		}
		if in := roots[at]; !in.dummy && (t.dummy || in.replys && !t.replys) {
			table.set(t.subject, int32(i))
		}
	}
	// C.
	for i, t := range roots {
		at, _ := table.put(t.subject, int32(i))
		if at == int32(i) {
			continue
		}
		in := &roots[at]
		switch {
		case in.dummy && t.dummy:
			for child := b.child[t.root]; child >= 0; child = b.next[child] {
				b.parent[child] = in.root
			}
		case in.dummy, t.replys && !in.replys:
			b.parent[t.root] = in.root
		default:
			dummy := int32(len(b.parent))
			b.parent = append(b.parent, -1)
			b.parent[t.root], b.parent[in.root] = dummy, dummy
			in.root, in.dummy = dummy, true
		}
	}
}

// orderByArrival puts the threads in the order of their latest messages by
// internal date, then sequence number.
func (b *threadBuilder) orderByArrival() {
	words := b.list.numbers(func(p *Page, dst []uint64) { column64(p.InternalDates(), dst) })
	order := placesBy(words)
	top := b.tops()
	// From the latest message on: the thread of each that was not met before
	// stands before those that were.
	b.root = -1
	placed := make([]bool, len(b.parent))
	for i := len(order) - 1; i >= 0; i-- {
		root := top[order[i]]
		if !placed[root] {
			placed[root] = true
			b.next[root] = b.root
			b.root = root
		}
	}
}
