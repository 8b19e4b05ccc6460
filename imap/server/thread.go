package server

import (
	"context"
	"strconv"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// thread handles THREAD and UID THREAD (RFC 5256 §3, draft-ietf-morg-inthread-01).
// Its answer has no MODSEQ (RFC 7162 §3.1.9).
func (s *session) thread(ctx context.Context, c *command.Thread) (imap.StatusResponse, error) {
	p := &c.Program
	if err := s.beginSearch(ctx, c.UID, p); err != nil {
		return done, err
	}
	if err := s.refuseThread(&p.Key); err != nil {
		return done, err
	}
	q, err := s.selected.query(&p.Key)
	if err != nil {
		return done, err
	}
	var threads *mailstore.Threads
	err = s.inSearchTime(ctx, func(ctx context.Context) error {
		found, err := s.searchInTurn(ctx, p, q, mailstore.SearchOptions{})
		if err != nil {
			return err
		}
		threads, err = s.threadInTurn(ctx, found, threadAlgorithm(c.Algorithm))
		return err
	})
	if err != nil {
		return done, err
	}
	w := threadWriter{threads: threads}
	w.searchWriter = searchWriter{s: s, uid: c.UID, buf: s.srv.scratch.Get(spillSize)}
	defer w.close()
	w.write()
	return done, w.end()
}

// threadInTurn arranges what was found, which takes memory for every reference of
// every message, when few others of the account are doing so.
func (s *session) threadInTurn(ctx context.Context, found mailstore.Result, by mailstore.ThreadAlgorithm) (*mailstore.Threads, error) {
	done, err := s.takeTurn(ctx, s.srv.searches)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.selected.account.Thread(ctx, found, by, s.collation.by)
}

// threadAlgorithm gives the store's name of an algorithm.
func threadAlgorithm(a imap.ThreadAlgorithm) mailstore.ThreadAlgorithm {
	switch a {
	case imap.ThreadReferences:
		return mailstore.ThreadReferences
	case imap.ThreadOrderedSubject:
		return mailstore.ThreadOrderedSubject
	}
	return mailstore.ThreadRefs
}

// threadQuery matches by threads (draft-ietf-morg-inthread-01, section 3); nil for
// another key.
func (sel *selected) threadQuery(k *imap.SearchKey) (mailstore.Query, error) {
	by := threadAlgorithm(k.Thread)
	switch k.Op {
	case imap.SearchInThread:
		if len(k.Keys) != 1 {
			return nil, imap.Bad("INTHREAD takes one search key")
		}
		q, err := sel.query(&k.Keys[0])
		return mailstore.InThread{By: by, Collation: sel.collation.by, Query: q}, err
	case imap.SearchThreadRoot:
		return mailstore.ThreadRoot{By: by, Collation: sel.collation.by}, nil
	case imap.SearchThreadLeaf:
		return mailstore.ThreadLeaf{By: by, Collation: sel.collation.by}, nil
	case imap.SearchMessageID:
		return mailstore.MessageID{ID: k.Text}, nil
	}
	return nil, nil
}

// threadWriter writes the answer to a THREAD.
type threadWriter struct {
	searchWriter
	threads *mailstore.Threads
	first   bool // nothing was written in the parentheses that are open
	starts  []mailstore.ThreadNode
}

// write writes a THREAD response (RFC 5256 §4, §5), which stands also where
// nothing was found:
//
//	thread-data    = "THREAD" [SP 1*thread-list]
//	thread-list    = "(" (thread-members / thread-nested) ")"
//	thread-members = nz-number *(SP nz-number) [SP thread-nested]
//	thread-nested  = 2*thread-list
//
// It goes down each thread with a stack of the lists that are open, for a thread
// may be as deep as it has messages.
func (w *threadWriter) write() {
	w.buf = append(w.buf, "* THREAD"...)
	if node := w.threads.First(); node != mailstore.NoThreadNode {
		w.buf = append(w.buf, ' ')
		for w.open(node); node != mailstore.NoThreadNode; {
			w.number(node)
			node = w.step(node)
			w.spill()
		}
	}
	w.buf = append(w.buf, "\r\n"...)
}

// open begins the list of a node.
func (w *threadWriter) open(node mailstore.ThreadNode) {
	w.buf = append(w.buf, '(')
	w.starts = append(w.starts, node)
	w.first = true
}

// number writes a node's number; a dummy has none.
func (w *threadWriter) number(node mailstore.ThreadNode) {
	seq := w.threads.Seq(node)
	if seq == 0 {
		return
	}
	n := uint64(seq)
	if w.uid {
		n = uint64(w.threads.Snapshot().UIDAt(seq))
	}
	w.space()
	w.buf = strconv.AppendUint(w.buf, n, 10)
}

// space parts what is next from what stands in the list.
func (w *threadWriter) space() {
	if !w.first {
		w.buf = append(w.buf, ' ')
	}
	w.first = false
}

// step goes from a node to the one that is written next and writes what stands
// between them.
func (w *threadWriter) step(node mailstore.ThreadNode) mailstore.ThreadNode {
	t := w.threads
	if child := t.Child(node); child != mailstore.NoThreadNode {
		if t.Next(child) != mailstore.NoThreadNode {
			w.space()
			w.open(child)
		}
		return child
	}
	for len(w.starts) > 0 {
		w.buf = append(w.buf, ')')
		start := w.starts[len(w.starts)-1]
		w.starts = w.starts[:len(w.starts)-1]
		if next := t.Next(start); next != mailstore.NoThreadNode {
			w.open(next)
			return next
		}
		w.spill()
	}
	return mailstore.NoThreadNode
}
