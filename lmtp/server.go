// Package lmtp takes messages from a mail transfer agent (RFC 2033) and gives
// them to the mailstore. A recipient is answered 250 only when the message is
// on stable storage.
package lmtp

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/serve"
)

// Options configure a Server. Store, Namespace and Resolve are required.
type Options struct {
	Store     *mailstore.Store
	Namespace *namespace.Namespace
	// Resolve finds the user who an address belongs to, and the detail of
	// user+detail@domain; restante.ErrNotFound where there is none.
	// (*directory.Directory).Resolve is one.
	Resolve func(ctx context.Context, address string) (directory.User, string, error)
	// PublicUser is the local part under which public mailboxes have addresses:
	// PublicUser+MAILBOX@domain. Empty: they have none.
	PublicUser string
	Logger     *slog.Logger // nil: discards
	Metrics    *Metrics     // nil: nothing is counted

	Hostname   string           // how the server calls itself; "": the machine's name
	Limits     Limits           // zero fields have their defaults
	QuotaFull  bool             // over quota is final (552 5.2.2), not for now (452 4.2.2)
	SpoolDir   string           // where large messages wait; "": os.TempDir
	Now        func() time.Time // nil: time.Now
	IdlePeriod time.Duration    // how long a client may be silent; 0: 5 minutes (RFC 5321 §4.5.3.2.7)
}

// Limits bound what one client can ask for.
type Limits struct {
	MessageSize int64 // octets of a message as it comes; 0: 64 MiB less what delivery adds
	Recipients  int   // of one message; 0: 1,000
	LineLength  int   // octets of a command line; 0: 4,096
	SpoolMemory int   // octets of a message that are held in memory before a file is; 0: 256 KiB
}

// traceSize is room for the lines that delivery adds to a message.
const traceSize = 4 << 10

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Hostname == "" {
		if o.Hostname, _ = os.Hostname(); o.Hostname == "" {
			o.Hostname = "localhost"
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.IdlePeriod == 0 {
		o.IdlePeriod = 5 * time.Minute
	}
	l := &o.Limits
	if l.MessageSize == 0 {
		l.MessageSize = 64<<20 - traceSize
	}
	if l.Recipients == 0 {
		l.Recipients = 1000
	}
	if l.LineLength == 0 {
		l.LineLength = 4096
	}
	if l.SpoolMemory == 0 {
		l.SpoolMemory = 256 << 10
	}
	return o
}

// Server speaks LMTP on the connections that it is handed.
type Server struct {
	o     Options
	smtp  *smtp.Server
	conns *handover
}

// New makes a server; Close ends it.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{o: o, conns: newHandover()}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return newSession(s, c), nil
	}))
	s.smtp.LMTP = true
	s.smtp.Domain = o.Hostname
	s.smtp.MaxRecipients = o.Limits.Recipients
	s.smtp.MaxLineLength = o.Limits.LineLength
	s.smtp.ReadTimeout = o.IdlePeriod
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn)
	go s.smtp.Serve(s.conns)
	return s
}

// Close closes all connections at once; shutting down the serve.Server first
// lets their transactions end.
func (s *Server) Close() error { return s.smtp.Close() }

// Handle serves one connection until it ends. ctx ends the storage calls of
// its deliveries.
func (s *Server) Handle(ctx context.Context, c *serve.Conn) {
	c.Trust() // LMTP has no passwords
	mine := newConn(ctx, c, &s.o)
	defer mine.Close()
	if s.conns.give(mine) {
		<-mine.done
	}
}
