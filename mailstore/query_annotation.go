package mailstore

import (
	"unicode/utf8"

	"github.com/restante/restante/search"
)

// Annotated matches the messages that have an annotation whose name matches, private
// or shared or either, with the text in its value (RFC 5257 §4.8). An empty Text
// matches any value.
type Annotated struct {
	Entry           EntryPattern
	Private, Shared bool
	Text            string
	By              search.Comparator
}

func (Annotated) query() {}

// annotatedPlan walks through the annotations of the mailbox.
type annotatedPlan struct {
	Annotated
	needles fieldNeedles
}

func compileAnnotated(q Annotated) plan {
	return &annotatedPlan{q, textNeedles(q.Text, q.By)}
}

func (*annotatedPlan) cost() cost { return costSent }

func (p *annotatedPlan) eval(s *searcher, candidates, out bitset) error {
	if !s.snap.mailbox.HasAnnotations() {
		return nil
	}
	snap, err := s.rows()
	if err != nil {
		return err
	}
	c := newAnnotationCursor(snap, s.snap.mailbox.ID)
	defer c.close()
	var folded []byte
	who := s.account.who()
	for place := candidates.next(0); place >= 0; place = candidates.next(place + 1) {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if !c.seek(s.snap.UIDAt(place + 1)) {
			break
		}
		if at := s.snap.Below(c.id.uid); at > place {
			if place = candidates.next(at); place < 0 {
				break
			}
		}
		uid := s.snap.UIDAt(place + 1)
		for on := c.seek(uid); on && c.id.uid == uid; on = c.next() {
			if c.id.of == 0 && !p.Shared || c.id.of != 0 && (!p.Private || c.id.of != who) || out.has(place) || !p.Entry.Match(c.id.entry) {
				continue
			}
			row, err := c.row()
			if err != nil {
				return err
			}
			if row.gone {
				continue
			}
			var in bool
			if folded, in = p.needles.in(folded, row.value, utf8.Valid(row.value)); in {
				out.add(place)
			}
		}
	}
	return c.it.Err()
}

// annotationTexts gives the value of an annotation of each message in the form of the
// key's comparator, empty where there is none.
func (s *searcher) annotationTexts(l *messageList, k SortKey) ([][]byte, error) {
	texts := make([][]byte, len(l.seqs))
	if !l.snap.mailbox.HasAnnotations() {
		return texts, nil
	}
	snap, err := s.rows()
	if err != nil {
		return nil, err
	}
	c := newAnnotationCursor(snap, l.snap.mailbox.ID)
	defer c.close()
	want := annotationID{entry: k.Entry}
	if !k.Shared {
		want.of = s.account.who()
	}
	for i, seq := range l.seqs {
		want.uid = l.snap.UIDAt(int(seq))
		on := c.seek(want.uid)
		for ; on && c.id.uid == want.uid; on = c.next() {
			if c.id != want {
				continue
			}
			row, err := c.row()
			if err != nil {
				return nil, err
			}
			if !row.gone {
				texts[i] = collated(row.value, k.By)
			}
		}
		if !on {
			break
		}
	}
	return texts, c.it.Err()
}

// collated gives a text in the form of a comparator, as columns have it.
func collated(text []byte, by search.Comparator) []byte {
	if utf8.Valid(text) {
		return by.Append(nil, text)
	}
	return append([]byte{undecoded}, text...)
}
