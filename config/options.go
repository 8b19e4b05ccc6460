package config

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/restante/restante/auth"
	"github.com/restante/restante/convert"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/imap/command"
	imapserver "github.com/restante/restante/imap/server"
	"github.com/restante/restante/lmtp"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/serve"
)

// StoreDir is where the embedded store lies.
func (c Config) StoreDir() string { return filepath.Join(c.Data, "store") }

// AdminSocket is the path of the administration socket.
func (c Config) AdminSocket() string { return filepath.Join(c.Data, "admin.sock") }

// SpoolDir is where large messages wait until they are delivered.
func (c Config) SpoolDir() string { return filepath.Join(c.Data, "spool") }

// Logger makes the logger that the configuration asks for, writing to w, and
// the level, which can be changed later.
func (c Config) Logger(w io.Writer) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(c.Level())
	o := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), level
	}
	return slog.New(slog.NewTextHandler(w, o)), level
}

// Level is the log level.
func (c Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.Log.Level)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// Mailstore answers the mailstore's options, without the engine.
func (c Config) Mailstore() mailstore.Options {
	l := c.Limits
	o := mailstore.Options{
		Durable:   c.Store.SyncAll,
		IdleBytes: int64(c.Store.Accounts),

		BlobsAbove: int64(c.Blobs.Above), DeleteAfter: c.Blobs.DeleteAfter.Duration, Spool: c.BlobSpoolDir(),
		Subscribe: c.Accounts.Subscribe, SharedSeen: c.Accounts.SharedSeen,
		Limits: mailstore.Limits{
			MessageSize: int64(l.MessageSize), Mailboxes: l.Mailboxes, NameBytes: l.MailboxName,
			NameDepth: l.MailboxDepth, Keywords: l.Keywords, KeywordBytes: l.KeywordLength,
			Quota: mailstore.Quota{
				Bytes: int64(c.Accounts.QuotaBytes), Messages: c.Accounts.QuotaMessages,
				Mailboxes: c.Accounts.QuotaMailboxes, Annotations: int64(c.Accounts.QuotaAnnotations),
			},
			MetadataValue: int(l.MetadataValue), MetadataEntries: l.MetadataEntries, MetadataBytes: int64(l.MetadataBytes),
			ACLEntries: l.ACLEntries, Annotations: l.Annotations, AnnotationValue: int(l.AnnotationValue), AnnotationBytes: int64(l.AnnotationBytes),
			GuestBytes: int64(l.GuestMetadata), GuestNoteBytes: int64(l.GuestAnnotations),
		},
	}
	if c.Server.Comment != "" {
		o.ServerMetadata = append(o.ServerMetadata, mailstore.MetadataEntry{Name: "/shared/comment", Value: []byte(c.Server.Comment)})
	}
	if c.Server.Admin != "" {
		o.ServerMetadata = append(o.ServerMetadata, mailstore.MetadataEntry{Name: "/shared/admin", Value: []byte(c.Server.Admin)})
	}
	for _, m := range c.Accounts.Mailboxes {
		o.Mailboxes = append(o.Mailboxes, mailstore.NewMailbox{Name: m.Name, SpecialUse: m.SpecialUse})
	}
	return o
}

// Directory answers the directory's options.
func (c Config) Directory() directory.Options {
	return directory.Options{LocalDomains: c.Auth.LocalDomains}
}

// AuthOptions answers the authenticator's options.
func (c Config) AuthOptions() auth.Options {
	a := c.Auth
	return auth.Options{
		Mechanisms: a.Mechanisms,
		Params:     c.PasswordParams(),
		Throttle: auth.Throttle{
			Free: a.FreeFailures, HalfLife: a.FailureHalfLife.Duration, Waiting: a.WaitingLogins,
			Before: noneIfZero(a.LongestWaitBefore), After: noneIfZero(a.LongestWaitAfter),
		},
		Concurrent: a.ConcurrentHashes, Remember: noneIfZero(a.Remember), KeepImported: !a.RehashImported,
	}
}

// noneIfZero makes of 0, which options take for their default, a negative time,
// which they take for none.
func noneIfZero(d Duration) time.Duration {
	if d.Duration == 0 {
		return -1
	}
	return d.Duration
}

// PasswordParams are the costs of new password hashes.
func (c Config) PasswordParams() auth.Params {
	return auth.Params{Memory: int(c.Auth.Argon2Memory / kib), Passes: c.Auth.Argon2Passes, Iterations: c.Auth.SCRAMIterations}
}

// Serve answers the limits of connections.
func (c Config) Serve() serve.Limits {
	l := c.Limits
	return serve.Limits{Connections: l.Connections, PerAddress: l.ConnectionsPerAddress,
		Handshake: l.HandshakeTime.Duration, Write: l.WriteTime.Duration}
}

// KeyPairs are the certificates' files.
func (c Config) KeyPairs() []serve.KeyPair {
	var pairs []serve.KeyPair
	for i, certificate := range c.TLS.Certificates {
		pairs = append(pairs, serve.KeyPair{Certificate: certificate, Key: c.TLS.Keys[i]})
	}
	return pairs
}

// IMAPLimits answers the limits of IMAP sessions.
func (c Config) IMAPLimits() imapserver.Limits {
	l := c.Limits
	return imapserver.Limits{
		CommandLine: int(l.CommandLine), LoginCommandLine: int(l.CommandLineLogin),
		Literal: int64(l.Literal), LoginLiteral: int64(l.LiteralLogin), Message: int64(l.MessageSize),
		Depth: l.Nesting, BadCommands: l.BadCommands, LoginFailures: l.LoginFailures,
		LoginTime: l.LoginTime.Duration, IdleTime: l.IdleTime.Duration,
		CommandTime: l.CommandTime.Duration, SearchTime: l.SearchTime.Duration, AccountConnections: l.ConnectionsPerAccount, AccountSearches: l.SearchesPerAccount, AccountMemory: int64(l.CommandMemory),
		NotifyMailboxes: l.NotifyMailboxes, Contexts: l.WatchedSearches, SearchMailboxes: l.SearchMailboxes,
		ConvertParts:    l.ConvertParts,
		CommandMessages: l.MessageLimit, SavedMessages: l.SaveLimit,
		SoftQuota:       c.Accounts.QuotaWarning,
		Convert:         convert.Limits{Memory: int64(l.ConvertMemory), Image: int64(l.ConvertImage), Text: int64(l.ConvertText), Time: l.ConvertTime.Duration},
		ConvertMessages: l.ConvertMessages,
		Command: command.Limits{
			SetRanges: l.SequenceSet, SearchKeys: l.SearchKeys, FetchSections: l.FetchSections,
			HeaderFields: l.HeaderFields, Flags: l.FlagsPerCommand, AppendMessages: l.AppendMessages,
		},
	}
}

// IMAPOptions answers IMAP's options, without what it stands on and its limits.
func (c Config) IMAPOptions() imapserver.Options {
	m := c.IMAP
	o := imapserver.Options{
		Without: m.Without, UTF8Only: m.UTF8Only, Language: m.Language,
		LegacyDialects: m.LegacyDialects, GmailExtensions: m.GmailExtensions,
	}
	o.ConvertImages, _ = convert.ImageFormatOf(m.ConvertImages)
	for _, r := range m.Clients {
		o.Clients = append(o.Clients, imapserver.ClientRule{Name: r.Name, Version: r.Version, Without: r.Without, DelayNew: r.DelayNewmail})
	}
	o.Referrals.Greeting, o.Referrals.Self = m.MovedTo, m.URL
	for _, r := range m.LoginReferrals {
		o.Referrals.Logins = append(o.Referrals.Logins, imapserver.LoginReferral(r))
	}
	for _, r := range m.MailboxReferrals {
		o.Referrals.Mailboxes = append(o.Referrals.Mailboxes, imapserver.MailboxReferral(r))
	}
	return o
}

// LMTPOptions answers LMTP's options, without the store.
func (c Config) LMTPOptions(d *directory.Directory) lmtp.Options {
	return lmtp.Options{
		Resolve: d.Resolve, PublicUser: c.LMTP.PublicUser,
		Hostname: c.LMTP.Hostname, QuotaFull: c.LMTP.OverQuotaFinal, SpoolDir: c.SpoolDir(),
		Limits: lmtp.Limits{MessageSize: int64(c.Limits.MessageSize) - traceRoom, Recipients: c.LMTP.Recipients},
	}
}

// traceRoom is kept for the lines that delivery adds, so that what LMTP takes
// the store takes too.
const traceRoom = 4 * kib

// SocketMode is the file mode of LMTP's Unix sockets.
func (c Config) SocketMode() os.FileMode {
	mode, err := c.LMTP.mode()
	if err != nil {
		return 0o600
	}
	return os.FileMode(mode)
}
