package mailstore

// forest is trees of nodes that know their parents, which change one at a time.
//
// Whether a link would close a loop is found by going up from the new parent.
// That is short in mail. Where ill-willed references make it long, the trees
// are held in a second form as well, by which it takes logarithmic time.
type forest struct {
	parent []int32 // -1: none
	leaf   []bool  // it never had a child
	steps  int     // that may still be gone up
	links  *linkCut
}

// newForest gives n nodes without parents.
func newForest(n int) *forest {
	f := &forest{parent: unlinked(nil, n), leaf: make([]bool, n), steps: 64 * n}
	for i := range f.leaf {
		f.leaf[i] = true
	}
	return f
}

// adopt makes parent the parent of child, which has none, unless child is
// parent or above it.
func (f *forest) adopt(parent, child int32) {
	if parent == child || !f.leaf[child] && f.rootOf(parent) == child {
		return
	}
	f.parent[child] = parent
	f.leaf[parent] = false
	if f.links != nil {
		f.links.link(child, parent)
	}
}

// orphan takes a node's parent away.
func (f *forest) orphan(node int32) {
	if f.parent[node] >= 0 && f.links != nil {
		f.links.cut(node)
	}
	f.parent[node] = -1
}

// rootOf finds the root of a node's tree.
func (f *forest) rootOf(node int32) int32 {
	if f.links != nil {
		return f.links.root(node)
	}
	for ; f.parent[node] >= 0; node = f.parent[node] {
		if f.steps--; f.steps < 0 {
			f.links = newLinkCut(f.parent)
			return f.links.root(node)
		}
	}
	return node
}

// linkCut holds a forest as Sleator and Tarjan's link-cut trees ("A Data
// Structure for Dynamic Trees", 1983, with splay trees as in 1985): a path to a
// root is a splay tree by depth; the up of such a tree's root is the parent of
// the path's top.
type linkCut struct {
	up          []int32 // -1: none
	left, right []int32 // less deep and deeper nodes of the path; -1: none
	rotations   int     // which are all that it costs
}

// newLinkCut takes over a forest, each node as a path of its own.
func newLinkCut(parent []int32) *linkCut {
	return &linkCut{
		up:   append([]int32(nil), parent...),
		left: unlinked(nil, len(parent)), right: unlinked(nil, len(parent)),
	}
}

// link makes parent the parent of a root.
func (l *linkCut) link(root, parent int32) {
	l.access(root)
	l.up[root] = parent
}

// cut takes a node from its parent.
func (l *linkCut) cut(node int32) {
	l.access(node)
	if above := l.left[node]; above >= 0 {
		l.up[above] = -1
		l.left[node] = -1
	}
}

// root finds the root of a node's tree.
func (l *linkCut) root(node int32) int32 {
	l.access(node)
	for l.left[node] >= 0 {
		node = l.left[node]
	}
	l.splay(node) // so that the way is shorter next time
	return node
}

// access makes the path from the root to node a splay tree with node on top and
// nothing deeper in it.
func (l *linkCut) access(node int32) {
	below := int32(-1)
	for at := node; at >= 0; at = l.up[at] {
		l.splay(at)
		l.right[at] = below
		below = at
	}
	l.splay(node)
}

// top reports whether a node is the root of its splay tree.
func (l *linkCut) top(node int32) bool {
	up := l.up[node]
	return up < 0 || l.left[up] != node && l.right[up] != node
}

// splay brings a node to the top of its splay tree.
func (l *linkCut) splay(node int32) {
	for !l.top(node) {
		up := l.up[node]
		if !l.top(up) {
			if (l.left[up] == node) == (l.left[l.up[up]] == up) {
				l.rotate(up)
			} else {
				l.rotate(node)
			}
		}
		l.rotate(node)
	}
}

// rotate puts a node in the place of the one above it.
func (l *linkCut) rotate(node int32) {
	l.rotations++
	up := l.up[node]
	over := l.up[up]
	if !l.top(up) {
		if l.left[over] == up {
			l.left[over] = node
		} else {
			l.right[over] = node
		}
	}
	near, far := &l.left, &l.right
	if (*near)[up] != node {
		near, far = far, near
	}
	between := (*far)[node]
	(*near)[up] = between
	if between >= 0 {
		l.up[between] = up
	}
	(*far)[node] = up
	l.up[up] = node
	l.up[node] = over
}
