package pgkv

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// groupArgs are the arguments of sqlTogether: of several commits, column by column.
type groupArgs struct {
	ids, bases                                              []int64
	marks, cleared, deleted                                 [][]byte
	clearedIn, deletedIn, setIn, addedIn, piecesIn, emptyIn []int64 // the partition of each
	set, added                                              firstPieces
	pieces                                                  pieces
	empty                                                   bounds
}

// add adds a commit.
func (g *groupArgs) add(m *commit) {
	p, c := int64(m.partition), &m.changes
	g.ids, g.bases, g.marks = append(g.ids, p), append(g.bases, int64(m.base)), append(g.marks, m.mark[:])
	g.cleared, g.clearedIn = append(g.cleared, c.cleared...), repeat(g.clearedIn, p, len(c.cleared))
	g.deleted, g.deletedIn = append(g.deleted, c.deletes...), repeat(g.deletedIn, p, len(c.deletes))
	g.set.append(c.set)
	g.setIn = repeat(g.setIn, p, len(c.set.keys))
	g.added.append(c.added)
	g.addedIn = repeat(g.addedIn, p, len(c.added.keys))
	g.pieces.append(c.rest)
	g.piecesIn = repeat(g.piecesIn, p, len(c.rest.keys))
	g.empty.starts, g.empty.ends = append(g.empty.starts, m.empty.starts...), append(g.empty.ends, m.empty.ends...)
	g.emptyIn = repeat(g.emptyIn, p, len(m.empty.starts))
}

// list answers them in their order.
func (g *groupArgs) list() []any {
	return []any{
		g.ids, g.bases, byteas(g.marks),
		g.clearedIn, byteas(g.cleared),
		g.deletedIn, byteas(g.deleted),
		g.setIn, byteas(g.set.keys), byteas(g.set.values),
		g.addedIn, byteas(g.added.keys), byteas(g.added.values), g.added.parts,
		g.piecesIn, byteas(g.pieces.keys), g.pieces.parts, byteas(g.pieces.values),
		g.emptyIn, byteas(g.empty.starts), byteas(g.empty.ends),
	}
}

func (f *firstPieces) append(more firstPieces) {
	f.keys, f.values, f.parts = append(f.keys, more.keys...), append(f.values, more.values...), append(f.parts, more.parts...)
}

func (r *pieces) append(more pieces) {
	r.keys, r.values, r.parts = append(r.keys, more.keys...), append(r.values, more.values...), append(r.parts, more.parts...)
}

// repeat appends p to list n times.
func repeat(list []int64, p int64, n int) []int64 {
	return append(list, slices.Repeat([]int64{p}, n)...)
}

// byteas is an array of bytea that pgx needs no reflection to write.
type byteas = pgtype.FlatArray[[]byte]
