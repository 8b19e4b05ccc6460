import re
def rd(f): return open(f).read()
def wr(f,t): open(f,'w').write(t)
def sub(f, pairs):
    t=rd(f)
    for a,b in pairs:
        assert t.count(a)==1,(f,t.count(a),a[:70])
        t=t.replace(a,b)
    wr(f,t)
S='imap/server/'
# 1 scratch buffers
import subprocess
for f in subprocess.run("git grep -l fetchBuffers -- '*.go'",shell=True,capture_output=True,text=True).stdout.split():
    wr(f,rd(f).replace('fetchBuffers','scratchBuffers'))
sub(S+'flagwriter.go',[("// spillSize is how much a command writes into its own buffer before handing it\n// on.\nconst spillSize = 64 << 10\n\n","")])
sub(S+'buffers.go',[('''import "sync"

''','''import (
	"io"
	"sync"
)

// spillSize is how much a command writes into its own buffer before handing it
// on.
const spillSize = 64 << 10

''')])
t=rd(S+'buffers.go')+'''
// takeLiteral asks the client for the literal that was just announced and copies its
// octets to w through a buffer of its own.
func (s *session) takeLiteral(w io.Writer) error {
	r, err := s.dec.AcceptLiteral()
	if err != nil {
		return err
	}
	buf := s.srv.scratchBuffers.get()
	defer s.srv.scratchBuffers.put(buf)
	// Neither side shows more methods than these, so that the buffer is what is used.
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:cap(buf)])
	return err
}
'''
wr(S+'buffers.go',t)
sub(S+'append.go',[('''// appendMessage takes one message with the flags that the user may set (RFC 4314
// §4).
func (s *session) appendMessage(p *mailstore.Append, m *command.AppendMessage, rights mailstore.Rights) error {
	switch size := m.Literal.Size; {
	case size == 0:
		// Also how a client gives up an APPEND of several (RFC 3502 §6.3.11).
		return imap.No(imap.CodeCannot, "An empty message cannot be stored")
	case size > s.srv.limits.Message:
		return errTooBig()
	}
	notes := annotations(m.Annotations)
	if !rights.Has(mailstore.AnnotationRights(notes)) {
		return errNoPermission() // RFC 5257 §3.4
	}
	w, err := p.Message(mailstore.NewMessage{
		Flags: rights.Settable(m.Flags), InternalDate: m.Date, Size: m.Literal.Size, Annotations: notes,
	})
	if err != nil {
		return flagError(err)
	}
	r, err := s.dec.AcceptLiteral()
	if err != nil {
		return err
	}
	buf := s.srv.scratchBuffers.get()
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:cap(buf)])
	s.srv.scratchBuffers.put(buf)
	if errors.Is(err, restante.ErrTooLarge) {
		return errTooBig()
	}
	return err
}
''','''// appendMessage takes a message that is given whole.
func (s *session) appendMessage(p *mailstore.Append, m *command.AppendMessage, to *place) error {
	if err := s.withinAppendLimit(to.mailbox, m.Literal.Size); err != nil {
		return err
	}
	if m.Literal.Size == 0 {
		// Also how a client gives up an APPEND of several (RFC 3502 §6.3.11).
		return errEmptyMessage()
	}
	w, err := beginMessage(p, m, to.rights)
	if err != nil {
		return err
	}
	err = s.takeLiteral(w)
	if errors.Is(err, restante.ErrTooLarge) {
		return errTooBig()
	}
	return err
}

// beginMessage starts a message with the flags and annotations that the user may set
// (RFC 4314 §4, RFC 5257 §3.4), and gives where its octets go.
func beginMessage(p *mailstore.Append, m *command.AppendMessage, rights mailstore.Rights) (io.Writer, error) {
	notes := annotations(m.Annotations)
	if !rights.Has(mailstore.AnnotationRights(notes)) {
		return nil, errNoPermission()
	}
	w, err := p.Message(mailstore.NewMessage{
		Flags: rights.Settable(m.Flags), InternalDate: m.Date, Size: m.Literal.Size, Annotations: notes,
	})
	if err != nil {
		return nil, flagError(err)
	}
	return w, nil
}
'''),
('''// flagError gives the answer''','''func errEmptyMessage() error {
	return imap.No(imap.CodeCannot, "An empty message cannot be stored")
}

// flagError gives the answer''')])
sub(S+'catenate.go',[('''	if !m.Catenate {
		if err := s.withinAppendLimit(to.mailbox, m.Literal.Size); err != nil {
			return err
		}
		return s.appendMessage(p, m, to.rights)
	}
	notes := annotations(m.Annotations)
	if !to.rights.Has(mailstore.AnnotationRights(notes)) {
		return errNoPermission() // RFC 5257 §3.4
	}
	w, err := p.Message(mailstore.NewMessage{Flags: to.rights.Settable(m.Flags), InternalDate: m.Date, Annotations: notes})
	if err != nil {
		return flagError(err)
	}
''','''	if !m.Catenate {
		return s.appendMessage(p, m, to)
	}
	w, err := beginMessage(p, m, to.rights)
	if err != nil {
		return err
	}
'''),
('''			return imap.No(imap.CodeCannot, "An empty message cannot be stored")
''','''			return errEmptyMessage()
'''),
('''	r, err := s.dec.AcceptLiteral()
	if err != nil {
		return err
	}
	buf := s.srv.scratchBuffers.get()
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{r}, buf[:cap(buf)])
	s.srv.scratchBuffers.put(buf)
	return err
''','''	return s.takeLiteral(out)
''')])
# 2 turns
sub(S+'turns.go',[('''// turns bounds how many searches through messages an account has under way at
// once. The others wait: clients send many and expect each to be answered, but
// those of one account are not to take the processors from all the rest.
''','''// turns bounds how many commands of a kind that takes long (searches through messages,
// conversions) an account has under way at once. The others wait: clients send many and
// expect each to be answered, but those of one account are not to take the processors
// from all the rest.
'''),
("// turn is an account that has searches, under way or waiting.","// turn is an account that has such commands, under way or waiting."),
("	slots    chan struct{}\n	searches int // guarded by turns.mu","	slots chan struct{}\n	users int // guarded by turns.mu"),
("// called when the search is over.","// called when the command is over."),
("	a.searches++","	a.users++"),("if a.searches--; a.searches == 0","if a.users--; a.users == 0"),
])
sub(S+'hangup_test.go',[("a.searches - 1","a.users - 1")])
# 3 fetch: the parser has set MODSEQ
sub(S+'fetch.go',[('''	if c.HasChangedSince {
		items.Atts |= imap.FetchModSeq
	}
	if items.Atts.Has(imap.FetchModSeq) {
		s.enableCondStore()
	}
	if items.Atts.Has(imap.FetchObjectID) {
		s.enableObjectID()
	}
''','''	s.enableFor(&items)
''')])
# 4 serve.go of session
t=rd(S+'wait.go')
i=t.index('// linger is how long'); body=t[i:]; head=t[:i].rstrip()+'\n'
body=body.replace('"Internal error; please connect again"','panicked')
head=head.replace('	"context"\n','').replace('	"fmt"\n','').replace('	"runtime/debug"\n','').replace('\n	"github.com/restante/restante/imap"\n','')
wr(S+'wait.go',head)
wr(S+'serve.go','''package server

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/restante/restante/imap"
)

'''+body)
# 5 store: ownStore apart
t=rd(S+'store.go')
i=t.index('// ownStore is the STORE that')
wr(S+'store_own.go','''package server

import (
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

'''+t[i:])
h=t[:i].rstrip()+'\n'
h=h.replace('	"slices"\n','').replace('	"strings"\n','').replace('	"github.com/restante/restante/imap/view"\n','')
wr(S+'store.go',h)
# 6 wire
sub('imap/wire/decoder.go',[('''
const maxLiteral = math.MaxInt64
''',''),('''	"math"
''','')])
sub('imap/wire/literal.go',[('''import (
	"bytes"
	"io"
)
''','''import (
	"bytes"
	"io"
	"math"
)

// maxLiteral stands for all sizes beyond 63 bits.
const maxLiteral = math.MaxInt64
''')])
# 7 pebblekv doc
sub('kv/pebblekv/pebblekv.go',[('''leaves alone. Durable commits wait for Pebble's log; Relaxed ones are in a
// small log of their own before they return, which says why in relaxedLog.
''','''leaves alone. Durable commits wait for Pebble's log; Relaxed ones are in a
// small log of their own before they return (see relaxedLog).
''')])
# 8 mailstore glance
t=rd('mailstore/refresh.go')
i=t.index('// Place is where others'); j=t.index('// Since answers the account for')
wr('mailstore/glance.go','package mailstore\n\nimport "github.com/restante/restante/kv"\n\n'+t[i:j].rstrip()+'\n')
wr('mailstore/refresh.go',t[:i]+t[j:])
# 9 mailstore rowreader, get
t=rd('mailstore/reader.go')
i=t.index('// nearbyRows is how many'); j=t.index('// row answers a row of a content')
rr=t[i:j].rstrip()+'\n'
a=rd('mailstore/reader_ahead.go')
k=a.index('// get answers the value of the key of r,')
get=a[k:].rstrip()+'\n\n'
wr('mailstore/reader_ahead.go',a[:k].rstrip()+'\n')
wr('mailstore/reader.go',t[:i]+get+t[j:])
wr('mailstore/rowreader.go','''package mailstore

import (
	"bytes"

	"github.com/restante/restante/kv"
)

'''+rr)
# 10 flag chunk
sub('mailstore/flagtable.go',[('''// flagChunk holds the sets of so many consecutive numbers.
const flagChunkSize = 32

type flagChunk struct {''','''// flagChunkSize is how many numbers a chunk has.
const flagChunkSize = 32

// flagChunk holds the sets of consecutive numbers.
type flagChunk struct {''')])
# 11 time
t=rd('mailstore/message.go')
i=t.index('// Time is a moment'); j=t.index('// Message is a mailbox')
wr('mailstore/time.go','package mailstore\n\nimport "time"\n\n'+t[i:j].rstrip()+'\n')
wr('mailstore/message.go','package mailstore\n\nimport "github.com/restante/restante"\n\n'+t[j:])
# 12 offer's receiver
t=rd(S+'server.go')
i=t.index('func (s *Server) offer('); j=t.index('// Handle serves one connection')
blk=re.sub(r'\bs\.','srv.',t[i:j]).replace('func (s *Server)','func (srv *Server)')
wr(S+'server.go',t[:i]+blk+t[j:])
