package mailstore

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/search"
)

// ThreadAlgorithm is a way to arrange messages in threads.
type ThreadAlgorithm uint8

const (
	// ThreadRefs is ThreadReferences without the subjects, with threads in the
	// order of their latest message's internal date
	// (draft-ietf-morg-inthread-01, section 4).
	ThreadRefs ThreadAlgorithm = iota
	// ThreadReferences goes by the Message-IDs that messages refer to, and by
	// subjects that are the same (RFC 5256 §3).
	ThreadReferences
	// ThreadOrderedSubject puts messages with the same base subject below the
	// first of them (RFC 5256 §3).
	ThreadOrderedSubject
)

// ThreadNode is a message in a tree of threads, or a dummy that stands for one
// that is not there.
type ThreadNode int32

// NoThreadNode is where there is no node.
const NoThreadNode ThreadNode = -1

// Threads are messages of a snapshot arranged in trees. Siblings, and the
// threads themselves, stand in their order. It is never changed.
type Threads struct {
	list   messageList
	parent []int32 // of each node, -1: none; the list's messages first, then dummies
	child  []int32 // first one, -1: none
	last   []int32 // last child; while the tree is made
	next   []int32 // sibling behind, -1: none
	top    []int32 // the root of each node's thread; nil until needed
	root   int32   // the first thread, -1: none
	tail   int32   // the last thread
}

// Snapshot is what was threaded and what the sequence numbers refer to.
func (t *Threads) Snapshot() *Snapshot { return t.list.snap }

// First is the root of the first thread.
func (t *Threads) First() ThreadNode { return ThreadNode(t.root) }

// Next is the sibling behind a node; behind a root, the next thread's root.
func (t *Threads) Next(n ThreadNode) ThreadNode { return ThreadNode(t.next[n]) }

// Child is a node's first child.
func (t *Threads) Child(n ThreadNode) ThreadNode { return ThreadNode(t.child[n]) }

// Seq is the sequence number of a node's message, 0 for a dummy. Only roots are
// dummies, and they have at least two children.
func (t *Threads) Seq(n ThreadNode) int {
	if int(n) < len(t.list.seqs) {
		return int(t.list.seqs[n])
	}
	return 0
}

// tops finds the root of each node's thread.
func (t *Threads) tops() []int32 {
	top := make([]int32, len(t.parent))
	var stack []int32
	for root := t.root; root >= 0; root = t.next[root] {
		stack = append(stack[:0], root)
		for len(stack) > 0 {
			node := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			top[node] = root
			for child := t.child[node]; child >= 0; child = t.next[child] {
				stack = append(stack, child)
			}
		}
	}
	return top
}

// Thread arranges what a search found in threads. Summaries are read and no
// message is opened; a message whose content was expunged meanwhile stands
// alone. It stops with the context's error when ctx ends.
//
// Subjects are compared by the collation, where the algorithm compares them.
// Message-IDs and subjects are compared by hashes of 64 bits with a key that
// nobody knows.
func (a *Account) Thread(ctx context.Context, found Result, by ThreadAlgorithm, collation search.Comparator) (*Threads, error) {
	t := &Threads{root: -1}
	if found.snap == nil {
		return t, nil
	}
	t.list = listOf(found)
	s := &searcher{ctx: ctx, account: a, snap: found.snap}
	defer s.close()
	b, err := newThreadBuilder(s, t, by, sortSubject.by(collation))
	if err != nil {
		return nil, err
	}
	switch by {
	case ThreadOrderedSubject:
		b.orderedSubject()
	case ThreadReferences, ThreadRefs:
		if err := b.references(by == ThreadReferences); err != nil {
			return nil, err
		}
		if by == ThreadRefs {
			b.orderByArrival()
		}
	default:
		return nil, fmt.Errorf("mailstore: unknown thread algorithm %d: %w", by, restante.ErrInvalid)
	}
	t.last = nil
	return t, nil
}

// threadBuilder makes Threads. Nodes are places in the list, and behind them
// dummies.
type threadBuilder struct {
	*Threads
	ctx    context.Context
	n      int // messages
	uses   *sortUses
	byDate []uint32 // places by sent date, then sequence number
	hash   func([]byte) uint64

	subjects sortKind // the column of the base subjects
}

// newThreadBuilder reads what an algorithm compares.
func newThreadBuilder(s *searcher, t *Threads, by ThreadAlgorithm, subjects sortKind) (*threadBuilder, error) {
	kinds := []sortKind{subjects, sortIDs}
	switch by {
	case ThreadOrderedSubject:
		kinds = kinds[:1]
	case ThreadRefs:
		kinds = kinds[1:]
	}
	b := &threadBuilder{Threads: t, subjects: subjects, ctx: s.ctx, n: len(t.list.seqs), hash: s.account.store.hash}
	var err error
	if b.uses, err = s.loadSorts(t.list.emails, kinds); err != nil {
		return nil, err
	}
	b.byDate = placesBy(t.list.sentDates())
	return b, s.ctx.Err()
}

// placesBy gives the places in the order of their words, then of their sequence
// numbers.
func placesBy(words []uint64) []uint32 {
	entries := make([]sortEntry, len(words))
	for i, w := range words {
		entries[i] = sortEntry{word: w, place: uint32(i)}
	}
	radixSort(entries, make([]sortEntry, len(words)))
	places := make([]uint32, len(words))
	for i, e := range entries {
		places[i] = e.place
	}
	return places
}

// subject is the hash of a message's base subject, whether it has one, and
// whether it is a reply or forward (RFC 5256 §2.1).
func (b *threadBuilder) subject(place int32) (hash uint64, some, reply bool) {
	id := b.list.emails[place]
	c, i := b.uses.of(id).columns[b.subjects], int(id%blockSize)
	text := c.text.of(i)
	return b.hash(text), len(text) > 0, c.marked.has(i)
}

// grow makes room for all nodes that there will be, without links but parent's.
func (b *threadBuilder) grow(nodes int) {
	b.child, b.next, b.last = unlinked(b.child, nodes), unlinked(b.next, nodes), unlinked(b.last, nodes)
	b.root, b.tail = -1, -1
}

// unlinked answers n links to nowhere, in old's memory if they fit.
func unlinked(old []int32, n int) []int32 {
	if cap(old) < n {
		old = make([]int32, n)
	}
	old = old[:n]
	for i := range old {
		old[i] = -1
	}
	return old
}

// appendChild puts a node behind its parent's last child, or behind the last
// root.
func (b *threadBuilder) appendChild(parent, node int32) {
	last, first := &b.tail, &b.root
	if parent >= 0 {
		last, first = &b.last[parent], &b.child[parent]
	}
	if *last < 0 {
		*first = node
	} else {
		b.next[*last] = node
	}
	*last = node
}

// link makes the lists of children of parent, all in the order of the sent date,
// a dummy by the first of its children (RFC 5256 §3, steps 4 and 6). For the
// nodes are taken in that order, and each is put behind its siblings.
func (b *threadBuilder) link() {
	b.grow(len(b.parent))
	for _, place := range b.byDate {
		node := int32(place)
		parent := b.parent[node]
		if parent >= int32(b.n) && b.child[parent] < 0 {
			b.appendChild(-1, parent)
		}
		b.appendChild(parent, node)
	}
}

// orderedSubject arranges by base subjects: the first message of each by sent
// date is the root, all others its children.
func (b *threadBuilder) orderedSubject() {
	b.parent = unlinked(nil, b.n)
	firsts := newHashTable(b.n)
	for _, place := range b.byDate {
		hash, _, _ := b.subject(int32(place))
		b.parent[place] = -1
		if first, added := firsts.put(hash, int32(place)); !added {
			b.parent[place] = first
		}
	}
	b.link()
}
