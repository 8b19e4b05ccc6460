package server

import (
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// flagWriter writes FETCH responses that tell of changed flags. Once the client
// is aware of modification sequences they carry the UID and MODSEQ (RFC 7162
// §3.2.4). In a UID command, and to a client of IMAP4rev2, they carry the UID in
// any case (RFC 9051 §6.4.9, §7.5.2).
type flagWriter struct {
	s      *session
	names  flagNames
	uid    bool
	modSeq bool
	buf    []byte
	notes  changedNotes // to be told with the messages
}

// newFlagWriter gives a writer; it has to be closed.
func (s *session) newFlagWriter(uid bool) flagWriter {
	condStore := s.enabled.has(featureCondStore)
	uid = (uid || condStore || s.enabled.has(featureRev2)) && s.addsUID()
	return flagWriter{s: s, names: s.newFlagNames(), uid: uid, modSeq: condStore, buf: s.srv.scratch.Get(spillSize)}
}

// close gives back the buffer.
func (w *flagWriter) close() {
	w.s.srv.scratch.Put(w.buf)
	w.buf = nil
}

// flags writes a message's flags.
func (w *flagWriter) flags(seq int, m mailstore.MessageFlags) {
	w.head(seq, m)
	w.buf = w.names.append(w.buf, m.FlagSet, m.UID)
	w.tail(m)
}

// modSeqOnly writes a message's new modification sequence.
func (w *flagWriter) modSeqOnly(seq int, m mailstore.MessageFlags) {
	w.head(seq, m)
	w.tail(m)
}

func (w *flagWriter) head(seq int, m mailstore.MessageFlags) {
	w.buf = w.s.appendFetchHead(w.buf, seq, m.UID)
	if w.uid {
		w.buf = append(w.buf, "UID "...)
		w.buf = strconv.AppendUint(w.buf, uint64(m.UID), 10)
		w.buf = append(w.buf, ' ')
	}
}

// notesOnly writes the names of a message's changed annotations alone.
func (w *flagWriter) notesOnly(seq int, m mailstore.MessageFlags) {
	if len(w.notes[m.UID]) > 0 {
		w.modSeqOnly(seq, m)
	}
}

func (w *flagWriter) tail(m mailstore.MessageFlags) {
	if names := w.notes[m.UID]; len(names) > 0 {
		w.buf = appendEntries(w.buf, names, w.s.enc.UTF8())
	}
	if w.modSeq {
		w.buf = appendModSeq(w.buf, m.ModSeq)
	}
	w.buf = append(w.buf[:len(w.buf)-1], ")\r\n"...)
}

// spill hands the buffer on when it is full. The error is the connection's.
func (w *flagWriter) spill() error {
	if len(w.buf) < spillSize-1024 {
		return nil
	}
	return w.end()
}

// end hands on what is left.
func (w *flagWriter) end() error {
	if len(w.buf) == 0 {
		return nil
	}
	w.s.enc.RawBytes(w.buf)
	w.buf = w.buf[:0]
	return w.s.enc.Err()
}

// fetchFlags writes the flags of those targets that changed after since, as the
// view has them. A write of the caller's own takes the place of that: it says
// yes where the flags are to be written all the same.
func (w *flagWriter) fetchFlags(t *targets, since restante.ModSeq, write func(seq int, m mailstore.MessageFlags) bool) error {
	var err error
	t.runs(func(r run) bool {
		if r.page.MaxModSeq() <= since {
			return true
		}
		for i := r.from; i < r.to && err == nil; i++ {
			m := r.page.MessageFlags(i)
			if m.ModSeq <= since {
				continue
			}
			if seq := r.seq + i - r.from; write == nil || write(seq, m) {
				w.flags(seq, m)
			}
			err = w.spill()
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	return w.end()
}
